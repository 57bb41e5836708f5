package org.ryzanstein.backend.avx2;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeAll;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.contract.KernelBackendContract;

class Avx2BackendContractTest extends KernelBackendContract {
    @BeforeAll
    static void needsVectorsOf256Bits() {
        if (new Avx2BackendProvider().probe() instanceof Probe.Unavailable refused) {
            assumeTrue(false, "not available here: " + refused.reason());
        }
    }

    @Override
    protected KernelBackend open(ThreadTeam team) {
        return new Avx2BackendProvider().open(team);
    }
}
