package org.ryzanstein.loader.tokenizer;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens with a role.
 *
 * @param prefix what goes before a text when the caller asks for the model's own framing
 * @param suffix what goes behind it
 * @param endOfGeneration every token that ends an answer
 */
record SpecialIds(
        OptionalInt bos, OptionalInt eos, List<Integer> prefix, List<Integer> suffix, Set<Integer> endOfGeneration) {
    SpecialIds {
        prefix = List.copyOf(prefix);
        suffix = List.copyOf(suffix);
        endOfGeneration = Set.copyOf(endOfGeneration);
    }
}
