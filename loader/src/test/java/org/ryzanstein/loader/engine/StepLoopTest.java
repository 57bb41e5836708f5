package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Admission, cancellation, failure and end of requests, with the loop held where a test wants it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StepLoopTest {
    private static final int BEGIN = 2040;

    /** A prompt of so many tokens. */
    private static GenerationRequest request(int promptTokens, int maxTokens) {
        int[] prompt = new int[promptTokens];
        Arrays.setAll(prompt, i -> i == 0 ? BEGIN : 400 + i);
        return GenerationRequest.greedy(prompt, maxTokens).withIgnoreEndOfGeneration(true);
    }

    private static void assertAllFree(SmallEngine small) {
        EngineStatus status = small.status();
        assertThat(status.activeSequences()).isZero();
        assertThat(status.queuedRequests()).isZero();
        assertThat(status.freeKvBlocks()).isEqualTo(status.totalKvBlocks());
    }

    @Test
    void requestsBeyondTheSlotsWaitAndAreAdmittedInOrderOfArrival() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(2, 64, 64)) {
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            Gate gate = new Gate();
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int number = i;
                generations.add(small.submit(request(4, 2 + 3 * (i % 2)).withLogits(3, (position, logits) -> {
                    if (position == 3) {
                        order.add(number);
                    }
                    if (number == 0) {
                        gate.logits(position, logits);
                    }
                })));
                if (i == 0) {
                    gate.awaitLoop();
                }
            }
            assertThat(small.status().activeSequences()).isEqualTo(1);
            assertThat(small.status().queuedRequests()).isEqualTo(5);
            gate.open();
            for (Generation generation : generations) {
                assertThat(generation.await().finishReason()).isEqualTo(FinishReason.LENGTH);
            }
            assertThat(order).containsExactly(0, 1, 2, 3, 4, 5);
            assertAllFree(small);
            assertThat(small.status().steps()).isPositive();
        }
    }

    @Test
    void requestsWaitForKvBlocksAndNobodyOvertakes() throws InterruptedException {
        // 8 blocks of 32 positions: the first request takes 5 of them, the second needs 4.
        try (SmallEngine small = SmallEngine.open(4, 64, 8)) {
            Gate gate = new Gate();
            Gate second = new Gate();
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            Generation a = small.submit(request(100, 60).withLogits(99, (position, logits) -> {
                if (position == 99) {
                    gate.logits(position, logits);
                }
            }));
            gate.awaitLoop();
            Generation b = small.submit(request(100, 28).withLogits(99, (position, logits) -> {
                if (position == 99) {
                    order.add(2);
                    second.logits(position, logits);
                }
            }));
            // It would fit beside the first one, but came after the second.
            Generation c = small.submit(request(10, 5).withLogits(9, (position, logits) -> order.add(3)));
            gate.open();
            assertThat(a.await().tokens()).hasSize(60);
            second.awaitLoop();
            assertThat(c.isDone()).isFalse();
            assertThat(small.status().activeSequences()).isEqualTo(2);
            assertThat(small.status().freeKvBlocks()).isEqualTo(3);
            assertThat(order.getFirst()).isEqualTo(2);
            second.open();
            assertThat(b.await().tokens()).hasSize(28);
            assertThat(c.await().tokens()).hasSize(5);
            assertAllFree(small);
        }
    }

    @Test
    void refusesARequestThatTheWholeKvCacheCannotHold() {
        try (SmallEngine small = SmallEngine.open(2, 64, 2)) {
            assertThatThrownBy(() -> small.submit(request(60, 5)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("found 65 positions in all, expected at most 64, the size of the KV cache")
                    .hasMessageContaining("-Xmx");
        }
    }

    @Test
    void cancelledWhileItWaits() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(1, 64, 64)) {
            Gate gate = new Gate();
            Generation running = small.submit(request(3, 2).withLogits(2, gate));
            gate.awaitLoop();
            RecordingListener listener = new RecordingListener();
            Generation waiting = small.engine().submit(request(3, 2), listener);
            Generation after = small.submit(request(3, 2));
            assertThat(small.status().queuedRequests()).isEqualTo(2);
            waiting.cancel();
            waiting.cancel();
            gate.open();
            GenerationResult result = waiting.await();
            assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(result.tokens()).isEmpty();
            assertThat(result.timings().prefillTokens()).isZero();
            assertThat(listener.ends).containsExactly("finished CANCELLED");
            assertThat(running.await().tokens()).hasSize(2);
            assertThat(after.await().tokens()).hasSize(2);
            assertAllFree(small);
        }
    }

    @Test
    void cancelledWhileItsPromptIsComputed() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(1, 8, 64)) {
            Gate gate = new Gate();
            Generation generation = small.submit(request(200, 10).withLogits(20, gate));
            gate.awaitLoop();
            assertThat(small.status().freeKvBlocks()).isEqualTo(64 - 7);
            generation.cancel();
            gate.open();
            GenerationResult result = generation.await();
            assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(result.tokens()).isEmpty();
            assertThat(result.timings().prefillTokens()).isEqualTo(24);
            assertAllFree(small);
            assertThat(small.submit(request(3, 2)).await().tokens()).hasSize(2);
        }
    }

    @Test
    void cancelledWhileItGenerates() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(2, 64, 64)) {
            int[] whole = small.submit(request(5, 100)).await().ids();
            Gate gate = new Gate();
            RecordingListener listener = new RecordingListener();
            Generation generation = small.engine().submit(request(5, 100).withLogits(14, gate), listener);
            gate.awaitLoop();
            generation.cancel();
            gate.open();
            GenerationResult result = generation.await();
            assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
            // Ten before the gate and the one that the held step gave.
            assertThat(result.ids()).isEqualTo(Arrays.copyOf(whole, 11));
            assertThat(listener.ends).containsExactly("finished CANCELLED");
            assertAllFree(small);
            generation.cancel();
            assertThat(small.submit(request(5, 100)).await().ids()).isEqualTo(whole);
        }
    }

    @Test
    void cancelledTextKeepsWhatWasHeldBack() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(1, 64, 64)) {
            String whole = small.submit(request(5, 11)).await().text();
            String last = whole.substring(whole.length() - 2);
            Gate gate = new Gate();
            Generation generation =
                    small.submit(request(5, 100).withStop(List.of(last + "\0")).withLogits(14, gate));
            gate.awaitLoop();
            generation.cancel();
            gate.open();
            GenerationResult result = generation.await();
            assertThat(result.text()).isEqualTo(whole);
            assertThat(result.tail()).isEqualTo(last);
        }
    }

    @Test
    void closingCancelsWhatRunsAndWhatWaits() throws InterruptedException {
        SmallEngine small = SmallEngine.open(1, 64, 64);
        Gate gate = new Gate();
        RecordingListener running = new RecordingListener();
        RecordingListener waiting = new RecordingListener();
        Generation first = small.engine().submit(request(5, 100).withLogits(8, gate), running);
        gate.awaitLoop();
        Generation second = small.engine().submit(request(5, 100), waiting);
        Thread closer = Thread.ofPlatform().start(small::close);
        while (small.status().running()) {
            Thread.onSpinWait();
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> small.submit(request(5, 1)))
                .withMessage("the engine is closed");
        gate.open();
        assertThat(first.await().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(first.await().tokens()).hasSize(5);
        assertThat(second.await().finishReason()).isEqualTo(FinishReason.CANCELLED);
        closer.join();
        assertThat(running.ends).containsExactly("finished CANCELLED");
        assertThat(waiting.ends).containsExactly("finished CANCELLED");
        assertThat(small.backend().isClosed()).isTrue();
        assertAllFree(small);
        small.close();
    }

    @Test
    void closingGoesOnWhenItsThreadIsInterrupted() {
        SmallEngine small = SmallEngine.open(1, 64, 64);
        Thread.currentThread().interrupt();
        small.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(small.backend().isClosed()).isTrue();
    }

    @Test
    void anObserverCannotCloseTheEngine() throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(1, 64, 64)) {
            Generation generation = small.submit(request(3, 3)
                    .withLogits(2, (position, logits) -> small.engine().close()));
            assertThatThrownBy(generation::await)
                    .isInstanceOf(GenerationException.class)
                    .hasMessageContaining("can't close the engine");
            assertThat(small.submit(request(3, 3)).await().tokens()).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepThatThrowsFailsItsRequestsAndTheLoopLivesOn(boolean error) throws InterruptedException {
        try (SmallEngine small = SmallEngine.open(2, 64, 64)) {
            int[] expected = small.submit(request(5, 20)).await().ids();
            Gate gate = new Gate();
            RecordingListener firstListener = new RecordingListener();
            Generation first = small.engine().submit(request(5, 20).withLogits(4, gate), firstListener);
            gate.awaitLoop();
            Generation second = small.submit(request(7, 20));
            Generation third = small.submit(request(5, 20));
            small.backend().failNextStep(error ? new OutOfMemoryError("test") : new IllegalStateException("test"));
            gate.open();
            assertThatThrownBy(first::await)
                    .isInstanceOf(GenerationException.class)
                    .hasMessageContaining("the step failed")
                    .hasMessageContaining("test");
            assertThatThrownBy(second::await).isInstanceOf(GenerationException.class);
            assertThat(firstListener.ids()).containsExactly(expected[0]);
            assertThat(firstListener.ends).singleElement().asString().contains("the step failed");
            assertThat(third.await().ids()).isEqualTo(expected);
            assertAllFree(small);
            assertThat(small.status().running()).isTrue();
        }
    }

    @Test
    void manyOutputsOfAPromptAreSpreadOverSteps() throws InterruptedException {
        // A step has room for 8 outputs; two prompts want all of their logits while a third one generates.
        try (SmallEngine small = SmallEngine.open(3, 8, 64)) {
            List<Integer> first = Collections.synchronizedList(new ArrayList<>());
            List<Integer> second = Collections.synchronizedList(new ArrayList<>());
            Generation a = small.submit(request(50, 20));
            Generation b = small.submit(request(60, 0).withLogits(0, (position, logits) -> first.add(position)));
            Generation c = small.submit(request(60, 0).withLogits(0, (position, logits) -> second.add(position)));
            assertThat(a.await().tokens()).hasSize(20);
            b.await();
            c.await();
            assertThat(first).hasSize(60).isSorted().isEqualTo(second);
        }
    }

    /** Stands at two gates, at one position each. */
    private static LogitsObserver at(int firstPosition, Gate first, int secondPosition, Gate second) {
        return (position, logits) -> {
            if (position == firstPosition) {
                first.logits(position, logits);
            } else if (position == secondPosition) {
                second.logits(position, logits);
            }
        };
    }

    /**
     * Loses a step when four answers are under way, or three and a prompt.
     *
     * @param prompts lengths of the four prompts; the last one comes late if {@code late}
     * @return the steps from the lost one on
     */
    private static List<String> stepsAfterALoss(int[] prompts, boolean late) throws InterruptedException {
        AtomicReference<LosingRunner> runner = new AtomicReference<>();
        try (SmallEngine small = SmallEngine.open(4, 256, 64, real -> {
            runner.set(new LosingRunner(real));
            return runner.get();
        })) {
            Gate first = new Gate();
            Gate second = new Gate();
            int last = prompts[0] - 1;
            List<Generation> generations = new ArrayList<>();
            generations.add(small.submit(request(prompts[0], 20).withLogits(last, at(last, first, last + 3, second))));
            first.awaitLoop();
            for (int i = 1; i < 3; i++) {
                generations.add(small.submit(request(prompts[i], 20)));
            }
            if (!late) {
                generations.add(small.submit(request(prompts[3], 20)));
            }
            first.open();
            second.awaitLoop();
            if (late) {
                generations.add(small.submit(request(prompts[3], 20)));
            }
            runner.get().loseNextStep();
            second.open();
            List<int[]> answers = new ArrayList<>();
            for (Generation generation : generations) {
                answers.add(generation.await().ids());
            }
            List<String> steps = runner.get().steps();
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i))
                        .isEqualTo(small.submit(request(prompts[i], 20)).await().ids());
            }
            assertAllFree(small);
            return steps;
        }
    }

    @Test
    void afterALossShortAnswersGoOnFirstAndPromptsLast() throws InterruptedException {
        assertThat(stepsAfterALoss(new int[] {100, 80, 70, 30}, true))
                .startsWith("0:1 1:1 2:1 3:30", "2:73", "1:83 2:1", "0:104 1:1 2:1", "0:1 1:1 2:1 3:30");
    }

    @Test
    void afterALossAFewShortAnswersShareAStep() throws InterruptedException {
        assertThat(stepsAfterALoss(new int[] {20, 60, 40, 10}, false))
                .startsWith("0:1 1:1 2:1 3:1", "0:24 2:43 3:13", "0:1 1:63 2:1 3:1", "0:1 1:1 2:1 3:1");
    }
}
