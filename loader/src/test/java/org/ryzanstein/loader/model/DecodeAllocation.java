package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
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

/** Decodes with a whole model until a round of tokens goes by in which no thread that computes allocates a byte. */
final class DecodeAllocation {
    /** Tokens that are decoded one after the other. */
    private static final int TOKENS = 200;
    /** Rounds, and time, until the code must be compiled. A step that allocates each time never gets clean. */
    private static final int ROUNDS = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final int CANDIDATES = 4;

    private record Weights(Shape shape, TensorType type, TensorType head) {}

    private static final Map<String, Weights> SYNTHESIZED = new LinkedHashMap<>();

    static {
        SYNTHESIZED.put("ternary", new Weights(Shape.BITNET_TINY_LONG, TensorType.I2_S, TensorType.F16));
        SYNTHESIZED.put("q8_0", new Weights(Shape.LLAMA_TINY, TensorType.Q8_0, TensorType.F16));
        SYNTHESIZED.put("q4_k", new Weights(Shape.LLAMA_TINY, TensorType.Q4_K, TensorType.Q6_K));
        SYNTHESIZED.put("q4_0", new Weights(Shape.QWEN3_TINY, TensorType.Q4_0, TensorType.F32));
    }

    private DecodeAllocation() {}

    /** Small models of all kinds of weights; the last, of odd sizes, lies beside the repository. */
    static Stream<String> models() {
        return Stream.concat(SYNTHESIZED.keySet().stream(), Stream.of("stories260K/stories260K-f16.gguf"));
    }

    /** Where a model of {@link #models} is, which is written there if need be. */
    static Path file(String model, Path folder) throws IOException {
        Weights weights = SYNTHESIZED.get(model);
        if (weights == null) {
            return SharedData.path(model);
        }
        Path file = folder.resolve(model + ".gguf");
        Synthesizer.write(file, weights.shape(), weights.type(), weights.head(), 3, ProgressListener.NONE);
        return file;
    }

    /** The backends that this machine has, the best first. */
    static List<String> backends() {
        ProviderReport report = KernelBackends.choose(Optional.of("scalar")).report();
        return report.entries().stream()
                .filter(entry -> entry.score().isPresent())
                .map(ProviderReport.Entry::name)
                .toList();
    }

    static void assertNone(Path path, String backendName, int threads) throws ReflectiveOperationException {
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
            PreparedStep step = backend.prepare(new StepShape(1, 1), ops -> model.forward(ops, Residual.WHOLE));
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
            Instant end = Instant.now().plus(PATIENCE);
            while (!free && (rounds.size() < ROUNDS || Instant.now().isBefore(end))) {
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
                if (rounds.size() < ROUNDS) {
                    rounds.add(Arrays.toString(after));
                }
            }
            assertThat(free)
                    .as(
                            "%s, %s, %d threads: a round of %d tokens without garbage; bytes of each thread in the first rounds: %s",
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
