package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.format.AllocationMeter;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;
import org.ryzanstein.loader.tokenizer.SharedData;

/**
 * Once the code is compiled, a decode step of a whole model allocates nothing, on any thread that computes. It has a JVM of its
 * own: what C2 inlines depends on all that the JVM has run before, and after other tests AVX2 was seen to make vectors objects.
 */
@Tag("long")
@Tag("alone")
class DecodeAllocationTest {
    /** Tokens that are decoded one after the other. */
    private static final int TOKENS = 200;
    /** Rounds until the code must be compiled. A step that allocates each time never gets clean. */
    private static final int ROUNDS = 100;

    private static final int CANDIDATES = 4;

    @TempDir
    Path scratch;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bitnet-tiny/bitnet-tiny-i2_s.gguf",
                "stories260K/stories260K-q8_0.gguf",
                "stories260K/stories260K-f16.gguf"
            })
    void decodesWithoutGarbage(String name) throws ReflectiveOperationException {
        decodeOnAllBackends(SharedData.path(name));
    }

    @ParameterizedTest
    @CsvSource({"LLAMA_TINY, Q4_K, Q6_K", "QWEN3_TINY, Q4_0, F32"})
    void decodesOtherTypesWithoutGarbage(Shape shape, TensorType type, TensorType head)
            throws IOException, ReflectiveOperationException {
        Path file = scratch.resolve("model.gguf");
        Synthesizer.write(file, shape, type, head, 3, ProgressListener.NONE);
        decodeOnAllBackends(file);
    }

    private static void decodeOnAllBackends(Path model) throws ReflectiveOperationException {
        for (String backend : available()) {
            for (int threads = 1; threads <= 2; threads++) {
                decode(model, backend, threads);
            }
        }
    }

    private static List<String> available() {
        ProviderReport report = KernelBackends.choose(Optional.of("scalar")).report();
        return report.entries().stream()
                .filter(entry -> entry.score().isPresent())
                .map(ProviderReport.Entry::name)
                .toList();
    }

    private static void decode(Path path, String backendName, int threads) throws ReflectiveOperationException {
        try (SpinParkTeam team = new SpinParkTeam(threads);
                KernelBackend backend = KernelBackends.choose(Optional.of(backendName))
                        .provider()
                        .open(team);
                ModelFile file = ModelFile.open(path)) {
            Hyperparameters shape = file.hyperparameters();
            int blocks = ModelLimits.blocksFor(TOKENS);
            ModelLimits limits = new ModelLimits(1, 1, CANDIDATES, TOKENS, blocks);
            Model model = Architectures.load(
                    file, shape, Placement.alone(Architectures.sizes(shape)), backend, limits, packed -> {});
            PreparedStep step = backend.prepare(new StepShape(1, 1), model::forward);
            StepBatch batch = new StepBatch(1, 1, blocks);
            for (int i = 0; i < blocks; i++) {
                batch.setBlock(0, i, i);
            }
            long[] members = new long[threads];
            team.run(member -> members[member] = Thread.currentThread().threadId());
            float[] logits = new float[shape.vocabularySize()];
            AllocationMeter meter = new AllocationMeter();

            List<String> rounds = new ArrayList<>();
            boolean free = false;
            while (!free && rounds.size() < ROUNDS) {
                long[] first = meter.bytesOf(members);
                long[] before = meter.bytesOf(members);
                decodeRound(backend, step, batch, model.output(), logits);
                long[] after = meter.bytesOf(members);
                free = true;
                for (int member = 0; member < threads; member++) {
                    // Less what a reading of the counters itself allocates, on the thread that reads them.
                    after[member] -= before[member] + (before[member] - first[member]);
                    free &= after[member] == 0;
                }
                rounds.add(Arrays.toString(after));
            }
            assertThat(free)
                    .as(
                            "%s, %s, %d threads: a round of %d tokens without garbage; bytes of each thread, round by round: %s",
                            path.getFileName(), backendName, threads, TOKENS, rounds)
                    .isTrue();
        }
    }

    /** Every other token by the best candidates, the rest with all logits. */
    private static void decodeRound(
            KernelBackend backend, PreparedStep step, StepBatch batch, HeadOutput output, float[] logits) {
        int token = 1;
        for (int position = 0; position < TOKENS; position++) {
            boolean all = position % 2 == 0;
            batch.clear();
            batch.add(token, 0, position, all ? StepBatch.DISTRIBUTION : CANDIDATES);
            backend.queue().submit(step, batch);
            backend.queue().await();
            if (all) {
                output.copyLogits(0, logits);
                token = (Float.floatToRawIntBits(logits[token]) & Integer.MAX_VALUE) % logits.length;
            } else {
                token = output.id(0, position % output.count(0));
            }
        }
    }
}
