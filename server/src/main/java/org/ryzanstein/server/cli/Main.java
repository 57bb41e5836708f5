package org.ryzanstein.server.cli;

/** Entry point of the command line. */
public final class Main {
    private Main() {}

    /** Prints the version of this program. */
    public static void main(String[] arguments) {
        System.out.println(versionLine());
    }

    static String versionLine() {
        String version = Main.class.getModule().getDescriptor().rawVersion().orElse("unknown");
        return "ryzanstein " + version;
    }
}
