package org.ryzanstein.loader.engine;

import java.util.concurrent.CountDownLatch;

/** Holds the step loop within a step: an observer of logits that waits until the test lets it go. */
final class Gate implements LogitsObserver {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public void logits(int position, float[] logits) {
        reached.countDown();
        awaitQuietly(open);
    }

    /** Waits until the loop stands at the gate. */
    void awaitLoop() throws InterruptedException {
        reached.await();
    }

    void open() {
        open.countDown();
    }

    /** Waits on a thread that nobody interrupts. */
    static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
