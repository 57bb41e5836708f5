package org.ryzanstein.loader.format;

import java.lang.reflect.Method;

/**
 * Bytes that this thread has allocated, and its time on the processor. The counters are reached by reflection, so that the
 * module needs no jdk.management.
 */
public final class AllocationMeter {
    private final Object threads;
    private final Method allocated;
    private final Method processorTime;

    public AllocationMeter() throws ReflectiveOperationException {
        threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        allocated = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
        processorTime = Class.forName("java.lang.management.ThreadMXBean").getMethod("getCurrentThreadCpuTime");
    }

    public long bytes() throws ReflectiveOperationException {
        return (long) allocated.invoke(threads);
    }

    public long nanoseconds() throws ReflectiveOperationException {
        return (long) processorTime.invoke(threads);
    }
}
