package org.ryzanstein.loader.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression of the syntax tree. */
sealed interface Expr {
    /** The line of the source, counted from 1. */
    int line();

    record Literal(int line, Value value) implements Expr {}

    record Name(int line, String name) implements Expr {}

    record ListLiteral(int line, List<Expr> items, boolean tuple) implements Expr {}

    record DictLiteral(int line, List<Entry> entries) implements Expr {}

    /** One {@code key: value} of a dict. */
    record Entry(Expr key, Expr value) {}

    record Negate(int line, Expr operand) implements Expr {}

    record Plus(int line, Expr operand) implements Expr {}

    record Not(int line, Expr operand) implements Expr {}

    record And(int line, Expr left, Expr right) implements Expr {}

    record Or(int line, Expr left, Expr right) implements Expr {}

    /** {@code + - * / // % **}. */
    record Arithmetic(int line, String operator, Expr left, Expr right) implements Expr {}

    /** Operands joined by {@code ~}. */
    record Concat(int line, List<Expr> operands) implements Expr {}

    /** A chain such as {@code a < b <= c}. */
    record Comparison(int line, Expr first, List<Operand> rest) implements Expr {}

    /** The operator and right side of one comparison; the operator is a symbol, {@code in} or {@code not in}. */
    record Operand(String operator, Expr value) {}

    record Conditional(
            int line, Expr condition, Expr then, @Nullable Expr otherwise) implements Expr {}

    record Attribute(int line, Expr target, String name) implements Expr {}

    record Subscript(int line, Expr target, Expr index) implements Expr {}

    record Slice(
            int line,
            Expr target,
            @Nullable Expr from,
            @Nullable Expr to,
            @Nullable Expr step) implements Expr {}

    record Call(int line, Expr target, CallArguments arguments) implements Expr {}

    record Filtered(int line, Expr target, FilterCall filter) implements Expr {}

    record Tested(int line, Expr target, String test, CallArguments arguments, boolean negated) implements Expr {}

    /** A filter and its arguments, without what it is applied to. */
    record FilterCall(int line, String name, CallArguments arguments) {}

    /** The arguments of a call: positional, named, {@code *list} and {@code **dict}. */
    record CallArguments(
            List<Expr> positional,
            List<Named> named,
            @Nullable Expr star,
            @Nullable Expr starStar) {
        static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);

        boolean isEmpty() {
            return positional.isEmpty() && named.isEmpty() && star == null && starStar == null;
        }
    }

    /** One {@code name=value}. */
    record Named(String name, Expr value) {}
}
