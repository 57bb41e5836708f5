package org.ryzanstein.server.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program itself: its subcommands do the work. */
@Command(
        name = "ryzanstein",
        description = "Runs language models in pure Java: ternary ones such as BitNet b1.58, and others.",
        mixinStandardHelpOptions = true,
        versionProvider = RyzansteinCommand.Version.class,
        footerHeading =
                "%nExit codes: 0 done, 1 failed, 2 usage, 3 model refused, 4 backend refused, 130 interrupted.%n",
        synopsisSubcommandLabel = "COMMAND")
final class RyzansteinCommand implements Runnable {
    private static final List<Class<?>> SUBCOMMANDS = List.of(
            GenerateCommand.class,
            ChatCommand.class,
            ServeCommand.class,
            PerplexityCommand.class,
            TokenizeCommand.class,
            InspectCommand.class,
            WorkerCommand.class,
            QuantizeCommand.class,
            TemplateCommand.class,
            SynthesizeCommand.class,
            BenchCommand.class,
            BenchWorkerCommand.class,
            BackendsCommand.class,
            DoctorCommand.class,
            HelpCommand.class);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** The command line for some arguments. It has only the subcommand that they name, if they do: to read all takes time at each start. */
    static CommandLine line(IFactory factory, String... arguments) {
        CommandLine line = new CommandLine(new RyzansteinCommand(), factory);
        List<Class<?>> named = SUBCOMMANDS.stream()
                .filter(type -> arguments.length > 0 && nameOf(type).equals(arguments[0]))
                .toList();
        for (Class<?> type : named.isEmpty() || named.contains(HelpCommand.class) ? SUBCOMMANDS : named) {
            line.addSubcommand(new CommandLine(type, factory));
        }
        return line;
    }

    private static String nameOf(Class<?> subcommand) {
        return subcommand.getAnnotation(Command.class).name();
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }

    /** The version that {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Main.versionLine()};
        }
    }
}
