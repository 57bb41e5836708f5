package org.ryzanstein.loader.parallel;

/** Which part of a model is held here, and how it exchanges results with the others. */
public record Placement(Shard shard, Exchange exchange) {
    /** The whole model in one place. */
    public static Placement alone(Shard.Sizes sizes) {
        return new Placement(Shard.whole(sizes), Exchange.NONE);
    }
}
