package org.ryzanstein.contract;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.ThreadTeam;

/**
 * What every kernel backend must do: each operation of {@link org.ryzanstein.api.kernel.StepRecorder} equals
 * {@link NaiveKernels} bit for bit, over odd sizes and extreme values, for teams of several sizes. A backend's test extends
 * this class and says how it is opened:
 *
 * <pre>{@code
 * class MyBackendContractTest extends KernelBackendContract {
 *     @Override
 *     protected KernelBackend open(ThreadTeam team) {
 *         return new MyBackendProvider().open(team);
 *     }
 * }
 * }</pre>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class KernelBackendContract
        implements TernaryContract,
                FloatContract,
                LinearShapesContract,
                AttentionContract,
                HeadContract,
                StepContract,
                RefusalContract {
    private final Map<Integer, Bench> benches = new TreeMap<>();

    /** Opens the backend that is to be tested. */
    protected abstract KernelBackend open(ThreadTeam team);

    @Override
    public final Bench bench(int threads) {
        return benches.computeIfAbsent(threads, size -> new Bench(this::open, size));
    }

    @AfterAll
    final void closeBackends() {
        benches.values().forEach(Bench::close);
        benches.clear();
    }
}
