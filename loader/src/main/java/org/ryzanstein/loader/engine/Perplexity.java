package org.ryzanstein.loader.engine;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.OptionalInt;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/**
 * Perplexity of a model on a text by llama.cpp's protocol, so that the figures compare: the tokens are cut into chunks of
 * the context's length that do not overlap, what is left at the end is dropped; the first token of each chunk is replaced by
 * the beginning-of-text token where the model wants one; and only the second half of each chunk is scored, tokens n/2 + 1 to
 * n - 1 counted from 0, so that each has at least half a context before it.
 */
public final class Perplexity {
    private Perplexity() {}

    /**
     * A measurement.
     *
     * @param nll mean negative log-likelihood of a scored token, in nats
     * @param tokens scored tokens
     */
    public record Result(double nll, long tokens, int chunks) {
        /** The exponential of {@link #nll}. */
        public double perplexity() {
            return Math.exp(nll);
        }
    }

    /**
     * Measures.
     *
     * @param text the tokens of the whole text
     * @param context length of a chunk
     * @throws InvalidRequestException if the context is longer than the model's or shorter than 4, or the text is shorter
     *     than one chunk
     */
    public static Result measure(Engine engine, int[] text, int context, ProgressListener progress)
            throws InterruptedException {
        if (context < 4 || context > engine.model().contextLength()) {
            throw new InvalidRequestException(
                    "context",
                    "found " + context + ", expected 4 to " + engine.model().contextLength() + ", the model's context");
        }
        int chunks = text.length / context;
        if (chunks == 0) {
            throw new InvalidRequestException(
                    "text", "found " + text.length + " tokens, expected at least one chunk of " + context);
        }
        OptionalInt first = firstToken(engine.tokenizer());
        Deque<Chunk> running = new ArrayDeque<>();
        double sum = 0;
        long count = 0;
        int submitted = 0;
        try {
            for (int done = 0; done < chunks; done++) {
                while (submitted < chunks && running.size() < engine.options().maxSequences()) {
                    int[] tokens = Arrays.copyOfRange(text, submitted * context, (submitted + 1) * context);
                    first.ifPresent(token -> tokens[0] = token);
                    running.add(new Chunk(tokens).submit(engine));
                    submitted++;
                }
                // In order, so that the sum does not depend on which chunk ends first.
                Chunk chunk = running.remove();
                sum += chunk.await();
                count += chunk.scored;
                progress.progress("scoring chunks", done + 1L, chunks);
            }
        } finally {
            running.forEach(Chunk::cancel);
        }
        return new Result(sum / count, count, chunks);
    }

    private static OptionalInt firstToken(Tokenizer tokenizer) {
        int[] empty = tokenizer.encode("", new EncodeOptions(true, false));
        boolean wanted = empty.length > 0 && tokenizer.bos().orElse(-1) == empty[0];
        return wanted ? tokenizer.bos() : OptionalInt.empty();
    }

    /** The negative log of softmax(logits)[token]. */
    static double negativeLogLikelihood(float[] logits, int token) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += StrictMath.exp((double) logit - max);
        }
        return StrictMath.log(sum) + max - logits[token];
    }

    /** One chunk on its way. The observer runs on the engine's thread and is done before the generation ends. */
    private static final class Chunk implements LogitsObserver {
        private final int[] tokens;
        private final int from;
        private Generation generation = NOT_SUBMITTED;
        private double sum;
        private int scored;

        private static final Generation NOT_SUBMITTED = new Generation() {
            @Override
            public void cancel() {}

            @Override
            public boolean isDone() {
                return false;
            }

            @Override
            public GenerationResult await() {
                throw new IllegalStateException("not submitted");
            }
        };

        Chunk(int[] tokens) {
            this.tokens = tokens;
            this.from = tokens.length / 2;
        }

        Chunk submit(Engine engine) {
            generation =
                    engine.submit(GenerationRequest.greedy(tokens, 0).withLogits(from, this), GenerationListener.NONE);
            return this;
        }

        @Override
        public void logits(int position, float[] logits) {
            if (position >= from && position + 1 < tokens.length) {
                sum += negativeLogLikelihood(logits, tokens[position + 1]);
                scored++;
            }
        }

        double await() throws InterruptedException {
            generation.await();
            int expected = tokens.length - 1 - from;
            if (scored != expected) {
                throw new GenerationException("a chunk scored " + scored + " tokens, expected " + expected);
            }
            return sum;
        }

        void cancel() {
            generation.cancel();
        }
    }
}
