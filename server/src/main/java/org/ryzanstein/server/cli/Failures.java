package org.ryzanstein.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.kernel.UnsupportedWeightsException;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.engine.GenerationException;
import org.ryzanstein.loader.engine.InvalidRequestException;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.template.TemplateException;
import org.ryzanstein.server.bench.BenchException;
import org.ryzanstein.server.chat.ChatPromptException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what went wrong, and which exit code that is. Stack traces are for failures that nobody foresaw. */
final class Failures {
    private final CliEnvironment environment;

    Failures(CliEnvironment environment) {
        this.environment = environment;
    }

    int report(Exception failure) {
        return switch (failure) {
            case ModelFormatException e -> say(e, ExitCode.MODEL_REFUSED);
            case UnsupportedWeightsException e -> say(e, ExitCode.MODEL_REFUSED);
            case ProviderUnavailableException e -> say(e, ExitCode.BACKEND_REFUSED);
            case InvalidRequestException e -> say(e, ExitCode.USAGE);
            case ParameterException e -> usage(e);
            case BenchException e -> say(e, e.exitCode());
            case InterruptedException e -> ExitCode.INTERRUPTED;
            case ClusterException e -> say(e, ExitCode.FAILED);
            case CommunicationException e -> say(e, ExitCode.FAILED);
            case GenerationException e -> say(e, ExitCode.FAILED);
            case ChatPromptException e -> say(e, ExitCode.FAILED);
            case TemplateException e -> say(e, ExitCode.FAILED);
            case UncheckedIOException e -> say(e, ExitCode.FAILED);
            case IOException e -> say(e, ExitCode.FAILED);
            default -> {
                failure.printStackTrace(environment.err());
                yield say(failure, ExitCode.FAILED);
            }
        };
    }

    int usage(ParameterException failure) {
        say(failure, ExitCode.USAGE);
        CommandLine command = failure.getCommandLine();
        if (!UnmatchedArgumentException.printSuggestions(failure, command.getErr())) {
            environment.say("try '" + command.getCommandSpec().qualifiedName() + " --help'");
        }
        return ExitCode.USAGE;
    }

    private int say(Exception failure, int code) {
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        Throwable cause = failure.getCause();
        if (failure instanceof UncheckedIOException && cause != null) {
            message += ": " + cause.getMessage();
        }
        environment.say(environment.coloured(CliEnvironment.Colour.RED, "ryzanstein: ") + message);
        return code;
    }
}
