package org.ryzanstein.loader.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.model.WeightTraffic;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.ranks.StepRunner;
import org.ryzanstein.loader.sampling.Sampler;
import org.ryzanstein.loader.sampling.SamplingWorkspace;
import org.ryzanstein.loader.sampling.StopMatcher;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/** An engine in this process: a model, its step loop, and what must be closed with them. */
final class LocalEngine implements Engine {
    private final ModelDescription description;
    private final Tokenizer tokenizer;
    private final EngineOptions options;
    private final List<ProviderReport> providers;
    private final String backend;
    private final StepRunner runner;
    private final String threadPlacement;
    private final ModelLimits limits;
    private final int headWidth;
    private final TokenTraffic traffic;
    private final StepLoop loop;
    private final Thread loopThread;
    private final SamplingWorkspace workspace = new SamplingWorkspace();
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /**
     * Starts the loop.
     *
     * @param team the threads that the runner computes with
     * @param damage what has happened to the weights since they were loaded, if anything
     * @param resources closed with the engine, in this order, after the loop has ended
     */
    LocalEngine(
            ModelDescription description,
            Tokenizer tokenizer,
            EngineOptions options,
            List<ProviderReport> providers,
            String backend,
            Model model,
            StepRunner runner,
            SpinParkTeam team,
            Supplier<Optional<String>> damage,
            ModelLimits limits,
            List<AutoCloseable> resources) {
        this.description = description;
        this.tokenizer = tokenizer;
        this.options = options;
        this.providers = List.copyOf(providers);
        this.backend = backend;
        this.runner = runner;
        this.threadPlacement = team.placement();
        this.limits = limits;
        this.headWidth = runner.output().vocabularySize();
        WeightTraffic weights = model.traffic();
        this.traffic = new TokenTraffic(
                weights.layerBytes(), weights.headBytes(), weights.candidateBytes(), model.kvBytesPerPosition());
        this.resources.addAll(resources);
        this.loop = new StepLoop(runner, limits, options.maxSequences(), damage);
        this.loopThread = Thread.ofPlatform().daemon().name("ryzanstein-steps").start(() -> {
            team.bindCaller();
            loop.run();
        });
    }

    @Override
    public ModelDescription model() {
        return description;
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public String backend() {
        return backend;
    }

    @Override
    public String threadPlacement() {
        return threadPlacement;
    }

    @Override
    public List<ProviderReport> providers() {
        return providers;
    }

    @Override
    public EngineOptions options() {
        return options;
    }

    @Override
    public Generation submit(GenerationRequest request, GenerationListener listener) {
        check(request);
        Sampler sampler;
        try {
            // The workspace is shared: only the step loop's thread samples.
            sampler = new Sampler(request.sampling(), headWidth, workspace);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("logit_bias", String.valueOf(e.getMessage()));
        }
        StopMatcher stops;
        try {
            stops = new StopMatcher(request.stop());
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("stop", String.valueOf(e.getMessage()));
        }
        Delivery delivery = new Delivery(listener, loop::wake);
        Sequence sequence = new Sequence(request, tokenizer, sampler, stops, delivery);
        if (!loop.submit(sequence)) {
            throw new IllegalStateException("the engine is closed");
        }
        delivery.start();
        return delivery;
    }

    private void check(GenerationRequest request) {
        int[] prompt = request.prompt();
        long positions = (long) prompt.length + request.maxTokens();
        if (positions > limits.contextLength()) {
            throw new InvalidRequestException(
                    prompt.length > limits.contextLength() ? "prompt" : "max_tokens",
                    "found " + prompt.length + " prompt tokens and " + request.maxTokens()
                            + " to generate, expected at most " + limits.contextLength()
                            + " in all, the context length");
        }
        if (ModelLimits.blocksFor((int) positions) > limits.kvBlocks()) {
            throw new InvalidRequestException(
                    "max_tokens",
                    "found " + positions + " positions in all, expected at most "
                            + limits.kvBlocks() * ModelLimits.BLOCK_POSITIONS
                            + ", the size of the KV cache: give the JVM a larger heap (-Xmx)");
        }
        for (int id : prompt) {
            if (id < 0 || id >= description.vocabularySize()) {
                throw new InvalidRequestException(
                        "prompt", "found token " + id + ", expected 0 to " + (description.vocabularySize() - 1));
            }
        }
    }

    @Override
    public TokenTraffic traffic() {
        return traffic;
    }

    /** Makes the loop look whether ranks have come or gone. */
    void wake() {
        loop.wake();
    }

    @Override
    public Optional<ClusterStatus> cluster() {
        return runner.status();
    }

    @Override
    public EngineStatus status() {
        return loop.status();
    }

    @Override
    public void close() {
        if (Thread.currentThread().equals(loopThread)) {
            throw new IllegalStateException("an observer of logits can't close the engine that is calling it");
        }
        loop.close();
        boolean interrupted = joinLoop();
        synchronized (resources) {
            while (!resources.isEmpty()) {
                closeOne(resources.remove());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean joinLoop() {
        boolean interrupted = false;
        while (true) {
            try {
                loopThread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private static void closeOne(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("could not release " + resource, e);
        }
    }
}
