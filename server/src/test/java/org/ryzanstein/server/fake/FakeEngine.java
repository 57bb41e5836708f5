package org.ryzanstein.server.fake;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.EngineStatus;
import org.ryzanstein.loader.engine.FinishReason;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.Generation;
import org.ryzanstein.loader.engine.GenerationException;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.loader.engine.InvalidRequestException;
import org.ryzanstein.loader.engine.ModelDescription;
import org.ryzanstein.loader.engine.Timings;
import org.ryzanstein.loader.engine.TokenTraffic;
import org.ryzanstein.loader.sampling.Logprobs;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/**
 * Answers every prompt with a fixed text, a byte a token, and an end-of-turn token after it. A gate lets a test hold tokens
 * back; a count shows how many generations were cancelled.
 */
public final class FakeEngine implements Engine {
    public static final String NAME = "fake-model";

    private final FakeTokenizer tokenizer = new FakeTokenizer();
    private final List<GenerationRequest> requests = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private EngineOptions options = EngineOptions.defaults();
    private String answer = "Hello.";
    private String template = "{{ messages[0].content }}";
    private int contextLength = 256;
    private @Nullable Semaphore gate;
    private @Nullable ClusterStatus cluster;
    private int failAt = -1;
    private int heldBack;
    private boolean promptLogits;

    @Override
    public Optional<ClusterStatus> cluster() {
        return Optional.ofNullable(cluster);
    }

    /** Says that it is the leader of a group. */
    public FakeEngine leading(ClusterStatus group) {
        cluster = group;
        return this;
    }

    /** What every generation says. */
    public FakeEngine answering(String text) {
        answer = text;
        return this;
    }

    public FakeEngine withTemplate(String source) {
        template = source;
        return this;
    }

    public FakeEngine withContext(int length) {
        contextLength = length;
        return this;
    }

    public FakeEngine openedWith(EngineOptions opened) {
        options = opened;
        return this;
    }

    /** Each token waits for a permit. */
    public FakeEngine gated(Semaphore permits) {
        gate = permits;
        return this;
    }

    /** Fails instead of generating this token. */
    public FakeEngine failingAt(int index) {
        failAt = index;
        return this;
    }

    /** Shows the text of the last two tokens in the result only, as if they might have begun a stop string. */
    public FakeEngine holdingBack() {
        heldBack = 2;
        return this;
    }

    /** Shows logits of the prompt's positions too, all equal. */
    public FakeEngine withPromptLogits() {
        promptLogits = true;
        return this;
    }

    public List<GenerationRequest> requests() {
        return requests;
    }

    public GenerationRequest lastRequest() {
        return requests.getLast();
    }

    public boolean awaitCancel(long seconds) throws InterruptedException {
        return cancelled.await(seconds, TimeUnit.SECONDS);
    }

    public boolean awaitCancelMillis(long millis) throws InterruptedException {
        return cancelled.await(millis, TimeUnit.MILLISECONDS);
    }

    public boolean wasCancelled() {
        return cancelled.getCount() == 0;
    }

    public boolean isClosed() {
        return closed.get();
    }

