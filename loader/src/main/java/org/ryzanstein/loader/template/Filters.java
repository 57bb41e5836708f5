package org.ryzanstein.loader.template;

import java.util.HashMap;
import java.util.Map;

/** All filters by name: those of text and numbers, and those of sequences. */
final class Filters {
    /** What a filter makes of a value. */
    interface Filter {
        Value apply(Budget budget, Value value, Arguments arguments);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        TextFilters.register(FILTERS);
        NumberFilters.register(FILTERS);
        SequenceFilters.register(FILTERS);
        SelectionFilters.register(FILTERS);
    }

    private Filters() {}

    static boolean known(String name) {
        return FILTERS.containsKey(name);
    }

    static Value apply(Budget budget, String name, Value value, Arguments arguments) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw Failure.of("unknown filter '" + name + "'");
        }
        budget.enter();
        Value result = filter.apply(budget, value, arguments);
        budget.leave();
        return result;
    }
}
