package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.contract.KernelBackendContract;

class ScalarBackendContractTest extends KernelBackendContract {
    @Override
    protected KernelBackend open(ThreadTeam team) {
        return new ScalarBackendProvider().open(team);
    }
}