    @Override
    public ModelDescription model() {
        return new ModelDescription(
                NAME, "embedded", "fake", contextLength, FakeTokenizer.SIZE, 1, 1_000, 250, template);
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public String backend() {
        return "fake-backend";
    }

    @Override
    public String threadPlacement() {
        return "not bound: a fake has no threads";
    }

    @Override
    public List<ProviderReport> providers() {
        return List.of(new ProviderReport(
                ProviderReport.Kind.KERNEL,
                Optional.of("fake-backend"),
                List.of(
                        new ProviderReport.Entry(
                                "fake-backend",
                                ProviderReport.Status.CHOSEN,
                                OptionalInt.of(10),
                                "plain",
                                "fake@1",
                                "fake.jar"),
                        new ProviderReport.Entry(
                                "other",
                                ProviderReport.Status.REFUSED,
                                OptionalInt.empty(),
                                "no such device",
                                "other@1",
                                "other.jar"))));
    }

    @Override
    public EngineOptions options() {
        return options;
    }

    @Override
    public Generation submit(GenerationRequest request, GenerationListener listener) {
        if (closed.get()) {
            throw new IllegalStateException("closed");
        }
        if (request.prompt().length + request.maxTokens() > contextLength) {
            throw new InvalidRequestException("prompt", "does not fit the context of " + contextLength);
        }
        requests.add(request);
        Run run = new Run(request, listener);
        running.incrementAndGet();
        Thread.ofVirtual().start(run::generate);
        return run;
    }

    @Override
    public TokenTraffic traffic() {
        return new TokenTraffic(100_000, 50_000, 25_000, 8);
    }

    @Override
    public EngineStatus status() {
        return new EngineStatus(!closed.get(), running.get(), 0, 1, 1, 0);
    }

    @Override
    public void close() {
        closed.set(true);
    }

    private final class Run implements Generation {
        private final GenerationRequest request;
        private final GenerationListener listener;
        private final CompletableFuture<GenerationResult> result = new CompletableFuture<>();
        private final AtomicBoolean stopped = new AtomicBoolean();

        Run(GenerationRequest request, GenerationListener listener) {
            this.request = request;
            this.listener = listener;
        }

        void generate() {
            try {
                GenerationResult generated = tokens();
                running.decrementAndGet();
                listener.finished(generated);
                result.complete(generated);
            } catch (RuntimeException e) {
                running.decrementAndGet();
                listener.failed(e);
                result.completeExceptionally(e);
            }
        }

        private GenerationResult tokens() {
            if (promptLogits && request.logits().isPresent()) {
                for (int position = 0; position < request.prompt().length; position++) {
                    request.logits().get().logits(position, new float[FakeTokenizer.SIZE]);
                }
            }
            List<GeneratedToken> tokens = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            FinishReason reason = FinishReason.STOP;
            int start = 0;
            for (int i = 0; ; i++) {
                if (i == failAt) {
                    throw new GenerationException("the fake engine was told to fail");
                }
                if (i >= request.maxTokens()) {
                    reason = FinishReason.LENGTH;
                    break;
                }
                if (!allowed()) {
                    cancelled.countDown();
                    reason = FinishReason.CANCELLED;
                    break;
                }
                if (i >= bytes.length && !request.ignoreEndOfGeneration()) {
                    break;
                }
                int id = i < bytes.length ? bytes[i] & 0xff : '!';
                showLogits(i, id);
                boolean whole = i + 1 >= bytes.length || (bytes[i + 1] & 0xc0) != 0x80;
                String piece = "";
                if (whole) {
                    piece = i < bytes.length ? new String(bytes, start, i + 1 - start, StandardCharsets.UTF_8) : "!";
                    start = i + 1;
                }
                if (request.stop().stream().anyMatch((text + piece)::endsWith)) {
                    // Real engines hold text back; stops of one character are enough here.
                    tokens.add(new GeneratedToken(i, id, "", logprobs(id)));
                    listener.token(tokens.getLast());
                    break;
                }
                text.append(piece);
                boolean held = i >= bytes.length - heldBack;
                tokens.add(new GeneratedToken(i, id, held ? "" : piece, logprobs(id)));
                listener.token(tokens.getLast());
            }
            Timings timings = new Timings(
                    1_000_000, 10_000_000, 20_000_000, request.prompt().length, Math.max(0, tokens.size() - 1));
            return new GenerationResult(text.toString(), tokens, request.prompt().length, reason, timings);
        }

        private void showLogits(int index, int id) {
            int position = request.prompt().length - 1 + index;
            if (request.logits().isPresent() && position >= request.logitsFrom()) {
                float[] logits = new float[FakeTokenizer.SIZE];
                logits[id] = index + 1;
                request.logits().get().logits(position, logits);
            }
        }

        private boolean allowed() {
            Semaphore permits = gate;
            try {
                while (permits != null && !stopped.get()) {
                    if (permits.tryAcquire(5, TimeUnit.MILLISECONDS)) {
                        return true;
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return !stopped.get();
        }

        private Optional<Logprobs> logprobs(int id) {
            int count = request.sampling().logprobs();
            if (count < 0) {
                return Optional.empty();
            }
            List<Logprobs.Alternative> top = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                top.add(new Logprobs.Alternative((id + i) % FakeTokenizer.SIZE, -0.25 - i));
            }
            return Optional.of(new Logprobs(id, -0.25, top));
        }

        @Override
        public void cancel() {
            stopped.set(true);
        }

        @Override
        public boolean isDone() {
            return result.isDone();
        }

        @Override
        public GenerationResult await() throws InterruptedException {
            try {
                return result.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            }
        }
    }
}
