package org.ryzanstein.server.cli;

import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this program was started, to start it once more in a process of its own. */
final class OwnCommand {
    private OwnCommand() {}

    /** The folder of this program's jar. */
    static Path folder() {
        try {
            Path own = Path.of(OwnCommand.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path parent = own.getParent();
            return parent == null ? own : parent;
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException("the location of this program is no path", impossible);
        }
    }

    /** The command line of this JVM with the same options and modules, and these arguments. */
    static List<String> with(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // The launcher's own record of -p and -m, which follow.
            if (!option.startsWith("-Djdk.module.") && !option.startsWith("--module-path")) {
                command.add(option);
            }
        }
        command.addAll(List.of(
                "-p",
                System.getProperty("jdk.module.path", ""),
                "-m",
                OwnCommand.class.getModule().getName() + "/" + Main.class.getName()));
        command.addAll(arguments);
        return command;
    }
}
