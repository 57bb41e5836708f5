package org.ryzanstein.systemtest;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/** A signal to another process, sent at once: to start a program for it would take longer than an answer of the test's model. */
enum Signal {
    INTERRUPT(2, 2),
    KILL(9, 9),
    STOP(19, 17),
    CONTINUE(18, 19);

    @SuppressWarnings("restricted") // kill(2), of the C library.
    private static final MethodHandle KILL_FUNCTION = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int number;

    Signal(int onLinux, int onMac) {
        boolean mac = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("mac");
        number = mac ? onMac : onLinux;
    }

    /** Sends it. */
    void send(long process) {
        int status;
        try {
            status = (int) KILL_FUNCTION.invokeExact((int) process, number);
        } catch (Throwable e) {
            throw new IllegalStateException("kill can't be called", e);
        }
        if (status != 0) {
            throw new IllegalStateException(this + " can't be sent to process " + process);
        }
    }
}
