package org.ryzanstein.loader.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs statements. */
final class Interpreter {
    /** How a statement ended. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Budget budget;
    private final Evaluator evaluator;
    private final Text.Builder output;

    Interpreter(Budget budget, Clock clock) {
        this.budget = budget;
        this.evaluator = new Evaluator(budget, clock);
        this.output = new Text.Builder(budget);
    }

    Text render(List<Stmt> statements, Scope scope) {
        run(statements, scope, output);
        return output.build();
    }

    private Flow run(List<Stmt> statements, Scope scope, Text.Builder out) {
        for (Stmt statement : statements) {
            Flow flow = run(statement, scope, out);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Stmt statement, Scope scope, Text.Builder out) {
        budget.step();
        budget.enter();
        try {
            return dispatch(statement, scope, out);
        } catch (Failure failure) {
            throw failure.at(statement.line());
        } finally {
            budget.leave();
        }
    }

    private Flow dispatch(Stmt statement, Scope scope, Text.Builder out) {
        switch (statement) {
            case Stmt.Data s -> write(out, s.text());
            case Stmt.Print s -> write(out, Repr.str(budget, evaluator.eval(s.value(), scope)));
            case Stmt.If s -> {
                return branch(s, scope, out);
            }
            case Stmt.For s -> loop(s, evaluator.eval(s.items(), scope), scope, out, 0);
            case Stmt.Set s -> assign(s.target(), evaluator.eval(s.value(), scope), scope);
            case Stmt.SetBlock s -> assign(s.target(), filtered(s.filters(), capture(s.body(), scope), scope), scope);
            case Stmt.Macro s -> scope.set(s.code().name(), macro(s.code(), scope));
            case Stmt.CallBlock s -> {
                Value result = evaluator.call(s.call(), scope, macro(s.caller(), scope));
                write(out, Repr.str(budget, result));
            }
            case Stmt.FilterBlock s ->
                write(out, Repr.str(budget, filtered(s.filters(), capture(s.body(), scope), scope)));
            case Stmt.With s -> {
                return with(s, scope, out);
            }
            case Stmt.Generation s -> {
                return run(s.body(), new Scope(scope), out);
            }
            case Stmt.Break _ -> {
                return Flow.BREAK;
            }
            case Stmt.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private void write(Text.Builder out, Text text) {
        if (out == output) {
            budget.output((long) out.length() + text.length());
        }
        out.append(text);
    }

    private Flow branch(Stmt.If statement, Scope scope, Text.Builder out) {
        for (Stmt.Branch branch : statement.branches()) {
            if (evaluator.isTrue(branch.condition(), scope)) {
                return run(branch.body(), scope, out);
            }
        }
        return run(statement.otherwise(), scope, out);
    }

    private Flow with(Stmt.With statement, Scope scope, Text.Builder out) {
        Scope inner = new Scope(scope);
        for (Stmt.Assignment assignment : statement.assignments()) {
            assign(assignment.target(), evaluator.eval(assignment.value(), scope), inner);
        }
        return run(statement.body(), inner, out);
    }

    private void loop(Stmt.For statement, Value iterable, Scope scope, Text.Builder out, int depth) {
        List<Value> items = new ArrayList<>();
        for (Value item : Operators.iterate(budget, iterable)) {
            if (statement.condition() != null) {
                budget.iteration();
                Scope inner = new Scope(scope);
                assign(statement.target(), item, inner);
                if (!evaluator.isTrue(statement.condition(), inner)) {
                    continue;
                }
            }
            items.add(item);
        }
        Value.Function.@Nullable Body recursion =
                statement.recursive() ? a -> deeper(statement, a, scope, depth + 1) : null;
        Loop loop = new Loop(budget, items, depth, recursion);
        for (int i = 0; i < items.size(); i++) {
            budget.iteration();
            budget.step();
            loop.at(i);
            Scope inner = new Scope(scope);
            assign(statement.target(), items.get(i), inner);
            inner.set("loop", new Value.LoopState(loop));
            if (run(statement.body(), inner, out) == Flow.BREAK) {
                break;
            }
        }
        if (items.isEmpty()) {
            run(statement.otherwise(), new Scope(scope), out);
        }
    }

    private Value deeper(Stmt.For statement, Arguments arguments, Scope scope, int depth) {
        Text.Builder inner = new Text.Builder(budget);
        loop(statement, arguments.bind("loop", "iterable").required(0), scope, inner, depth);
        return Value.Str.of(inner.build());
    }

    private Value capture(List<Stmt> body, Scope scope) {
        Text.Builder inner = new Text.Builder(budget);
        run(body, new Scope(scope), inner);
        return Value.Str.of(inner.build());
    }

    private Value filtered(List<Expr.FilterCall> filters, Value value, Scope scope) {
        Value result = value;
        for (Expr.FilterCall filter : filters) {
            result = evaluator.filter(filter, result, scope);
        }
        return result;
    }

    private void assign(Stmt.Target target, Value value, Scope scope) {
        switch (target) {
            case Stmt.Target.Variable t -> scope.set(t.name(), value);
            case Stmt.Target.Member t -> {
                if (!(scope.get(t.namespace()) instanceof Value.Namespace namespace)) {
                    throw Failure.of("cannot assign attribute on non-namespace object: '" + t.namespace() + "."
                            + t.attribute() + "'");
                }
                namespace.attributes().put(t.attribute(), value);
            }
            case Stmt.Target.Unpack t -> {
                List<Value> items = Operators.iterate(budget, value);
                if (items.size() != t.targets().size()) {
                    throw Failure.of("cannot unpack " + items.size() + " values into "
                            + t.targets().size() + " names");
                }
                for (int i = 0; i < items.size(); i++) {
                    assign(t.targets().get(i), items.get(i), scope);
                }
            }
        }
    }

    private Value macro(Stmt.MacroCode code, Scope defined) {
        return new Value.Function(code.name(), arguments -> {
            Scope scope = new Scope(defined);
            bind(code, arguments, scope);
            Text.Builder inner = new Text.Builder(budget);
            run(code.body(), scope, inner);
            return Value.Str.of(inner.build());
        });
    }

    private void bind(Stmt.MacroCode code, Arguments arguments, Scope scope) {
        List<Stmt.Parameter> parameters = code.parameters();
        List<Value> positional = arguments.positional();
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        Value caller = named.remove("caller");
        scope.set("caller", caller == null ? new Value.Undefined("No caller defined") : caller);
        for (int i = 0; i < parameters.size(); i++) {
            Stmt.Parameter parameter = parameters.get(i);
            Value byName = named.remove(parameter.name());
            if (i < positional.size()) {
                if (byName != null) {
                    throw Failure.of("macro '" + code.name() + "' got parameter '" + parameter.name() + "' twice");
                }
                scope.set(parameter.name(), positional.get(i));
            } else if (byName != null) {
                scope.set(parameter.name(), byName);
            } else if (parameter.defaultValue() != null) {
                scope.set(parameter.name(), evaluator.eval(parameter.defaultValue(), scope));
            } else {
                scope.set(
                        parameter.name(), new Value.Undefined("parameter '" + parameter.name() + "' was not provided"));
            }
        }
        rest(code, positional, named, scope);
    }

    private void rest(Stmt.MacroCode code, List<Value> positional, Map<String, Value> named, Scope scope) {
        int taken = code.parameters().size();
        if (code.takesRest()) {
            List<Value> rest = positional.subList(Math.min(taken, positional.size()), positional.size());
            scope.set("varargs", new Value.Sequence(List.copyOf(rest), true));
        } else if (positional.size() > taken) {
            throw Failure.of("macro '" + code.name() + "' takes not more than " + taken + " arguments, found "
                    + positional.size());
        }
        if (code.takesNamedRest()) {
            Value.Dict rest = Value.Dict.empty();
            named.forEach((name, value) -> rest.put(budget, Value.Str.own(name), value));
            scope.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw Failure.of("macro '" + code.name() + "' takes no parameter '"
                    + named.keySet().iterator().next() + "'");
        }
    }
}
