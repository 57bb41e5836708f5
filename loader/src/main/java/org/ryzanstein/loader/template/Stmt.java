package org.ryzanstein.loader.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of the syntax tree. */
sealed interface Stmt {
    /** The line of the source, counted from 1. */
    int line();

    /** Text between tags. */
    record Data(int line, Text text) implements Stmt {}

    record Print(int line, Expr value) implements Stmt {}

    record If(int line, List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

    /** The condition and body of {@code if} or {@code elif}. */
    record Branch(Expr condition, List<Stmt> body) {}

    record For(
            int line,
            Target target,
            Expr items,
            @Nullable Expr condition,
            boolean recursive,
            List<Stmt> body,
            List<Stmt> otherwise)
            implements Stmt {}

    record Set(int line, Target target, Expr value) implements Stmt {}

    record SetBlock(int line, Target target, List<Expr.FilterCall> filters, List<Stmt> body) implements Stmt {}

    record Macro(int line, MacroCode code) implements Stmt {}

    /** {@code call}: a macro is called, and calls the body back as {@code caller()}. */
    record CallBlock(int line, Expr.Call call, MacroCode caller) implements Stmt {}

    record FilterBlock(int line, List<Expr.FilterCall> filters, List<Stmt> body) implements Stmt {}

    record With(int line, List<Assignment> assignments, List<Stmt> body) implements Stmt {}

    /** One {@code target = value} of {@code with}. */
    record Assignment(Target target, Expr value) {}

    /** {@code generation}: marks the assistant's words for training; rendered like its body. */
    record Generation(int line, List<Stmt> body) implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}

    /** The parameters and body of a macro; the flags say which special names the body uses. */
    record MacroCode(
            String name, List<Parameter> parameters, List<Stmt> body, boolean takesRest, boolean takesNamedRest) {}

    /** A parameter of a macro. */
    record Parameter(String name, @Nullable Expr defaultValue) {}

    /** What is assigned to. */
    sealed interface Target {
        record Variable(String name) implements Target {}

        /** An attribute of a namespace. */
        record Member(String namespace, String attribute) implements Target {}

        record Unpack(List<Target> targets) implements Target {}
    }
}
