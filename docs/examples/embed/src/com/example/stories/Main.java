package com.example.stories;

import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.Generation;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.tokenizer.EncodeOptions;

/** Streams a story of the embedded model, then begins another one and cancels it. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        String prompt = arguments.length > 0 ? arguments[0] : "Once upon a time";
        try (Engine engine = Ryzanstein.open(EngineOptions.defaults())) {
            int[] tokens = engine.tokenizer().encode(prompt, new EncodeOptions(true, false));

            System.out.print(prompt);
            GenerationRequest request = GenerationRequest.greedy(tokens, 48);
            GenerationResult story =
                    engine.submit(request, new Printer(System.out)).await();
            System.out.println(story.tokens().size() + " tokens, ended by " + story.finishReason());

            System.out.print(prompt);
            Impatient listener = new Impatient(System.out, 8);
            Generation second = engine.submit(GenerationRequest.greedy(tokens, 200), listener);
            listener.generation.complete(second);
            second.await();
            System.out.println(" ... cancelled after " + listener.seen + " tokens");
        }
    }

    /** Prints the text as it grows. A listener's methods are called on a thread of its request's own. */
    private record Printer(PrintStream out) implements GenerationListener {
        @Override
        public void token(GeneratedToken token) {
            out.print(token.text());
            out.flush();
        }

        @Override
        public void finished(GenerationResult result) {
            out.println(result.tail());
        }
    }

    /** Cancels its generation after some tokens; any thread may do so. */
    private static final class Impatient implements GenerationListener {
        private final CompletableFuture<Generation> generation = new CompletableFuture<>();
        private final PrintStream out;
        private final int patience;
        private int seen;

        Impatient(PrintStream out, int patience) {
            this.out = out;
            this.patience = patience;
        }

        @Override
        public void token(GeneratedToken token) {
            out.print(token.text());
            if (++seen == patience) {
                generation.join().cancel();
            }
        }
    }
}
