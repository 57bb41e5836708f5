package org.ryzanstein.api.provider;

import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The choice among the providers of one kind: a forced name must be available; otherwise the best score wins, ties by name.
 * A provider that fails to load or throws while it is probed is reported as refused and disturbs nothing.
 *
 * @param provider the chosen one
 */
public record Selection<P extends Provider>(P provider, ProviderReport report) {

    private record Candidate<P extends Provider>(@Nullable P provider, ProviderReport.Entry entry) {}

    /**
     * Chooses.
     *
     * @param found the providers, as {@link ServiceLoader#stream()} gives them
     * @param spiVersion the version that a provider must have been compiled for
     * @param probe asks one provider
     * @param forced the name that the user insists on
     * @throws ProviderUnavailableException if the forced provider, or every provider, is unavailable
     */
    public static <P extends Provider> Selection<P> choose(
            ProviderReport.Kind kind,
            Iterator<ServiceLoader.Provider<P>> found,
            int spiVersion,
            Function<P, Probe> probe,
            Optional<String> forced) {
        List<Candidate<P>> candidates = probeAll(found, spiVersion, probe);
        Optional<Candidate<P>> best = candidates.stream()
                .filter(c -> c.entry().score().isPresent())
                .filter(c -> forced.isEmpty() || c.entry().name().equals(forced.get()))
                .min(Comparator.comparingInt(
                                (Candidate<P> c) -> -c.entry().score().orElseThrow())
                        .thenComparing(c -> c.entry().name()));
        List<ProviderReport.Entry> entries = new ArrayList<>();
        for (Candidate<P> candidate : candidates) {
            @SuppressWarnings("ReferenceEquality") // Two candidates may be equal in value.
            boolean chosen = best.isPresent() && best.get() == candidate;
            entries.add(chosen ? withStatus(candidate.entry(), ProviderReport.Status.CHOSEN) : candidate.entry());
        }
        entries.sort(
                Comparator.comparingInt((ProviderReport.Entry e) -> -e.score().orElse(0))
                        .thenComparing(ProviderReport.Entry::name));
        ProviderReport report = new ProviderReport(kind, best.map(c -> c.entry().name()), entries);
        if (best.isEmpty() || best.get().provider() == null) {
            throw new ProviderUnavailableException(refusal(kind, forced, report), report);
        }
        return new Selection<>(best.get().provider(), report);
    }

    private static String refusal(ProviderReport.Kind kind, Optional<String> forced, ProviderReport report) {
        String what = kind == ProviderReport.Kind.KERNEL ? "kernel backend" : "communicator";
        if (forced.isEmpty()) {
            return "no " + what + " is available";
        }
        String reason = report.entries().stream()
                .filter(e -> e.name().equals(forced.get()))
                .findFirst()
                .map(ProviderReport.Entry::detail)
                .orElse("no provider of that name was found on the module path");
        return what + " '" + forced.get() + "' was forced but is not available: " + reason;
    }

    private static <P extends Provider> List<Candidate<P>> probeAll(
            Iterator<ServiceLoader.Provider<P>> found, int spiVersion, Function<P, Probe> probe) {
        List<Candidate<P>> candidates = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int failures = 0;
        while (true) {
            Candidate<P> candidate;
            try {
                if (!found.hasNext()) {
                    return candidates;
                }
                candidate = probeOne(found.next(), spiVersion, probe);
            } catch (ServiceConfigurationError e) {
                candidate = new Candidate<>(null, refused("(not loadable)", message(e), "unknown", "unknown"));
                // An iterator that never moves past a broken entry would loop for ever.
                if (++failures > 100) {
                    return candidates;
                }
            }
            if (candidate.provider() != null && !names.add(candidate.entry().name())) {
                candidate = new Candidate<>(
                        null,
                        refused(
                                candidate.entry().name(),
                                "another provider of this name was found first",
                                candidate.entry().module(),
                                candidate.entry().jar()));
            }
            candidates.add(candidate);
        }
    }

    private static <P extends Provider> Candidate<P> probeOne(
            ServiceLoader.Provider<P> found, int spiVersion, Function<P, Probe> probe) {
        Class<?> type = found.type();
        String module = moduleOf(type);
        String jar = jarOf(type);
        try {
            P provider = found.get();
            String name = Objects.requireNonNull(provider.name(), "name() returned null");
            if (provider.spiVersion() != spiVersion) {
                String reason = "compiled for SPI version " + provider.spiVersion() + ", this api has version "
                        + spiVersion + ": use a jar built for this release";
                return new Candidate<>(null, refused(name, reason, module, jar));
            }
            return switch (probe.apply(provider)) {
                case Probe.Available(int score, String detail) ->
                    new Candidate<>(
                            provider,
                            new ProviderReport.Entry(
                                    name, ProviderReport.Status.AVAILABLE, OptionalInt.of(score), detail, module, jar));
                case Probe.Unavailable(String reason, boolean mendable) ->
                    new Candidate<>(
                            null,
                            new ProviderReport.Entry(
                                    name,
                                    ProviderReport.Status.REFUSED,
                                    OptionalInt.empty(),
                                    reason,
                                    module,
                                    jar,
                                    mendable));
            };
        } catch (RuntimeException | LinkageError | ServiceConfigurationError e) {
            return new Candidate<>(null, refused(type.getName(), message(e), module, jar));
        }
    }

    private static String message(Throwable e) {
        Throwable cause = e.getCause();
        return "failed while it was probed: " + e + (cause == null ? "" : " caused by " + cause);
    }

    private static ProviderReport.Entry refused(String name, String reason, String module, String jar) {
        return new ProviderReport.Entry(name, ProviderReport.Status.REFUSED, OptionalInt.empty(), reason, module, jar);
    }

    private static ProviderReport.Entry withStatus(ProviderReport.Entry entry, ProviderReport.Status status) {
        return new ProviderReport.Entry(
                entry.name(), status, entry.score(), entry.detail(), entry.module(), entry.jar(), entry.mendable());
    }

    private static String moduleOf(Class<?> type) {
        Module module = type.getModule();
        if (!module.isNamed()) {
            return "class path";
        }
        return module.getDescriptor().toNameAndVersion();
    }

    private static String jarOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return "unknown";
        }
        try {
            return Path.of(source.getLocation().toURI()).toString();
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException notAFile) {
            return source.getLocation().toString();
        }
    }
}
