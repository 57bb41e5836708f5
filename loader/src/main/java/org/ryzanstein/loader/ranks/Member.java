package org.ryzanstein.loader.ranks;

import java.net.InetSocketAddress;
import org.ryzanstein.api.comm.Link;

/** A worker as its leader knows it: what it has said of itself, and the connection by which it is told to join a group. */
record Member(Link link, ControlMessage.Hello hello) {
    /** Where it listens for the other ranks: at the machine that it called from. */
    InetSocketAddress address() {
        return new InetSocketAddress(link.peer().getAddress(), hello.port());
    }

    String describe() {
        return "process " + hello.process() + " on " + hello.host() + " (" + hello.backend() + ", " + hello.threads()
                + (hello.threads() == 1 ? " thread)" : " threads)");
    }
}
