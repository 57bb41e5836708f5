package org.ryzanstein.api.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Where work is submitted in order: a team of threads on a CPU, a stream on a GPU. Only {@link #await}, {@link #download} and
 * the reading of results synchronise. It is used by one thread at a time.
 */
public interface ExecutionQueue {
    /**
     * Submits a step over a batch. The batch must not change until the step was awaited.
     *
     * @throws IllegalArgumentException if the batch does not fit: more tokens or outputs than the step's shape, a token id
     *     outside an embedding table, a position outside a rotation table, a KV block outside a cache, more candidates than a
     *     head has room for; nothing has run then
     */
    void submit(PreparedStep step, StepBatch batch);

    /** Waits for everything submitted; an operation's failure is thrown here or by submit. */
    void await();

    /** Copies whole rows, row-major and dense, into the first rows of a buffer. */
    void upload(MemorySegment source, Buffer target, int rows);

    /** Waits, then copies the first rows of a buffer, row-major and dense. */
    void download(Buffer source, int rows, MemorySegment target);

    /**
     * Waits, then reads quantised activations back.
     *
     * @param digits receives rows * columns digits in [-127, 127]
     * @param scales receives for each row the factor that turns a digit into a value
     */
    void download(QuantizedActivations source, int rows, byte[] digits, float[] scales);

    /** The native stream, for a communicator of the same device; 0 where there is none. */
    long nativeHandle();
}
