package org.ryzanstein.server.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;

/** What the threads that compute allocate: the step loop's, which is the team's first member, and the team's others. */
final class ComputeThreads {
    private static final String STEP_LOOP = "ryzanstein-steps";
    private static final String TEAM = "ryzanstein-compute";

    private ComputeThreads() {}

    /** Bytes that an engine's threads have allocated so far. */
    static long allocatedBytes() {
        return allocatedBytes(0);
    }

    /** As {@link #allocatedBytes()}, and those of the thread that calls, which is the first member of a team of its own. */
    static long allocatedBytesWithCaller() {
        return allocatedBytes(Thread.currentThread().threadId());
    }

    private static long allocatedBytes(long caller) {
        if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)) {
            return 0;
        }
        long sum = 0;
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && (info.getThreadId() == caller || computes(info.getThreadName()))) {
                sum += Math.max(0, threads.getThreadAllocatedBytes(info.getThreadId()));
            }
        }
        return sum;
    }

    private static boolean computes(String thread) {
        return thread.startsWith(STEP_LOOP) || thread.startsWith(TEAM);
    }
}
