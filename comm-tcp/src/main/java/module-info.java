/** Collectives over sockets. */
module org.ryzanstein.comm.tcp {
    requires org.ryzanstein.api;
    requires static org.jspecify;
}
