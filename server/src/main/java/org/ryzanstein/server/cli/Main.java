package org.ryzanstein.server.cli;

import java.io.PrintStream;
import java.time.Duration;
import picocli.CommandLine;

/** Entry point of the command line. */
public final class Main {
    private static final Duration LINGER = Duration.ofSeconds(2);

    private Main() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        int code = run(CliEnvironment.ofProcess(), arguments);
        if (code != ExitCode.DONE) {
            System.exit(code);
        }
        // Returning is faster: exit begins with a look at the loggers. A thread that is left over shall not keep the
        // JVM.
        Thread.ofPlatform().daemon().start(() -> {
            try {
                Thread.sleep(LINGER);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            System.exit(ExitCode.DONE);
        });
    }

    static int run(CliEnvironment environment, String... arguments) {
        CommandLine line = RyzansteinCommand.line(new CommandFactory(environment), arguments);
        line.setOut(environment.outWriter());
        line.setErr(environment.errWriter());
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpWidth(100);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                environment.colours() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        Failures failures = new Failures(environment);
        line.setExecutionExceptionHandler((failure, command, parsed) -> failures.report(failure));
        line.setParameterExceptionHandler((failure, args) -> failures.usage(failure));
        int code = line.execute(arguments);
        flush(environment.out());
        flush(environment.err());
        return code;
    }

    private static void flush(PrintStream stream) {
        stream.flush();
    }

    static String versionLine() {
        String version = Main.class.getModule().getDescriptor().rawVersion().orElse("unknown");
        return "ryzanstein " + version;
    }
}
