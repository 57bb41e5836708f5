package org.ryzanstein.loader.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions. */
final class Evaluator {
    private final Budget budget;
    private final Clock clock;

    Evaluator(Budget budget, Clock clock) {
        this.budget = budget;
        this.clock = clock;
    }

    /** The value of an expression; a failure gets the line of the innermost expression. */
    Value eval(Expr expr, Scope scope) {
        budget.step();
        budget.enter();
        try {
            return dispatch(expr, scope);
        } catch (Failure failure) {
            throw failure.at(expr.line());
        } finally {
            budget.leave();
        }
    }

    private Value dispatch(Expr expr, Scope scope) {
        return switch (expr) {
            case Expr.Literal e -> e.value();
            case Expr.Name e -> name(e.name(), scope);
            case Expr.ListLiteral e -> list(e, scope);
            case Expr.DictLiteral e -> dict(e, scope);
            case Expr.Negate e -> Operators.negate(eval(e.operand(), scope));
            case Expr.Plus e -> Operators.plus(eval(e.operand(), scope));
            case Expr.Not e -> Value.Bool.of(!isTrue(e.operand(), scope));
            case Expr.And e -> {
                Value left = eval(e.left(), scope);
                yield Operators.truth(left) ? eval(e.right(), scope) : left;
            }
            case Expr.Or e -> {
                Value left = eval(e.left(), scope);
                yield Operators.truth(left) ? left : eval(e.right(), scope);
            }
            case Expr.Arithmetic e ->
                Operators.arithmetic(budget, e.operator(), eval(e.left(), scope), eval(e.right(), scope));
            case Expr.Concat e -> concat(e, scope);
            case Expr.Comparison e -> Value.Bool.of(compare(e, scope));
            case Expr.Conditional e -> conditional(e, scope);
            case Expr.Attribute e -> Attributes.attribute(budget, eval(e.target(), scope), e.name());
            case Expr.Subscript e -> Attributes.subscript(budget, eval(e.target(), scope), eval(e.index(), scope));
            case Expr.Slice e ->
                Attributes.slice(
                        budget,
                        eval(e.target(), scope),
                        optional(e.from(), scope),
                        optional(e.to(), scope),
                        optional(e.step(), scope));
            case Expr.Call e -> call(e, scope, null);
            case Expr.Filtered e -> filter(e.filter(), eval(e.target(), scope), scope);
            case Expr.Tested e -> test(e, scope);
        };
    }

    boolean isTrue(Expr expr, Scope scope) {
        return Operators.truth(eval(expr, scope));
    }

    private @Nullable Value optional(@Nullable Expr expr, Scope scope) {
        return expr == null ? null : eval(expr, scope);
    }

    private Value name(String name, Scope scope) {
        Value value = scope.get(name);
        if (value == null) {
            value = Functions.get(budget, clock, name);
        }
        return value == null ? new Value.Undefined("'" + name + "' is undefined") : value;
    }

    private Value list(Expr.ListLiteral list, Scope scope) {
        budget.elements(list.items().size());
        List<Value> items = new ArrayList<>(list.items().size());
        for (Expr item : list.items()) {
            items.add(eval(item, scope));
        }
        return new Value.Sequence(items, list.tuple());
    }

    private Value dict(Expr.DictLiteral literal, Scope scope) {
        Value.Dict dict = Value.Dict.empty();
        for (Expr.Entry entry : literal.entries()) {
            Value key = eval(entry.key(), scope);
            dict.put(budget, key, eval(entry.value(), scope));
        }
        return dict;
    }

    private Value concat(Expr.Concat concat, Scope scope) {
        Text.Builder out = new Text.Builder(budget);
        for (Expr operand : concat.operands()) {
            out.append(Repr.str(budget, eval(operand, scope)));
        }
        return Value.Str.of(out.build());
    }

    private boolean compare(Expr.Comparison comparison, Scope scope) {
        Value left = eval(comparison.first(), scope);
        for (Expr.Operand operand : comparison.rest()) {
            Value right = eval(operand.value(), scope);
            if (!Operators.compare(budget, operand.operator(), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Value conditional(Expr.Conditional conditional, Scope scope) {
        if (isTrue(conditional.condition(), scope)) {
            return eval(conditional.then(), scope);
        }
        return conditional.otherwise() == null
                ? new Value.Undefined("the inline if-expression evaluated to false and no else section was defined.")
                : eval(conditional.otherwise(), scope);
    }

    /** Calls a function; {@code caller} is what a call block hands to it. */
    Value call(Expr.Call call, Scope scope, @Nullable Value caller) {
        Value target = eval(call.target(), scope);
        Operators.requireDefined(target);
        Arguments arguments = arguments(call.arguments(), scope);
        if (caller != null) {
            arguments = arguments.with("caller", caller);
        }
        return switch (target) {
            case Value.Function f -> f.body().call(arguments);
            case Value.LoopState l -> l.loop().recurse(arguments);
            case Value v -> throw Failure.of("'" + v.typeName() + "' object is not callable");
        };
    }

    Value filter(Expr.FilterCall filter, Value value, Scope scope) {
        try {
            return Filters.apply(budget, filter.name(), value, arguments(filter.arguments(), scope));
        } catch (Failure failure) {
            throw failure.at(filter.line());
        }
    }

    private Value test(Expr.Tested tested, Scope scope) {
        Value value = eval(tested.target(), scope);
        boolean passes = Tests.passes(budget, tested.test(), value, arguments(tested.arguments(), scope));
        return Value.Bool.of(passes != tested.negated());
    }

    private Arguments arguments(Expr.CallArguments given, Scope scope) {
        if (given.isEmpty()) {
            return Arguments.NONE;
        }
        List<Value> positional = new ArrayList<>();
        for (Expr expr : given.positional()) {
            positional.add(eval(expr, scope));
        }
        Map<String, Value> named = new LinkedHashMap<>();
        for (Expr.Named argument : given.named()) {
            named.put(argument.name(), eval(argument.value(), scope));
        }
        if (given.star() != null) {
            positional.addAll(Operators.iterate(budget, eval(given.star(), scope)));
        }
        if (given.starStar() != null) {
            spread(eval(given.starStar(), scope), named);
        }
        budget.steps(positional.size() + named.size());
        return new Arguments(positional, named);
    }

    private void spread(Value value, Map<String, Value> named) {
        if (!(value instanceof Value.Dict dict)) {
            throw Failure.of("argument after ** must be a mapping, not " + value.typeName());
        }
        budget.elements(dict.entries().size());
        dict.entries().forEach((key, item) -> {
            if (!(key instanceof Value.Str name)) {
                throw Failure.of("keywords must be strings");
            }
            named.put(name.chars(), item);
        });
    }
}
