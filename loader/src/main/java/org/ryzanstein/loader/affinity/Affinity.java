package org.ryzanstein.loader.affinity;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether compute threads are bound, each to all processors of one memory node. On one node nothing is. */
public enum Affinity {
    /** They are bound where there are several memory nodes and the system allows it. */
    AUTO,
    /** The same, with a warning where it can't be done. */
    NODES,
    /** They run wherever the scheduler puts them. */
    NONE;

    /** System property that says which, by {@link #toString name}. */
    public static final String PROPERTY = "ryzanstein.affinity";

    /**
     * Finds one by its name.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public static Affinity of(String name) {
        return Arrays.stream(values())
                .filter(value -> value.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("affinity: found " + name + ", expected "
                        + Arrays.stream(values()).map(Affinity::toString).collect(Collectors.joining(", "))));
    }

    /** What this process was started with: the property {@value #PROPERTY}, or {@link #AUTO}. */
    public static Affinity ofProcess() {
        return Optional.ofNullable(System.getProperty(PROPERTY))
                .map(Affinity::of)
                .orElse(AUTO);
    }

    /** The name that options have: lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
