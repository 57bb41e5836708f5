package org.ryzanstein.loader.ranks;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The name of this machine, for reports. */
final class HostName {
    private HostName() {}

    static String get() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
