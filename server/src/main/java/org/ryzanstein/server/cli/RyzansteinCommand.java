package org.ryzanstein.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program itself: its subcommands do the work. */
@Command(
        name = "ryzanstein",
        description = "Runs language models in pure Java: ternary ones such as BitNet b1.58, and others.",
        mixinStandardHelpOptions = true,
        versionProvider = RyzansteinCommand.Version.class,
        subcommands = {
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
            HelpCommand.class
        },
        footerHeading =
                "%nExit codes: 0 done, 1 failed, 2 usage, 3 model refused, 4 backend refused, 130 interrupted.%n",
        synopsisSubcommandLabel = "COMMAND")
final class RyzansteinCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(spec.commandLine(), "which command?");
    }

    /** The version that {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Main.versionLine()};
        }
    }
}
