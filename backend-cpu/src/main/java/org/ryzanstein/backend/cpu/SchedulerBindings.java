package org.ryzanstein.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import org.ryzanstein.api.kernel.AffinityException;

/** The functions of the Linux C library that bind the calling thread to processors: sched_getaffinity(2), sched_setaffinity(2). */
@SuppressWarnings("restricted")
final class SchedulerBindings {
    /** Stands for the calling thread. */
    private static final int SELF = 0;

    private static final int EPERM = 1;
    private static final int EINVAL = 22;

    /** Bytes of glibc's cpu_set_t, and more than any kernel needs. */
    private static final int LEAST_BYTES = 128;

    private static final int MOST_BYTES = 1 << 16;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final MethodHandle get;
    private final MethodHandle set;

    /**
     * Links the functions.
     *
     * @throws UnsupportedOperationException if this is no Linux of 64 bits, or its C library lacks them
     * @throws IllegalCallerException if the JVM denies native access to this module
     */
    SchedulerBindings() {
        if (!System.getProperty("os.name").equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
            throw new UnsupportedOperationException("this system is no Linux of 64 bits");
        }
        Linker linker = Linker.nativeLinker();
        this.get = handle(linker, "sched_getaffinity");
        this.set = handle(linker, "sched_setaffinity");
    }

    private static MethodHandle handle(Linker linker, String name) {
        MemorySegment function = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
        return linker.downcallHandle(
                function,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.captureCallState("errno"));
    }

    /** The calling thread's mask. The kernel refuses room for fewer processors than it could have. */
    BitSet affinity() {
        for (int bytes = LEAST_BYTES; ; bytes *= 2) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment mask = arena.allocate(bytes, Long.BYTES);
                int errno = call(get, arena, mask);
                if (errno == 0) {
                    return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_LONG));
                }
                if (errno != EINVAL || bytes >= MOST_BYTES) {
                    throw refusal("sched_getaffinity", errno);
                }
            }
        }
    }

    /** Sets the calling thread's mask. */
    void setAffinity(BitSet processors) {
        long[] words = processors.toLongArray();
        if (words.length == 0 || words.length > MOST_BYTES / Long.BYTES) {
            throw new IllegalArgumentException(
                    "a mask of " + words.length + " words of processors, expected 1 to " + MOST_BYTES / Long.BYTES);
        }
        try (Arena arena = Arena.ofConfined()) {
            int errno = call(set, arena, arena.allocateFrom(ValueLayout.JAVA_LONG, words));
            if (errno != 0) {
                throw refusal("sched_setaffinity", errno);
            }
        }
    }

    /** Returns zero, or the error. */
    private static int call(MethodHandle function, Arena arena, MemorySegment mask) {
        MemorySegment state = arena.allocate(STATE);
        try {
            int result = (int) function.invokeExact(state, SELF, mask.byteSize(), mask);
            return result >= 0 ? 0 : (int) ERRNO.get(state, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library failed", e);
        }
    }

    private static AffinityException refusal(String function, int errno) {
        String name = switch (errno) {
            case EPERM -> " (EPERM: not permitted here, by a container's rules perhaps)";
            case EINVAL -> " (EINVAL: none of these processors may be used)";
            default -> "";
        };
        return new AffinityException(function + ": errno " + errno + name);
    }
}
