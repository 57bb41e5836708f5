package org.ryzanstein.api.provider;

/** What a provider says of itself on this machine and this JVM. */
public sealed interface Probe {
    /**
     * The provider can be opened.
     *
     * @param score the best score is chosen; scalar is 10, others state theirs; zero or less is not allowed
     * @param detail what makes it run, such as the vector width
     */
    record Available(int score, String detail) implements Probe {
        public Available {
            if (score <= 0) {
                throw new IllegalArgumentException("score " + score + " of an available provider is not positive");
            }
        }
    }

    /**
     * The provider can't be opened here.
     *
     * @param reason why, and what would mend it
     * @param mendable whether the machine has what the provider needs, so that another option or another JVM would do: the user
     *     is told so unasked
     */
    record Unavailable(String reason, boolean mendable) implements Probe {
        /** Nothing to tell the user unasked. */
        public Unavailable(String reason) {
            this(reason, false);
        }
    }
}
