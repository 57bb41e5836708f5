package org.ryzanstein.contract;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.ryzanstein.api.comm.Communicator;

class InProcessCommunicatorTest extends CommunicatorContract {
    private final IdentityHashMap<Communicator, InProcessWorld> worlds = new IdentityHashMap<>();

    @Override
    protected synchronized List<Communicator> open(int worldSize) {
        InProcessWorld world = new InProcessWorld(worldSize);
        world.communicators().forEach(communicator -> worlds.put(communicator, world));
        return world.communicators();
    }

    @Override
    protected synchronized void kill(Communicator communicator) {
        Objects.requireNonNull(worlds.get(communicator)).kill(communicator.rank());
    }
}
