/** HTTP API and command line. */
module org.ryzanstein.server {
    requires org.ryzanstein.loader;
    requires io.javalin;
    requires jakarta.servlet;
    requires org.eclipse.jetty.ee10.servlet;
    requires org.eclipse.jetty.io;
    requires org.eclipse.jetty.server;
    requires org.eclipse.jetty.util;
    requires com.fasterxml.jackson.annotation;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires jdk.unsupported; // JLine catches Ctrl-C by its sun.misc.Signal, which it looks for at run time.
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.slf4j;
    requires static org.jspecify;

    provides System.LoggerFinder with
            org.ryzanstein.server.logging.LazyLoggerFinder;

    opens org.ryzanstein.server.http.dto to
            com.fasterxml.jackson.databind;
    opens org.ryzanstein.server.report to
            com.fasterxml.jackson.databind;
    opens org.ryzanstein.server.cli to
            info.picocli;
}
