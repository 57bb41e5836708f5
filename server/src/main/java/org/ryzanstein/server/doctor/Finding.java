package org.ryzanstein.server.doctor;

/**
 * One thing that was looked at.
 *
 * @param name what was looked at, one word
 * @param found what it is
 * @param fix what to do about it; empty where nothing is to be done
 */
public record Finding(String name, Status status, String found, String fix) {
    /** How good it is. */
    public enum Status {
        OK,
        /** Works, but slower than it could. */
        WARN,
        /** Does not work. */
        FAIL
    }

    static Finding ok(String name, String found) {
        return new Finding(name, Status.OK, found, "");
    }

    static Finding warn(String name, String found, String fix) {
        return new Finding(name, Status.WARN, found, fix);
    }

    static Finding fail(String name, String found, String fix) {
        return new Finding(name, Status.FAIL, found, fix);
    }
}
