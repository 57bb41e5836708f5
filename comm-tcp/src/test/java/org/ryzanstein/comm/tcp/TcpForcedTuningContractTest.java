package org.ryzanstein.comm.tcp;

import java.util.List;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.contract.CommunicatorContract;

/** The contract where every message, however small, goes in chunks and packed. */
class TcpForcedTuningContractTest extends CommunicatorContract {
    @Override
    protected List<Communicator> open(int worldSize) {
        List<Communicator> ranks = TcpRanks.open(worldSize);
        ranks.forEach(rank -> ((TcpCommunicator) rank).tune(new Tuning(rank.linkSpeed(), 0, 0, 0)));
        return ranks;
    }

    @Override
    protected void kill(Communicator communicator) {
        TcpRanks.crash(communicator);
    }
}
