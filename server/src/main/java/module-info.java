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
    requires org.jline.reader;
    requires org.jline.terminal;
    requires static org.jspecify;

    opens org.ryzanstein.server.http.dto to
            com.fasterxml.jackson.databind;
    opens org.ryzanstein.server.report to
            com.fasterxml.jackson.databind;
    opens org.ryzanstein.server.cli to
            info.picocli;
}
