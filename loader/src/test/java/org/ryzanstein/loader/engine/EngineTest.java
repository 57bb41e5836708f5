package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.sampling.Logprobs;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.loader.tokenizer.EncodeOptions;

/** The public API on the embedded model. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EngineTest {
    private static final int BEGIN = 2040;
    private static final int END = 2041;
    private static final int CONTEXT = 256;
    private static final int VOCABULARY = 2048;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Ryzanstein.open(EngineOptions.defaults().withThreads(2));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static int[] prompt(String text) {
        return engine.tokenizer().encode(text, new EncodeOptions(true, false));
    }

    private static GenerationResult run(GenerationRequest request) throws InterruptedException {
        return engine.submit(request, GenerationListener.NONE).await();
    }

    private static GenerationRequest story(int tokens) {
        return GenerationRequest.greedy(prompt("Once upon a time"), tokens);
    }

    /** Ends by itself, before it has 100 tokens. */
    private static GenerationRequest shortStory() {
        Reference.Prompt prompt = Reference.prompts().get(4);
        return GenerationRequest.greedy(prompt.ids(), 150);
    }

    @Test
    void describesTheModelAndItsProviders() {
        ModelDescription model = engine.model();
        assertThat(model.source()).isEqualTo("embedded");
        assertThat(model.architecture()).isEqualTo("bitnet-b1.58");
        assertThat(model.contextLength()).isEqualTo(CONTEXT);
        assertThat(model.vocabularySize()).isEqualTo(VOCABULARY);
        assertThat(model.layers()).isEqualTo(4);
        assertThat(model.parameters()).isBetween(3_600_000L, 3_800_000L);
        assertThat(model.packedBytes()).isPositive();
        assertThat(model.name()).isNotBlank();
        assertThat(engine.backend()).isEqualTo(best());
        assertThat(engine.options().threads()).isEqualTo(2);
        assertThat(engine.providers())
                .extracting(ProviderReport::kind)
                .containsExactly(ProviderReport.Kind.KERNEL, ProviderReport.Kind.COMMUNICATOR);
        assertThat(engine.providers().getFirst().chosen()).contains(best());
    }

    /** The backend that is forced, or else the best of this machine. */
    private static String best() {
        return KernelBackends.choose(Optional.empty()).provider().name();
    }

    @Test
    void tellsAStory() throws InterruptedException {
        GenerationResult result = run(story(12));
        assertThat(result.text()).isEqualTo(", there was a little girl named Lily. She loved to");
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.promptTokens()).isEqualTo(5);
        Timings timings = result.timings();
        assertThat(timings.prefillTokens()).isEqualTo(5);
        assertThat(timings.decodedTokens()).isEqualTo(11);
        assertThat(timings.prefillTokensPerSecond()).isPositive();
        assertThat(timings.decodeTokensPerSecond()).isPositive();
        assertThat(timings.timeToFirstTokenMillis()).isPositive();
    }

    @Test
    void reportsNoRateWhereNothingWasMeasured() {
        Timings timings = new Timings(2_000_000, 1_000_000, 0, 0, 3);
        assertThat(timings.prefillTokensPerSecond()).isZero();
        assertThat(timings.decodeTokensPerSecond()).isZero();
        assertThat(timings.timeToFirstTokenMillis()).isEqualTo(3);
    }

    @Test
    void listenerSeesTheTokensInOrderAndThenTheEnd() throws InterruptedException {
        RecordingListener listener = new RecordingListener();
        Generation generation = engine.submit(story(30), listener);
        GenerationResult result = generation.await();
        assertThat(generation.isDone()).isTrue();
        assertThat(listener.tokens).isEqualTo(result.tokens());
        assertThat(listener.tokens.stream().map(GeneratedToken::index))
                .isEqualTo(IntStream.range(0, 30).boxed().toList());
        assertThat(listener.ends).containsExactly("finished LENGTH");
        assertThat(listener.text()).isEqualTo(result.text());
        assertThat(result.tail()).isEmpty();
    }

    @Test
    void noTokensAreGeneratedWhereNoneAreAskedFor() throws InterruptedException {
        RecordingListener listener = new RecordingListener();
        GenerationResult result = engine.submit(story(0), listener).await();
        assertThat(result.tokens()).isEmpty();
        assertThat(result.text()).isEmpty();
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.timings().prefillTokens()).isEqualTo(5);
        assertThat(listener.tokens).isEmpty();
        assertThat(listener.ends).containsExactly("finished LENGTH");
    }

    @Test
    void fillsTheContextToItsLastPosition() throws InterruptedException {
        GenerationResult result = run(story(CONTEXT - 5).withIgnoreEndOfGeneration(true));
        assertThat(result.tokens()).hasSize(CONTEXT - 5);
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void endsAtAnEndOfTextTokenWithoutIt() throws InterruptedException {
        GenerationResult result = run(shortStory());
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.ids()).doesNotContain(END);
        GenerationResult further = run(shortStory().withIgnoreEndOfGeneration(true));
        assertThat(further.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(further.tokens()).hasSize(150);
        assertThat(further.ids()[result.ids().length]).isEqualTo(END);
        assertThat(Arrays.copyOf(further.ids(), result.ids().length)).isEqualTo(result.ids());
        assertThat(further.text()).doesNotContain("<|");
    }

    @Test
    void showsControlTokensWhereAsked() throws InterruptedException {
        GenerationResult result =
                run(shortStory().withIgnoreEndOfGeneration(true).withRenderControl(true));
        assertThat(result.text()).contains(engine.tokenizer().token(END));
        assertThat(result.tokens().stream().map(GeneratedToken::text).collect(Collectors.joining()))
                .isEqualTo(result.text());
    }

    @Test
    void stopStringEndsTheTextEvenAcrossTokens() throws InterruptedException {
        GenerationResult whole = run(story(40));
        // The end of one token and the beginning of the next one.
        String first = whole.tokens().get(7).text();
        String second = whole.tokens().get(8).text();
        String stop = first.substring(first.length() - 1) + second.charAt(0);
        RecordingListener listener = new RecordingListener();
        GenerationResult result = engine.submit(story(40).withStop(List.of("never", stop)), listener)
                .await();
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.text())
                .isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
        assertThat(listener.text()).isEqualTo(result.text());
        assertThat(result.tail()).isEmpty();
    }

    @Test
    void textHeldBackForAStopStringComesWithTheLastTokenOfTheLength() throws InterruptedException {
        String whole = run(story(9)).text();
        String last = whole.substring(whole.length() - 2);
        RecordingListener listener = new RecordingListener();
        GenerationResult result = engine.submit(story(9).withStop(List.of(last + "never")), listener)
                .await();
        assertThat(result.text()).isEqualTo(whole);
        assertThat(listener.text()).isEqualTo(whole);
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void textHeldBackWhenTheEndOfTextComesIsTheTail() throws InterruptedException {
        String whole = run(shortStory()).text();
        String last = whole.substring(whole.length() - 2);
        RecordingListener listener = new RecordingListener();
        GenerationResult result = engine.submit(shortStory().withStop(List.of(last + "never")), listener)
                .await();
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.text()).isEqualTo(whole);
        assertThat(result.tail()).isEqualTo(last);
        assertThat(listener.text() + result.tail()).isEqualTo(whole);
    }

    @Test
    void logprobsComeWhereAskedFor() throws InterruptedException {
        SamplingOptions options = SamplingOptions.builder().logprobs(3).build();
        GenerationResult result = run(story(5).withSampling(options));
        for (GeneratedToken token : result.tokens()) {
            Logprobs logprobs = token.logprobs().orElseThrow();
            assertThat(logprobs.token()).isEqualTo(token.id());
            assertThat(logprobs.top()).hasSize(3);
            assertThat(logprobs.top().getFirst()).isEqualTo(new Logprobs.Alternative(token.id(), logprobs.logprob()));
            assertThat(logprobs.logprob()).isBetween(-2.0, 0.0);
        }
        assertThat(run(story(5)).tokens())
                .allSatisfy(token -> assertThat(token.logprobs()).isEmpty());
    }

    @Test
    void samplingIsRepeatedByItsSeed() throws InterruptedException {
        GenerationRequest request = story(40).withIgnoreEndOfGeneration(true);
        SamplingOptions.Builder options = SamplingOptions.builder().temperature(1.2f);
        int[] first = run(request.withSampling(options.seed(1).build())).ids();
        assertThat(run(request.withSampling(options.seed(1).build())).ids()).isEqualTo(first);
        assertThat(run(request.withSampling(options.seed(2).build())).ids()).isNotEqualTo(first);
    }

    @Test
    void logitBiasBansAToken() throws InterruptedException {
        int comma = run(story(1)).ids()[0];
        SamplingOptions options = SamplingOptions.builder()
                .logitBias(Map.of(comma, Float.NEGATIVE_INFINITY))
                .build();
        assertThat(run(story(60).withSampling(options)).ids()).doesNotContain(comma);
    }

    @Test
    void observerSeesTheLogitsOfEveryPositionThatWasAskedFor() throws InterruptedException {
        List<Integer> positions = Collections.synchronizedList(new ArrayList<>());
        run(story(6).withLogits(3, (position, logits) -> {
            assertThat(logits).hasSize(VOCABULARY);
            positions.add(position);
        }));
        // The prompt has 5 tokens; the last generated one is never computed.
        assertThat(positions).containsExactly(3, 4, 5, 6, 7, 8, 9);
    }

    static Stream<Arguments> requestsThatCannotBeServed() {
        int[] prompt = {BEGIN, 427};
        GenerationRequest request = GenerationRequest.greedy(prompt, 1);
        return Stream.of(
                Arguments.of(GenerationRequest.greedy(new int[CONTEXT + 1], 0), "prompt", "257 prompt tokens", "256"),
                Arguments.of(GenerationRequest.greedy(prompt, 255), "max_tokens", "255 to generate", "at most 256"),
                Arguments.of(
                        GenerationRequest.greedy(prompt, Integer.MAX_VALUE),
                        "max_tokens",
                        "2147483647 to generate",
                        "at most 256"),
                Arguments.of(GenerationRequest.greedy(new int[] {-1}, 1), "prompt", "token -1", "0 to 2047"),
                Arguments.of(GenerationRequest.greedy(new int[] {2048}, 1), "prompt", "token 2048", "0 to 2047"),
                Arguments.of(
                        request.withSampling(SamplingOptions.builder()
                                .logitBias(Map.of(2048, 1f))
                                .build()),
                        "logit_bias",
                        "found 2048",
                        "0 to 2047"),
                Arguments.of(request.withStop(Collections.nCopies(65, "a")), "stop", "found 65", "at most 64"),
                Arguments.of(request.withStop(List.of("\ud83d")), "stop", "surrogate", "stop[0]"));
    }

    @ParameterizedTest(name = "{1}: {2}")
    @MethodSource("requestsThatCannotBeServed")
    void refusesBeforeAnyWork(GenerationRequest request, String field, String found, String expected) {
        EngineStatus before = engine.status();
        RecordingListener listener = new RecordingListener();
        assertThatThrownBy(() -> engine.submit(request, listener))
                .isInstanceOfSatisfying(
                        InvalidRequestException.class,
                        e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageStartingWith(field + ": ")
                .hasMessageContaining(found)
                .hasMessageContaining(expected);
        assertThat(engine.status()).isEqualTo(before);
        assertThat(listener.ends).isEmpty();
    }

    @Test
    void requestsCheckTheirOwnFields() {
        int[] prompt = {BEGIN};
        assertThatThrownBy(() -> GenerationRequest.greedy(new int[0], 1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("prompt: found no tokens, expected at least one");
        assertThatThrownBy(() -> GenerationRequest.greedy(prompt, -1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("max_tokens: found -1, expected 0 or more");
        assertThatThrownBy(() -> GenerationRequest.greedy(prompt, 1).withLogits(-1, (position, logits) -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("logits_from: found -1, expected 0 or more");
        assertThatThrownBy(() -> GenerationRequest.greedy(prompt, 1).withStop(List.of("a", "")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("stop: found an empty string, expected at least one character");
    }

    @Test
    void requestsKeepTheirOwnPrompt() {
        int[] prompt = {BEGIN, 427};
        GenerationRequest request = GenerationRequest.greedy(prompt, 1);
        prompt[1] = 7;
        request.prompt()[0] = 8;
        assertThat(request.prompt()).containsExactly(BEGIN, 427);
    }

    @Test
    void optionsAreChecked() {
        EngineOptions options = EngineOptions.defaults();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withThreads(0))
                .withMessage("threads: found 0, expected 1 to 1024");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withMaxSequences(4097).withMaxStepTokens(8))
                .withMessage("maxSequences: found 4097, expected 1 to 4096");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withMaxStepTokens(7))
                .withMessageContaining("maxStepTokens: found 7, expected at least maxSequences (8)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withContextLength(0))
                .withMessage("contextLength: found 0, expected at least 1");
    }

    @Test
    void refusesABackendThatIsNotThere() {
        assertThatThrownBy(() -> Ryzanstein.open(EngineOptions.defaults().withBackend("abacus")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("'abacus' was forced");
    }

    @Test
    void contextCanBeShortened() throws InterruptedException {
        List<String> stages = Collections.synchronizedList(new ArrayList<>());
        try (Engine shorter = Ryzanstein.open(EngineOptions.defaults()
                .withContextLength(40)
                .withThreads(1)
                .withProgress((stage, done, total) -> stages.add(stage + (done == total))))) {
            assertThat(shorter.model().contextLength()).isEqualTo(40);
            assertThat(shorter.submit(story(35), GenerationListener.NONE)
                            .await()
                            .ids())
                    .isEqualTo(run(story(35)).ids());
            assertThatThrownBy(() -> shorter.submit(story(36), GenerationListener.NONE))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("at most 40 in all");
        }
        assertThat(stages).contains("packing weightsfalse");
        assertThat(stages.getLast()).isEqualTo("packing weightstrue");
    }

    @ParameterizedTest
    @MethodSource("failures")
    void listenerThatThrowsCancelsItsOwnGeneration(Throwable thrown) throws InterruptedException {
        RecordingListener other = new RecordingListener();
        RecordingListener broken = new RecordingListener() {
            @Override
            public void token(GeneratedToken token) {
                super.token(token);
                throwUnchecked(thrown);
            }
        };
        CountDownLatch ended = new CountDownLatch(1);
        // Its length lets it run until the cancellation arrives; the gate keeps it from ending before.
        GenerationRequest held = story(CONTEXT - 5)
                .withIgnoreEndOfGeneration(true)
                .withLogits(100, (position, logits) -> Gate.awaitQuietly(ended));
        Generation generation = engine.submit(held, broken);
        while (broken.tokens.isEmpty()) {
            Thread.onSpinWait();
        }
        // The listener's thread goes on to cancel before it takes the next event, which the held loop can't make.
        while (!((Delivery) generation).isCancelled()) {
            Thread.onSpinWait();
        }
        ended.countDown();
        GenerationResult result = generation.await();
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(broken.tokens).hasSize(1);
        assertThat(broken.ends).containsExactly("finished CANCELLED");
        assertThat(engine.submit(story(5), other).await().tokens()).hasSize(5);
        assertThat(other.ends).containsExactly("finished LENGTH");
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("listener"), new AssertionError("listener"));
    }

    @Test
    void listenerThatThrowsAtTheEndChangesNothing() throws InterruptedException {
        GenerationResult result = engine.submit(story(3), new GenerationListener() {
                    @Override
                    public void finished(GenerationResult end) {
                        throw new IllegalStateException("listener");
                    }
                })
                .await();
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void slowListenerDelaysNobodyElse() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        RecordingListener slow = new RecordingListener() {
            @Override
            public void token(GeneratedToken token) {
                Gate.awaitQuietly(release);
                super.token(token);
            }
        };
        Generation first = engine.submit(story(20), slow);
        assertThat(run(story(20)).tokens()).hasSize(20);
        assertThat(first.isDone()).isFalse();
        assertThat(slow.tokens).isEmpty();
        release.countDown();
        assertThat(first.await().tokens()).hasSize(20).isEqualTo(slow.tokens);
    }

    @Test
    void listenerThatInterruptsItsThreadEndsItsGeneration() {
        Generation generation =
                engine.submit(story(CONTEXT - 5).withIgnoreEndOfGeneration(true), new GenerationListener() {
                    @Override
                    public void token(GeneratedToken token) {
                        Thread.currentThread().interrupt();
                    }
                });
        assertThatThrownBy(generation::await)
                .isInstanceOf(GenerationException.class)
                .hasMessageContaining("interrupted");
        assertThat(((Delivery) generation).isCancelled()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("failures")
    void observerThatThrowsFailsItsOwnRequest(Throwable thrown) throws InterruptedException {
        RecordingListener listener = new RecordingListener();
        Generation generation =
                engine.submit(story(20).withLogits(7, (position, logits) -> throwUnchecked(thrown)), listener);
        assertThatThrownBy(generation::await)
                .isInstanceOf(GenerationException.class)
                .hasMessageContaining("listener");
        assertThat(listener.tokens).hasSize(3);
        assertThat(listener.ends).singleElement().asString().startsWith("failed: ");
        EngineStatus status = engine.status();
        assertThat(status.activeSequences()).isZero();
        assertThat(status.freeKvBlocks()).isEqualTo(status.totalKvBlocks());
    }

    private static void throwUnchecked(Throwable thrown) {
        if (thrown instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) thrown;
    }

    @Test
    void awaitCanBeInterrupted() throws InterruptedException {
        Gate gate = new Gate();
        Generation generation = engine.submit(story(3).withLogits(4, gate), GenerationListener.NONE);
        gate.awaitLoop();
        Thread.currentThread().interrupt();
        assertThatThrownBy(generation::await).isInstanceOf(InterruptedException.class);
        gate.open();
        assertThat(generation.await().tokens()).hasSize(3);
    }

    @Test
    void servesMoreRequestsThanItHasPlaces() throws InterruptedException {
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            generations.add(engine.submit(story(1 + i % 5), GenerationListener.NONE));
        }
        int[] expected = run(story(5)).ids();
        for (int i = 0; i < 25; i++) {
            assertThat(generations.get(i).await().ids()).isEqualTo(Arrays.copyOf(expected, 1 + i % 5));
        }
        EngineStatus status = engine.status();
        assertThat(status.activeSequences()).isZero();
        assertThat(status.queuedRequests()).isZero();
        assertThat(status.freeKvBlocks()).isEqualTo(status.totalKvBlocks());
    }

    @Test
    void threadsOfTheEngineEndWithIt() throws InterruptedException {
        Engine other = Ryzanstein.open(EngineOptions.defaults().withThreads(3));
        List<Thread> stepThreads = Collections.synchronizedList(new ArrayList<>());
        other.submit(
                        story(0).withLogits(4, (position, logits) -> stepThreads.add(Thread.currentThread())),
                        GenerationListener.NONE)
                .await();
        other.close();
        assertThat(stepThreads.getFirst().join(Duration.ofSeconds(30))).isTrue();
    }
}
