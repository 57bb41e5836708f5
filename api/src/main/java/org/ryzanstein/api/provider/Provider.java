package org.ryzanstein.api.provider;

/** The part that the providers of both SPIs have in common. */
public interface Provider {
    /** Short lower-case name, unique among the providers of its kind, by which a user can force it. */
    String name();

    /** The version of the SPI that this provider was compiled for: a constant of its own, never read from api at run time. */
    int spiVersion();
}
