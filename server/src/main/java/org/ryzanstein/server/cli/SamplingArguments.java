package org.ryzanstein.server.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.sampling.SamplingOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How tokens are chosen and where a text ends. */
final class SamplingArguments {
    @Option(
            names = {"--temperature", "--temp"},
            paramLabel = "T",
            description = "0 to 2; 0 takes the most likely token.")
    private @Nullable Float temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Only the K most likely tokens; 0: all.")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Only the most likely tokens that together have P; 1: all.")
    private float topP = 1;

    @Option(names = "--min-p", paramLabel = "P", description = "Only tokens with P times the best one's probability.")
    private float minP;

    @Option(names = "--repetition-penalty", paramLabel = "X", description = "Against what was said; 1: none.")
    private float repetitionPenalty = 1;

    @Option(names = "--frequency-penalty", paramLabel = "X", description = "For each earlier occurrence; -2 to 2.")
    private float frequencyPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", description = "For any earlier occurrence; -2 to 2.")
    private float presencePenalty;

    @Option(
            names = "--logit-bias",
            paramLabel = "ID=VALUE",
            description = "Added to a token's logit, -100 to 100, or -inf; can be repeated.")
    private Map<Integer, Float> logitBias = new LinkedHashMap<>();

    @Option(names = "--stop", paramLabel = "TEXT", description = "Ends the text where it occurs; can be repeated.")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "S", description = "The same seed gives the same text; drawn without it.")
    private @Nullable Long seed;

    @Option(names = "--ignore-eos", description = "Goes on past end-of-turn tokens.")
    private boolean ignoreEos;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /**
     * The options.
     *
     * @param defaultTemperature where none was given
     * @param logprobs alternatives to report, -1 for no log-probabilities
     */
    SamplingOptions options(float defaultTemperature, int logprobs) {
        try {
            return SamplingOptions.builder()
                    .temperature(temperature == null ? defaultTemperature : temperature)
                    .topK(topK)
                    .topP(topP)
                    .minP(minP)
                    .repetitionPenalty(repetitionPenalty)
                    .frequencyPenalty(frequencyPenalty)
                    .presencePenalty(presencePenalty)
                    .logitBias(new HashMap<>(logitBias))
                    .seed(seed == null ? 0 : seed)
                    .logprobs(logprobs)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    boolean hasSeed() {
        return seed != null;
    }

    static long drawSeed() {
        // Small enough for every JSON reader to keep all digits.
        return ThreadLocalRandom.current().nextLong(1L << 53);
    }

    GenerationRequest request(int[] prompt, int tokens, SamplingOptions sampling) {
        return GenerationRequest.greedy(prompt, tokens)
                .withSampling(sampling)
                .withStop(stop)
                .withIgnoreEndOfGeneration(ignoreEos);
    }
}
