package org.ryzanstein.loader.format;

import java.lang.reflect.Method;

/**
 * Bytes that threads have allocated, and this thread's time on the processor. The counters are reached by reflection, so that the
 * module needs no jdk.management.
 */
public final class AllocationMeter {
    private final Object threads;
    private final Method allocated;
    private final Method allocatedBy;
    private final Method processorTime;

    public AllocationMeter() throws ReflectiveOperationException {
        threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Class<?> bean = Class.forName("com.sun.management.ThreadMXBean");
        allocated = bean.getMethod("getCurrentThreadAllocatedBytes");
        allocatedBy = bean.getMethod("getThreadAllocatedBytes", long[].class);
        processorTime = Class.forName("java.lang.management.ThreadMXBean").getMethod("getCurrentThreadCpuTime");
    }

    public long bytes() throws ReflectiveOperationException {
        return (long) allocated.invoke(threads);
    }

    /** What each of the threads has allocated since it started. */
    public long[] bytesOf(long[] threadIds) throws ReflectiveOperationException {
        return (long[]) allocatedBy.invoke(threads, (Object) threadIds);
    }

    public long nanoseconds() throws ReflectiveOperationException {
        return (long) processorTime.invoke(threads);
    }
}
