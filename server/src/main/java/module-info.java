/** HTTP API and command line. */
module org.ryzanstein.server {
    requires org.ryzanstein.loader;
    requires io.javalin;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires static org.jspecify;
}
