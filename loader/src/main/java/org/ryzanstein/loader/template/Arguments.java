package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of one call. */
record Arguments(List<Value> positional, Map<String, Value> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /** Matches the arguments with parameters; {@code what} names the function for messages. */
    Bound bind(String what, String... parameters) {
        if (positional.size() > parameters.length) {
            throw Failure.of(what + " takes at most " + parameters.length + " arguments, found " + positional.size());
        }
        @Nullable Value[] values = new @Nullable Value[parameters.length];
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        named.forEach((name, value) -> {
            int index = Arrays.asList(parameters).indexOf(name);
            if (index < 0) {
                throw Failure.of(what + " has no parameter '" + name + "'");
            }
            if (values[index] != null) {
                throw Failure.of(what + " got parameter '" + name + "' twice");
            }
            values[index] = value;
        });
        return new Bound(what, parameters, values);
    }

    /** The same with another named argument. */
    Arguments with(String name, Value value) {
        Map<String, Value> more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Arguments(positional, more);
    }

    /** The same without the first positional arguments. */
    Arguments from(int first) {
        return new Arguments(positional.subList(Math.min(first, positional.size()), positional.size()), named);
    }

    /** Arguments by parameter; those not given are null. */
    static final class Bound {
        private final String what;
        private final String[] parameters;
        private final @Nullable Value[] values;

        private Bound(String what, String[] parameters, @Nullable Value[] values) {
            this.what = what;
            this.parameters = parameters;
            this.values = values;
        }

        @Nullable
        Value get(int i) {
            return values[i];
        }

        Value required(int i) {
            Value value = values[i];
            if (value == null) {
                throw Failure.of(what + " needs its parameter '" + parameters[i] + "'");
            }
            return value;
        }

        boolean flag(int i, boolean otherwise) {
            Value value = values[i];
            return value == null ? otherwise : Operators.truth(value);
        }

        /** A string, or null where it is {@code none} or not given. */
        @Nullable
        Text text(int i) {
            return switch (values[i]) {
                case null -> null;
                case Value.None _ -> null;
                case Value.Str s -> s.text();
                case Value v -> throw wrong(i, v, "a string");
            };
        }

        Text requiredText(int i) {
            required(i);
            Text text = text(i);
            if (text == null) {
                throw wrong(i, Value.None.NONE, "a string");
            }
            return text;
        }

        /** An integer in the range of {@code int}; larger ones are cut to that range. */
        int integer(int i, int otherwise) {
            return switch (values[i]) {
                case null -> otherwise;
                case Value.None _ -> otherwise;
                case Value.Integral n -> clamp(n.integer());
                case Value v -> throw wrong(i, v, "an integer");
            };
        }

        private Failure wrong(int i, Value found, String expected) {
            return Failure.of(what + ": parameter '" + parameters[i] + "' is of type " + found.typeName()
                    + ", expected " + expected);
        }
    }

    /** An integer cut to the range of {@code int}. */
    static int clamp(BigInteger value) {
        if (value.bitLength() < Integer.SIZE) {
            return value.intValue();
        }
        return value.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    }
}
