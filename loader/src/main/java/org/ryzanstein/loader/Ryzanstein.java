package org.ryzanstein.loader;

import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineLoader;
import org.ryzanstein.loader.engine.EngineOptions;

/**
 * The way in for programs that embed the runtime.
 *
 * <pre>{@code
 * try (Engine engine = Ryzanstein.open(EngineOptions.defaults())) {
 *     int[] prompt = engine.tokenizer().encode("Once upon a time", new EncodeOptions(true, false));
 *     Generation generation = engine.submit(GenerationRequest.greedy(prompt, 64), listener);
 *     System.out.println(generation.await().text());
 * }
 * }</pre>
 */
public final class Ryzanstein {
    private Ryzanstein() {}

    /**
     * Loads a model and starts an engine for it.
     *
     * @throws org.ryzanstein.loader.format.ModelFormatException if the model is refused
     * @throws org.ryzanstein.api.provider.ProviderUnavailableException if no backend, or not the forced one, is available
     */
    public static Engine open(EngineOptions options) {
        return EngineLoader.open(options);
    }

    /**
     * Opens a worker for somebody else's engine; it does nothing before {@link Worker#run}.
     *
     * @throws org.ryzanstein.api.provider.ProviderUnavailableException if no backend, or not the forced one, is available
     */
    public static Worker openWorker(WorkerOptions options) {
        return EngineLoader.openWorker(options);
    }
}
