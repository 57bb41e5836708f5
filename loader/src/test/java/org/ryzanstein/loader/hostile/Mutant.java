package org.ryzanstein.loader.hostile;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files of one mutant, all of its folder.
 *
 * @param what how it was changed, for messages
 * @param files contents by name
 */
record Mutant(String what, Map<String, byte[]> files) {
    /** The same with one file in another state. */
    Mutant with(String change, String name, byte[] content) {
        Map<String, byte[]> changed = new LinkedHashMap<>(files);
        changed.put(name, content);
        return new Mutant(what + "; " + change, changed);
    }

    /** The same without a file. */
    Mutant without(String name) {
        Map<String, byte[]> changed = new LinkedHashMap<>(files);
        changed.remove(name);
        return new Mutant(what + "; no " + name, changed);
    }

    long size() {
        return files.values().stream().mapToLong(content -> content.length).sum();
    }
}
