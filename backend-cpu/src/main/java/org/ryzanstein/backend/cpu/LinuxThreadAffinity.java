package org.ryzanstein.backend.cpu;

import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.AffinityException;
import org.ryzanstein.api.kernel.ThreadAffinity;

/** Binds threads by the Linux C library. */
public final class LinuxThreadAffinity implements ThreadAffinity {
    /** Links the functions when they are first needed: on most machines they never are. */
    private static final class Linked {
        private static final @Nullable SchedulerBindings BINDINGS;
        private static final String REFUSAL;

        static {
            SchedulerBindings found = null;
            String reason = "";
            try {
                found = new SchedulerBindings();
            } catch (IllegalCallerException e) {
                reason = "start java with --enable-native-access=org.ryzanstein.backend.cpu: " + e.getMessage();
            } catch (UnsupportedOperationException e) {
                reason = String.valueOf(e.getMessage());
            }
            BINDINGS = found;
            REFUSAL = reason;
        }
    }

    /** Made by the service loader. */
    public LinuxThreadAffinity() {}

    @Override
    public Optional<String> refusal() {
        return Linked.BINDINGS == null ? Optional.of(Linked.REFUSAL) : Optional.empty();
    }

    private static SchedulerBindings bindings() {
        SchedulerBindings found = Linked.BINDINGS;
        if (found == null) {
            throw new AffinityException(Linked.REFUSAL);
        }
        return found;
    }

    @Override
    public BitSet current() {
        return bindings().affinity();
    }

    @Override
    public void bind(BitSet processors) {
        bindings().setAffinity(processors);
    }
}
