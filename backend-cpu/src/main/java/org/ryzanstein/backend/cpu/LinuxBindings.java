package org.ryzanstein.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The functions of the Linux C library that the JDK does not offer: anonymous mappings and advice on their pages. */
@SuppressWarnings("restricted")
final class LinuxBindings {
    /** PROT_READ | PROT_WRITE. */
    private static final int READ_WRITE = 1 | 2;
    /** MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE. */
    private static final int ANONYMOUS = 0x02 | 0x20 | 0x4000;

    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final long MAP_FAILED = -1L;

    private final MethodHandle mmap;
    private final MethodHandle munmap;
    private final MethodHandle madvise;

    private LinuxBindings(Linker linker) {
        this.mmap = handle(
                linker,
                "mmap",
                FunctionDescriptor.of(
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        this.munmap = handle(
                linker,
                "munmap",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        this.madvise = handle(
                linker,
                "madvise",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    }

    /** Null on other systems, on 32 bits, and where the JVM denies native access to this module. */
    static @Nullable LinuxBindings find() {
        if (!System.getProperty("os.name").equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
            return null;
        }
        try {
            return new LinuxBindings(Linker.nativeLinker());
        } catch (IllegalCallerException | UnsupportedOperationException e) {
            System.getLogger(LinuxBindings.class.getName())
                    .log(System.Logger.Level.WARNING, "weights stay on 4 KB pages: {0}", e.getMessage());
            return null;
        }
    }

    private static MethodHandle handle(Linker linker, String name, FunctionDescriptor descriptor) {
        MemorySegment function = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
        return linker.downcallHandle(function, descriptor);
    }

    /**
     * Maps memory that is zero, takes no room until it is touched, and is unmapped when the arena is closed.
     *
     * @return null if the system refuses
     */
    @Nullable
    MemorySegment map(long bytes, Arena arena) {
        try {
            MemorySegment found =
                    (MemorySegment) mmap.invokeExact(MemorySegment.NULL, bytes, READ_WRITE, ANONYMOUS, -1, 0L);
            return found.address() == MAP_FAILED ? null : found.reinterpret(bytes, arena, this::unmap);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private void unmap(MemorySegment mapped) {
        try {
            int failed = (int) munmap.invokeExact(mapped, mapped.byteSize());
            if (failed != 0) {
                throw new IllegalStateException("munmap refused " + mapped);
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Asks for 2 MB pages; false if the system has none. */
    boolean adviseHugePages(MemorySegment memory) {
        try {
            return (int) madvise.invokeExact(memory, memory.byteSize(), MADV_HUGEPAGE) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Gives pages of a mapping back; false if the system refuses. What is read there afterwards is zero. */
    boolean discard(MemorySegment memory) {
        try {
            return (int) madvise.invokeExact(memory, memory.byteSize(), MADV_DONTNEED) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static IllegalStateException unexpected(Throwable thrown) {
        return new IllegalStateException("a call of the C library failed", thrown);
    }
}
