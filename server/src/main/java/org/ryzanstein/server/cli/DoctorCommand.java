package org.ryzanstein.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.server.bench.KernelProbe;
import org.ryzanstein.server.doctor.Doctor;
import org.ryzanstein.server.doctor.Finding;
import org.ryzanstein.server.doctor.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doctor}: what speeds this machine up or holds it back. */
@Command(
        name = "doctor",
        description =
                "Looks at JVM, CPU, memory and GPU, and says what to mend. Exit code 1 if something must be mended.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Option(
            names = "--kernels",
            description = "Prints how fast each kernel runs instead, in multiplications a nanosecond on one thread.")
    private boolean kernels;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "The backend whose kernels --kernels shows; the best available without it.")
    private @Nullable String backend;

    DoctorCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        if (kernels) {
            print(KernelProbe.run(Optional.ofNullable(backend)));
            return ExitCode.DONE;
        }
        List<Finding> findings = new Doctor(Machine.ofProcess()).examine();
        boolean failed = findings.stream().anyMatch(finding -> finding.status() == Finding.Status.FAIL);
        if (json) {
            ObjectNode root = JsonNodeFactory.instance.objectNode();
            root.put("ok", !failed);
            ArrayNode list = root.putArray("findings");
            for (Finding finding : findings) {
                list.addObject()
                        .put("name", finding.name())
                        .put("status", finding.status().name().toLowerCase(Locale.ROOT))
                        .put("found", finding.found())
                        .put("fix", finding.fix());
            }
            environment.out().println(GenerationJson.write(root));
        } else {
            findings.forEach(this::print);
        }
        return failed ? ExitCode.FAILED : ExitCode.DONE;
    }

    private void print(KernelProbe.Outcome outcome) {
        environment
                .out()
                .println(String.format(
                        Locale.ROOT,
                        "%s, clock %.2f of the machine that the expected rates are from",
                        outcome.backend(),
                        outcome.clock()));
        for (KernelProbe.Measured kernel : outcome.kernels()) {
            environment
                    .out()
                    .println(String.format(
                            Locale.ROOT,
                            "%-30s %8.2f/ns, expected %8s, %.0f B allocated a run",
                            kernel.kernel(),
                            kernel.speed(),
                            kernel.expected().isPresent()
                                    ? String.format(
                                            Locale.ROOT,
                                            "%.2f",
                                            kernel.expected().getAsDouble())
                                    : "-",
                            kernel.allocatedBytes()));
        }
    }

    private void print(Finding finding) {
        String status = switch (finding.status()) {
            case OK -> "ok";
            case WARN -> "warn";
            case FAIL -> "FAIL";
        };
        environment.out().println("%-4s  %-10s %s".formatted(status, finding.name(), Text.printable(finding.found())));
        if (!finding.fix().isEmpty()) {
            environment.out().println("%-4s  %-10s -> %s".formatted("", "", finding.fix()));
        }
    }
}
