package org.ryzanstein.comm.tcp;

import java.util.List;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.contract.CommunicatorContract;

/** The contract over shared memory, on the machines that have it. */
class SharedMemoryContractTest extends CommunicatorContract {
    @Override
    protected List<Communicator> open(int worldSize) {
        return TcpRanks.open(worldSize);
    }

    @Override
    protected void kill(Communicator communicator) {
        TcpRanks.crash(communicator);
    }
}
