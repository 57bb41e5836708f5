package org.ryzanstein.loader.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the body of a loop sees as {@code loop}. */
final class Loop {
    private final Budget budget;
    private final List<Value> items;
    private final int depth;
    private final Value.Function.@Nullable Body recursion;
    private int index;
    private @Nullable Value lastChanged;

    /** {@code depth} counts from 0; {@code recursion} is what {@code loop(items)} does in a recursive loop. */
    Loop(Budget budget, List<Value> items, int depth, Value.Function.@Nullable Body recursion) {
        this.budget = budget;
        this.items = items;
        this.depth = depth;
        this.recursion = recursion;
    }

    void at(int newIndex) {
        index = newIndex;
    }

    @Nullable
    Value attribute(String name) {
        int size = items.size();
        return switch (name) {
            case "index" -> Value.Int.of(index + 1L);
            case "index0" -> Value.Int.of(index);
            case "revindex" -> Value.Int.of(size - index);
            case "revindex0" -> Value.Int.of(size - index - 1L);
            case "first" -> Value.Bool.of(index == 0);
            case "last" -> Value.Bool.of(index == size - 1);
            case "length" -> Value.Int.of(size);
            case "depth" -> Value.Int.of(depth + 1L);
            case "depth0" -> Value.Int.of(depth);
            case "previtem" -> neighbour(index - 1, "there is no previous item");
            case "nextitem" -> neighbour(index + 1, "there is no next item");
            case "cycle" -> new Value.Function("cycle", this::cycle);
            case "changed" -> new Value.Function("changed", this::changed);
            default -> null;
        };
    }

    private Value neighbour(int i, String missing) {
        return i >= 0 && i < items.size() ? items.get(i) : new Value.Undefined(missing);
    }

    private Value cycle(Arguments arguments) {
        List<Value> values = arguments.positional();
        if (values.isEmpty()) {
            throw Failure.of("loop.cycle: no items for cycling given");
        }
        return values.get(index % values.size());
    }

    private Value changed(Arguments arguments) {
        Value now = Value.Sequence.list(arguments.positional());
        boolean changed = lastChanged == null || !Operators.equal(budget, lastChanged, now);
        lastChanged = now;
        return Value.Bool.of(changed);
    }

    Value recurse(Arguments arguments) {
        if (recursion == null) {
            throw Failure.of("loop called, but it is not marked 'recursive'");
        }
        return recursion.call(arguments);
    }

    String describe() {
        return "<LoopContext " + (index + 1) + "/" + items.size() + ">";
    }
}
