package org.ryzanstein.api.provider;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Every provider of one kind that was found, which one was chosen, and why the others were not. */
public record ProviderReport(Kind kind, Optional<String> chosen, List<Entry> entries) {
    public ProviderReport {
        entries = List.copyOf(entries);
    }

    /** The kind of a provider. */
    public enum Kind {
        KERNEL,
        COMMUNICATOR
    }

    /** What became of a provider. */
    public enum Status {
        CHOSEN,
        AVAILABLE,
        REFUSED
    }

    /**
     * One provider.
     *
     * @param name the provider's name, or its class where it could not even be created
     * @param detail what it runs on, or the reason for its refusal
     * @param module {@code module@version}, or "class path"
     * @param jar the file or folder that it came from
     * @param mendable whether it was refused although the machine has what it needs, as {@link Probe.Unavailable} says
     */
    public record Entry(
            String name, Status status, OptionalInt score, String detail, String module, String jar, boolean mendable) {
        /** A provider that nothing is to be mended for. */
        public Entry(String name, Status status, OptionalInt score, String detail, String module, String jar) {
            this(name, status, score, detail, module, jar, false);
        }
    }

    /** One line a provider, for logs and error messages. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(text.isEmpty() ? "" : System.lineSeparator())
                    .append(entry.name())
                    .append(": ")
                    .append(entry.status().name().toLowerCase(java.util.Locale.ROOT));
            entry.score().ifPresent(score -> text.append(", score ").append(score));
            text.append(", ").append(entry.detail());
            text.append(" (")
                    .append(entry.module())
                    .append(", ")
                    .append(entry.jar())
                    .append(')');
        }
        return text.toString();
    }
}
