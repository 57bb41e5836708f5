/** Collectives over sockets. */
module org.ryzanstein.comm.tcp {
    requires org.ryzanstein.api;
    requires static org.jspecify;

    provides org.ryzanstein.api.comm.CommunicatorProvider with
            org.ryzanstein.comm.tcp.TcpCommunicatorProvider;
}
