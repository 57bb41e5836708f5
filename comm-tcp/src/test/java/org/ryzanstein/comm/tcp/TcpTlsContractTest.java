package org.ryzanstein.comm.tcp;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.contract.CommunicatorContract;

/** The contract under TLS, over sockets alone; {@link TlsTest} has the short form. */
@Tag("long")
class TcpTlsContractTest extends CommunicatorContract {
    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    static Path folder;

    @BeforeAll
    static void makeCertificates() {
        Certificates.make(folder);
    }

    @Override
    protected List<Communicator> open(int worldSize) {
        return TcpRanks.open(
                worldSize,
                EndpointConfig.loopback(TcpRanks.SECRET).withTls(Certificates.in(folder, Certificates.HOST)),
                "off");
    }

    @Override
    protected void kill(Communicator communicator) {
        TcpRanks.crash(communicator);
    }
}
