package org.ryzanstein.server.http.dto;

import java.util.List;

/** The models that are served. */
public record ModelList(String object, List<Model> data) {
    /**
     * A model.
     *
     * @param created when it was loaded, in seconds since 1970
     * @param contextLength positions of a sequence
     */
    public record Model(
            String id,
            String object,
            long created,
            String ownedBy,
            int contextLength,
            String architecture,
            long parameters) {}
}
