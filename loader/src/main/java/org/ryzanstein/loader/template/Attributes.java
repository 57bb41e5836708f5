package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attributes, subscripts and slices. A method hides an entry of a dict after a dot, as in Jinja2. */
final class Attributes {
    private Attributes() {}

    /** {@code target.name}. */
    static Value attribute(Budget budget, Value target, String name) {
        Operators.requireDefined(target);
        Value found = own(budget, target, name);
        if (found == null && target instanceof Value.Dict d) {
            found = d.get(budget, Value.Str.own(name));
        }
        return found != null ? found : noAttribute(target, name);
    }

    /** {@code target[key]}. */
    static Value subscript(Budget budget, Value target, Value key) {
        Operators.requireDefined(target);
        Value found = switch (target) {
            case Value.Dict d when !(key instanceof Value.Sequence s && !s.tuple()) -> d.get(budget, key);
            case Value.Sequence s
            when key instanceof Value.Integral i ->
                index(s.items().size(), i.integer()) < 0
                        ? null
                        : s.items().get(index(s.items().size(), i.integer()));
            case Value.Str s when key instanceof Value.Integral i -> character(budget, s, i.integer());
            default -> null;
        };
        if (found == null && key instanceof Value.Str name) {
            found = own(budget, target, name.chars());
        }
        if (found != null) {
            return found;
        }
        return key instanceof Value.Str name
                ? noAttribute(target, name.chars())
                : new Value.Undefined(describe(target) + " has no element "
                        + Repr.repr(budget, key).chars());
    }

    /** The offset of an index that may count from the end, or -1 where there is no such element. */
    private static int index(int size, BigInteger key) {
        int i = Arguments.clamp(key);
        int offset = i < 0 ? i + size : i;
        return offset >= 0 && offset < size ? offset : -1;
    }

    private static @Nullable Value character(Budget budget, Value.Str s, BigInteger key) {
        String chars = s.chars();
        budget.scan(chars.length());
        int at = index(chars.codePointCount(0, chars.length()), key);
        if (at < 0) {
            return null;
        }
        int from = chars.offsetByCodePoints(0, at);
        return Value.Str.of(s.text().slice(budget, from, chars.offsetByCodePoints(from, 1)));
    }

    /** What a value has beside its entries: the attributes of a namespace or loop, and methods. */
    private static @Nullable Value own(Budget budget, Value target, String name) {
        return switch (target) {
            case Value.Namespace n -> n.attributes().get(name);
            case Value.LoopState l -> l.loop().attribute(name);
            case Value.Str _, Value.Sequence _, Value.Dict _ -> Methods.bind(budget, target, name);
            default -> null;
        };
    }

    private static Value noAttribute(Value target, String name) {
        return new Value.Undefined("'" + describe(target) + "' has no attribute '" + name + "'");
    }

    private static String describe(Value target) {
        return target instanceof Value.None ? "None" : target.typeName() + " object";
    }

    /** {@code target[from:to:step]}; the bounds may be null. */
    static Value slice(Budget budget, Value target, @Nullable Value from, @Nullable Value to, @Nullable Value step) {
        Operators.requireDefined(target);
        int stride = bound(step, 1);
        if (stride == 0) {
            throw Failure.of("slice step cannot be zero");
        }
        return switch (target) {
            case Value.Sequence s -> {
                List<Integer> offsets = offsets(budget, s.items().size(), from, to, stride);
                List<Value> items = new ArrayList<>(offsets.size());
                offsets.forEach(i -> items.add(s.items().get(i)));
                yield new Value.Sequence(items, s.tuple());
            }
            case Value.Str s
            when stride == 1 -> {
                String chars = s.chars();
                budget.scan(chars.length());
                int size = chars.codePointCount(0, chars.length());
                int begin = clip(bound(from, 0), size, 0, size);
                int end = clip(bound(to, size), size, 0, size);
                int first = chars.offsetByCodePoints(0, begin);
                int last = end <= begin ? first : chars.offsetByCodePoints(first, end - begin);
                yield Value.Str.of(s.text().slice(budget, first, last));
            }
            case Value.Str s -> {
                List<Value> characters = Operators.iterate(budget, s);
                Text.Builder out = new Text.Builder(budget);
                for (int i : offsets(budget, characters.size(), from, to, stride)) {
                    out.append(((Value.Str) characters.get(i)).text());
                }
                yield Value.Str.of(out.build());
            }
            case Value v -> new Value.Undefined(describe(v) + " has no slices");
        };
    }

    private static List<Integer> offsets(
            Budget budget, int size, @Nullable Value from, @Nullable Value to, int stride) {
        boolean up = stride > 0;
        int low = up ? 0 : -1;
        int high = up ? size : size - 1;
        int begin =
                from == null || from instanceof Value.None ? (up ? low : high) : clip(bound(from, 0), size, low, high);
        int end = to == null || to instanceof Value.None ? (up ? high : low) : clip(bound(to, 0), size, low, high);
        List<Integer> offsets = new ArrayList<>();
        for (long i = begin; up ? i < end : i > end; i += stride) {
            budget.elements(1);
            offsets.add((int) i);
        }
        return offsets;
    }

    private static int bound(@Nullable Value value, int otherwise) {
        return switch (value) {
            case null -> otherwise;
            case Value.None _ -> otherwise;
            case Value.Integral i -> Arguments.clamp(i.integer());
            case Value v -> {
                Operators.requireDefined(v);
                throw Failure.of("slice indices must be integers or none, found " + v.typeName());
            }
        };
    }

    private static int clip(int i, int size, int low, int high) {
        return Math.clamp(i < 0 ? (long) i + size : i, low, Math.max(low, high));
    }
}
