package org.ryzanstein.loader.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a template. Numbers and strings are equal as in Python ({@code 1 == 1.0 == True}), so that they can be the
 * keys of a dict; everything else is compared by {@link Operators#equal}.
 */
sealed interface Value {

    /** Python's name of the type, for messages. */
    String typeName();

    /** What a missing name or attribute gives: empty when printed, an error when used. */
    record Undefined(String message) implements Value {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Undefined;
        }

        @Override
        public int hashCode() {
            return 0;
        }

        @Override
        public String typeName() {
            return "Undefined";
        }
    }

    /** {@code none}. */
    enum None implements Value {
        NONE;

        @Override
        public String typeName() {
            return "NoneType";
        }
    }

    /** A number or truth value. */
    sealed interface Numeric extends Value {
        /** The value as an integer, or null where it is a float. */
        @Nullable
        BigInteger integer();

        double real();

        static boolean equal(Numeric a, Numeric b) {
            BigInteger x = a.integer();
            BigInteger y = b.integer();
            if (x != null && y != null) {
                return x.equals(y);
            }
            return compare(a, b) == 0;
        }

        /** The order of two numbers, exactly; 2 if one of them is not a number. */
        static int compare(Numeric a, Numeric b) {
            if (Double.isNaN(a.real()) || Double.isNaN(b.real())) {
                return 2;
            }
            boolean finite = finite(a) && finite(b);
            return finite ? exact(a).compareTo(exact(b)) : Double.compare(a.real(), b.real());
        }

        private static boolean finite(Numeric a) {
            return a.integer() != null || Double.isFinite(a.real());
        }

        private static BigDecimal exact(Numeric a) {
            BigInteger integer = a.integer();
            return integer != null ? new BigDecimal(integer) : new BigDecimal(a.real());
        }

        /** The hash that equal numbers share, for integers of up to 63 bits. */
        static int hash(Numeric a) {
            BigInteger integer = a.integer();
            if (integer != null && (long) integer.doubleValue() != integer.longValue()) {
                return SecretHash.of(integer.longValue());
            }
            return SecretHash.of(Double.doubleToLongBits(a.real() + 0.0));
        }
    }

    /** An integer, or a truth value, which counts as 0 or 1. */
    sealed interface Integral extends Numeric {
        @Override
        BigInteger integer();
    }

    /** {@code true} or {@code false}. */
    record Bool(boolean value) implements Integral {
        static final Bool TRUE = new Bool(true);
        static final Bool FALSE = new Bool(false);

        static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }

        @Override
        public BigInteger integer() {
            return value ? BigInteger.ONE : BigInteger.ZERO;
        }

        @Override
        public double real() {
            return value ? 1 : 0;
        }

        @Override
        public String typeName() {
            return "bool";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Numeric n && Numeric.equal(this, n);
        }

        @Override
        public int hashCode() {
            return Numeric.hash(this);
        }
    }

    /** An integer of at most {@link #MAX_BITS} bits. */
    record Int(BigInteger value) implements Integral {
        static final int MAX_BITS = 4096;

        public Int {
            if (value.bitLength() > MAX_BITS) {
                throw Failure.limit("an integer of more than " + MAX_BITS + " bits");
            }
        }

        static Int of(long value) {
            return new Int(BigInteger.valueOf(value));
        }

        @Override
        public BigInteger integer() {
            return value;
        }

        @Override
        public double real() {
            return value.doubleValue();
        }

        @Override
        public String typeName() {
            return "int";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Numeric n && Numeric.equal(this, n);
        }

        @Override
        public int hashCode() {
            return Numeric.hash(this);
        }
    }

    /** A float. */
    record Real(double value) implements Numeric {
        @Override
        public @Nullable BigInteger integer() {
            return null;
        }

        @Override
        public double real() {
            return value;
        }

        @Override
        public String typeName() {
            return "float";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Numeric n && Numeric.equal(this, n);
        }

        @Override
        public int hashCode() {
            return Numeric.hash(this);
        }
    }

    /**
     * A string. {@code safe} marks what went through the filter {@code safe}: added to other text, it escapes that
     * text for HTML, as Jinja2's markup strings do.
     */
    record Str(Text text, boolean safe) implements Value, Comparable<Str> {
        static final Str EMPTY = new Str(Text.EMPTY, false);

        static Str of(Text text) {
            return new Str(text, false);
        }

        static Str own(String chars) {
            return new Str(Text.own(chars), false);
        }

        String chars() {
            return text.chars();
        }

        @Override
        public String typeName() {
            return "str";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Str s && s.chars().equals(chars());
        }

        @Override
        public int hashCode() {
            return chars().hashCode();
        }

        @Override
        public int compareTo(Str other) {
            return chars().compareTo(other.chars());
        }
    }

    /** A list or a tuple. */
    record Sequence(List<Value> items, boolean tuple) implements Value {
        static Sequence list(List<Value> items) {
            return new Sequence(items, false);
        }

        static Sequence tuple(Value... items) {
            return new Sequence(List.of(items), true);
        }

        @Override
        public String typeName() {
            return tuple ? "tuple" : "list";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Sequence s && s.tuple == tuple && s.items.equals(items);
        }

        /** The hash of a tuple as a key, whose elements are neither tuples nor lists. */
        @Override
        public int hashCode() {
            return SecretHash.of(items);
        }
    }

    /** A dict, in the order of insertion. */
    record Dict(Map<Value, Value> entries) implements Value {
        private static final int KEY_ELEMENTS = 16;

        static Dict empty() {
            return new Dict(new LinkedHashMap<>());
        }

        @Nullable
        Value get(Budget budget, Value key) {
            requireKey(budget, key, true);
            return entries.get(key);
        }

        void put(Budget budget, Value key, Value value) {
            requireKey(budget, key, true);
            if (entries.put(key, value) == null) {
                budget.elements(1);
            }
        }

        List<Value> keys() {
            return new ArrayList<>(entries.keySet());
        }

        /** Refuses what is no key, or a costly one: lists, dicts, long or nested tuples, very large integers. */
        private static void requireKey(Budget budget, Value key, boolean outermost) {
            switch (key) {
                case Str s -> budget.scan(s.chars().length());
                case Sequence s
                when s.tuple() && outermost && s.items().size() <= KEY_ELEMENTS ->
                    s.items().forEach(i -> requireKey(budget, i, false));
                case Sequence s
                when s.tuple() ->
                    throw Failure.limit("a tuple as a key: nested or of more than " + KEY_ELEMENTS + " elements");
                case Sequence _ -> throw Failure.of("unhashable type: 'list'");
                case Int i
                when i.value().bitLength() >= Long.SIZE ->
                    throw Failure.limit("an integer of more than 63 bits as a key");
                case Dict _, Namespace _, Function _, LoopState _ ->
                    throw Failure.of("unhashable type: '" + key.typeName() + "'");
                case Undefined _, None _, Numeric _ -> budget.step();
            }
        }

        @Override
        public String typeName() {
            return "dict";
        }
    }

    /** What {@code namespace()} gives: attributes that a loop's body can set. */
    record Namespace(Map<String, Value> attributes) implements Value {
        @Override
        public String typeName() {
            return "Namespace";
        }
    }

    /** Something that can be called: a macro, a function of the engine or a method bound to its receiver. */
    record Function(String name, Body body) implements Value {
        /** What a call does. */
        interface Body {
            Value call(Arguments arguments);
        }

        @Override
        public String typeName() {
            return "function";
        }
    }

    /** The variable {@code loop}. */
    record LoopState(Loop loop) implements Value {
        @Override
        public String typeName() {
            return "LoopContext";
        }
    }
}
