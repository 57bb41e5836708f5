package org.ryzanstein.loader.engine;

import java.util.List;
import java.util.Optional;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/**
 * A loaded model and the loop that serves requests with it: all of them together in one step batch. Open one by
 * {@link org.ryzanstein.loader.Ryzanstein#open}. Thread-safe.
 */
public interface Engine extends AutoCloseable {
    ModelDescription model();

    Tokenizer tokenizer();

    /** Name of the kernel backend that computes. */
    String backend();

    /** Which processors the compute threads are bound to, or why they are not. */
    String threadPlacement();

    /** Every provider of every kind: chosen, available, or refused and why. */
    List<ProviderReport> providers();

    /** The options that it was opened with. */
    EngineOptions options();

    /**
     * Accepts a request.
     *
     * @throws InvalidRequestException if the prompt does not fit the context, has ids outside the vocabulary, or an option is
     *     out of range; nothing has been started then
     * @throws IllegalStateException if the engine is closed
     */
    Generation submit(GenerationRequest request, GenerationListener listener);

    /** Bytes of memory that a step reads. */
    TokenTraffic traffic();

    /** What the engine is doing right now. */
    EngineStatus status();

    /** The group of ranks that computes; empty where this process is alone. */
    Optional<ClusterStatus> cluster();

    /** Cancels what is under way and releases everything. Idempotent. */
    @Override
    void close();
}
