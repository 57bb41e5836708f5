package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes per choice. The counter is reached by reflection, so that the module needs no jdk.management. */
class SamplerCostTest {
    private static final int CHOICES = 400;

    static Stream<SamplingOptions> options() {
        SamplingOptions sampled = SamplingOptions.builder()
                .temperature(0.8f)
                .topP(0.95f)
                .minP(0.01f)
                .seed(3)
                .build();
        return Stream.of(
                SamplingOptions.greedy(),
                sampled,
                sampled.toBuilder().topK(40).build(),
                sampled.toBuilder()
                        .topK(40)
                        .repetitionPenalty(1.1f)
                        .frequencyPenalty(0.1f)
                        .presencePenalty(0.1f)
                        .logitBias(Map.of(5, 1f))
                        .logprobs(5)
                        .build());
    }

    @ParameterizedTest
    @MethodSource("options")
    void allocatesNothingPerChoice(SamplingOptions options) throws ReflectiveOperationException {
        float[] logits = SamplerTest.normalLogits(2000, 61, 3);
        int[] ids = SamplerTest.sortedIds(logits);
        float[] sorted = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            sorted[i] = logits[ids[i]];
        }
        Sampler sampler = new Sampler(options, logits.length);
        int[] prompt = {1, 2, 3};
        sampler.acceptPrompt(prompt);
        sampler.accept(4);
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method allocated = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
        choose(sampler, logits, ids, sorted);
        allocated.invoke(threads);

        long before = (Long) allocated.invoke(threads);
        choose(sampler, logits, ids, sorted);
        long after = (Long) allocated.invoke(threads);

        // The smallest object takes 16 bytes; the reflective call itself allocates a few hundred.
        assertThat(after - before).isBetween(0L, CHOICES * 8L);
    }

    private static void choose(Sampler sampler, float[] logits, int[] ids, float[] sorted) {
        int wanted = sampler.wanted();
        for (int position = 0; position < CHOICES; position++) {
            sampler.choose(logits, position);
            if (wanted > 0) {
                sampler.choose(ids, sorted, wanted, position);
            }
        }
    }
}
