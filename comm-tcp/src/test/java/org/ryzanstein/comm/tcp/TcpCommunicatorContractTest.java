package org.ryzanstein.comm.tcp;

import java.util.List;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.contract.CommunicatorContract;

/** The contract over sockets alone. */
class TcpCommunicatorContractTest extends CommunicatorContract {
    @Override
    protected List<Communicator> open(int worldSize) {
        return TcpRanks.openWithoutSharedMemory(worldSize);
    }

    @Override
    protected void kill(Communicator communicator) {
        TcpRanks.crash(communicator);
    }
}
