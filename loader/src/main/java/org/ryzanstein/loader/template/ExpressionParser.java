package org.ryzanstein.loader.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Parses expressions with Jinja2's precedence, from loose to tight: {@code if else}, {@code or}, {@code and},
 * {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, {@code **}, signs, postfixes, filters and tests.
 */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");
    private static final int INTEGER_DIGITS = 1000;

    private final TokenStream tokens;
    private final Names names;

    ExpressionParser(TokenStream tokens, Names names) {
        this.tokens = tokens;
        this.names = names;
    }

    /** An expression, with or without a conditional at its top. */
    Expr expression(boolean conditional) {
        tokens.enter();
        Expr parsed = conditional ? conditional() : or();
        tokens.leave();
        return parsed;
    }

    /** An expression, or a tuple without parentheses; {@code stop} is a name that ends it. */
    Expr expressionOrTuple(boolean conditional, @Nullable String stop) {
        int line = tokens.line();
        Expr first = expression(conditional);
        if (!tokens.peek().isOperator(",")) {
            return first;
        }
        List<Expr> items = new ArrayList<>();
        items.add(first);
        while (tokens.skipOperator(",")) {
            if (endsTuple(stop)) {
                break;
            }
            items.add(expression(conditional));
        }
        return new Expr.ListLiteral(line, items, true);
    }

    private boolean endsTuple(@Nullable String stop) {
        Token token = tokens.peek();
        return token.is(Token.Type.PRINT_END)
                || token.is(Token.Type.TAG_END)
                || token.isOperator(")")
                || (stop != null && token.isName(stop));
    }

    private Expr conditional() {
        int line = tokens.line();
        Expr expr = or();
        while (tokens.skipName("if")) {
            Expr condition = or();
            Expr otherwise = tokens.skipName("else") ? expression(true) : null;
            expr = new Expr.Conditional(line, condition, expr, otherwise);
        }
        return expr;
    }

    private Expr or() {
        int line = tokens.line();
        Expr left = and();
        while (tokens.skipName("or")) {
            left = new Expr.Or(line, left, and());
        }
        return left;
    }

    private Expr and() {
        int line = tokens.line();
        Expr left = not();
        while (tokens.skipName("and")) {
            left = new Expr.And(line, left, not());
        }
        return left;
    }

    private Expr not() {
        int line = tokens.line();
        if (!tokens.skipName("not")) {
            return comparison();
        }
        return new Expr.Not(line, nested(this::not));
    }

    private Expr comparison() {
        int line = tokens.line();
        Expr first = sum();
        List<Expr.Operand> rest = new ArrayList<>();
        while (true) {
            Token token = tokens.peek();
            if (token.is(Token.Type.OPERATOR) && COMPARISONS.contains(token.value())) {
                tokens.next();
                rest.add(new Expr.Operand(token.value(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Expr.Operand("in", sum()));
            } else if (token.isName("not") && tokens.peekNext().isName("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Expr.Operand("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expr.Comparison(line, first, rest);
            }
        }
    }

    private Expr sum() {
        int line = tokens.line();
        Expr left = concat();
        while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
            left = new Expr.Arithmetic(line, tokens.next().value(), left, concat());
        }
        return left;
    }

    private Expr concat() {
        int line = tokens.line();
        Expr first = product();
        if (!tokens.peek().isOperator("~")) {
            return first;
        }
        List<Expr> operands = new ArrayList<>();
        operands.add(first);
        while (tokens.skipOperator("~")) {
            operands.add(product());
        }
        return new Expr.Concat(line, operands);
    }

    private Expr product() {
        int line = tokens.line();
        Expr left = power();
        while (tokens.peek().is(Token.Type.OPERATOR)
                && PRODUCTS.contains(tokens.peek().value())) {
            left = new Expr.Arithmetic(line, tokens.next().value(), left, power());
        }
        return left;
    }

    private Expr power() {
        int line = tokens.line();
        Expr left = unary(true);
        while (tokens.skipOperator("**")) {
            left = new Expr.Arithmetic(line, "**", left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean withFilters) {
        int line = tokens.line();
        Expr operand;
        if (tokens.skipOperator("-")) {
            operand = new Expr.Negate(line, nested(() -> unary(false)));
        } else if (tokens.skipOperator("+")) {
            operand = new Expr.Plus(line, nested(() -> unary(false)));
        } else {
            operand = primary();
        }
        operand = postfixes(operand);
        return withFilters ? filtersAndTests(operand) : operand;
    }

    private Expr nested(Supplier<Expr> rule) {
        tokens.enter();
        Expr parsed = rule.get();
        tokens.leave();
        return parsed;
    }

    private Expr primary() {
        Token token = tokens.next();
        int line = token.line();
        return switch (token.type()) {
            case NAME -> name(token);
            case STRING -> string(token);
            case INTEGER -> new Expr.Literal(line, new Value.Int(integer(token)));
            case FLOAT -> new Expr.Literal(line, new Value.Real(Double.parseDouble(token.value())));
            case OPERATOR ->
                switch (token.value()) {
                    case "(" -> parenthesis(line);
                    case "[" -> new Expr.ListLiteral(line, list("]"), false);
                    case "{" -> dict(line);
                    default -> throw TokenStream.unexpected(token, "an expression");
                };
            default -> throw TokenStream.unexpected(token, "an expression");
        };
    }

    private static BigInteger integer(Token token) {
        if (token.value().length() > INTEGER_DIGITS) {
            throw Failure.refused(token.line(), "integer of more than " + INTEGER_DIGITS + " digits");
        }
        return new BigInteger(token.value());
    }

    private Expr name(Token token) {
        int line = token.line();
        return switch (token.value()) {
            case "true", "True" -> new Expr.Literal(line, Value.Bool.TRUE);
            case "false", "False" -> new Expr.Literal(line, Value.Bool.FALSE);
            case "none", "None" -> new Expr.Literal(line, Value.None.NONE);
            default -> {
                names.read(token.value());
                yield new Expr.Name(line, token.value());
            }
        };
    }

    private Expr string(Token first) {
        StringBuilder value = new StringBuilder(first.value());
        while (tokens.peek().is(Token.Type.STRING)) {
            value.append(tokens.next().value());
        }
        return new Expr.Literal(first.line(), Value.Str.own(value.toString()));
    }

    private Expr parenthesis(int line) {
        if (tokens.skipOperator(")")) {
            return new Expr.ListLiteral(line, List.of(), true);
        }
        Expr inner = expressionOrTuple(true, null);
        tokens.expectOperator(")");
        return inner;
    }

    private List<Expr> list(String end) {
        List<Expr> items = new ArrayList<>();
        while (!tokens.skipOperator(end)) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(end)) {
                    break;
                }
            }
            items.add(expression(true));
        }
        return items;
    }

    private Expr dict(int line) {
        List<Expr.Entry> entries = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
            if (!entries.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator("}")) {
                    break;
                }
            }
            Expr key = expression(true);
            tokens.expectOperator(":");
            entries.add(new Expr.Entry(key, expression(true)));
            if (key instanceof Expr.Literal l && l.value() instanceof Value.Str s) {
                names.member(s.chars());
            }
        }
        return new Expr.DictLiteral(line, entries);
    }

    private Expr postfixes(Expr target) {
        Expr expr = target;
        while (true) {
            int line = tokens.line();
            if (tokens.skipOperator(".")) {
                expr = attribute(line, expr);
            } else if (tokens.skipOperator("[")) {
                expr = subscript(line, expr);
            } else if (tokens.peek().isOperator("(")) {
                expr = call(line, expr);
            } else {
                return expr;
            }
        }
    }

    private Expr attribute(int line, Expr target) {
        Token token = tokens.next();
        if (token.is(Token.Type.INTEGER)) {
            return new Expr.Subscript(line, target, new Expr.Literal(line, new Value.Int(integer(token))));
        }
        if (!token.is(Token.Type.NAME)) {
            throw TokenStream.unexpected(token, "the name of an attribute");
        }
        return new Expr.Attribute(line, target, token.value());
    }

    private Expr subscript(int line, Expr target) {
        if (tokens.skipOperator("]")) {
            return new Expr.Subscript(line, target, new Expr.ListLiteral(line, List.of(), true));
        }
        Expr from = tokens.peek().isOperator(":") ? null : expression(true);
        if (from != null && tokens.skipOperator("]")) {
            return new Expr.Subscript(line, target, from);
        }
        if (from != null && tokens.skipOperator(",")) {
            List<Expr> items = new ArrayList<>();
            items.add(from);
            items.addAll(list("]"));
            return new Expr.Subscript(line, target, new Expr.ListLiteral(line, items, true));
        }
        tokens.expectOperator(":");
        Expr to = endsSlicePart() ? null : expression(true);
        Expr step = tokens.skipOperator(":") && !endsSlicePart() ? expression(true) : null;
        tokens.expectOperator("]");
        return new Expr.Slice(line, target, from, to, step);
    }

    private boolean endsSlicePart() {
        return tokens.peek().isOperator(":") || tokens.peek().isOperator("]");
    }

    private Expr call(int line, Expr target) {
        switch (target) {
            case Expr.Name name -> names.calledFunction(line, name.name());
            case Expr.Attribute attribute -> names.calledMethod(line, attribute.name());
            default -> {}
        }
        Expr.CallArguments arguments = arguments();
        if (target instanceof Expr.Name name && name.name().equals("namespace")) {
            arguments.named().forEach(n -> names.member(n.name()));
        }
        return new Expr.Call(line, target, arguments);
    }

    private Expr.CallArguments arguments() {
        tokens.expectOperator("(");
        List<Expr> positional = new ArrayList<>();
        List<Expr.Named> named = new ArrayList<>();
        Expr star = null;
        Expr starStar = null;
        boolean first = true;
        while (!tokens.skipOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            Token token = tokens.peek();
            if (starStar == null && tokens.skipOperator("**")) {
                starStar = expression(true);
            } else if (star == null && starStar == null && tokens.skipOperator("*")) {
                star = expression(true);
            } else if (token.is(Token.Type.NAME) && tokens.peekNext().isOperator("=")) {
                tokens.next();
                tokens.next();
                named.add(new Expr.Named(token.value(), expression(true)));
            } else if (named.isEmpty() && star == null && starStar == null) {
                positional.add(expression(true));
            } else {
                throw Failure.refused(token.line(), "positional argument after a named one");
            }
        }
        return new Expr.CallArguments(positional, named, star, starStar);
    }

    private Expr filtersAndTests(Expr target) {
        Expr expr = target;
        while (true) {
            int line = tokens.line();
            if (tokens.peek().isOperator("|")) {
                tokens.next();
                expr = new Expr.Filtered(line, expr, filterCall());
            } else if (tokens.skipName("is")) {
                expr = test(line, expr);
            } else if (tokens.peek().isOperator("(")) {
                expr = call(line, expr);
            } else {
                return expr;
            }
        }
    }

    /** The rest of a filter, after its bar. */
    Expr.FilterCall filterCall() {
        Token first = tokens.expect(Token.Type.NAME, "the name of a filter");
        String name = dotted(first);
        Names.requireFilter(first.line(), name);
        Expr.CallArguments arguments = tokens.peek().isOperator("(") ? arguments() : Expr.CallArguments.NONE;
        switch (name) {
            case "map" -> namedIn(arguments, 0, Names::requireFilter);
            case "select", "reject" -> namedIn(arguments, 0, Names::requireTest);
            case "selectattr", "rejectattr" -> namedIn(arguments, 1, Names::requireTest);
            default -> {}
        }
        return new Expr.FilterCall(first.line(), name, arguments);
    }

    /** Checks the name of a filter or test that is given to another filter as a string. */
    private static void namedIn(Expr.CallArguments arguments, int position, BiConsumer<Integer, String> check) {
        if (arguments.positional().size() > position
                && arguments.positional().get(position) instanceof Expr.Literal l
                && l.value() instanceof Value.Str s) {
            check.accept(l.line(), s.chars());
        }
    }

    private String dotted(Token first) {
        StringBuilder name = new StringBuilder(first.value());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expect(Token.Type.NAME, "a name").value());
        }
        return name.toString();
    }

    private Expr test(int line, Expr target) {
        boolean negated = tokens.skipName("not");
        Token first = tokens.expect(Token.Type.NAME, "the name of a test");
        String name = dotted(first);
        Names.requireTest(first.line(), name);
        if (name.equals("defined") || name.equals("undefined")) {
            switch (target) {
                case Expr.Name n -> names.askedFor(n.name());
                case Expr.Attribute a -> names.askedFor(a.name());
                default -> {}
            }
        }
        Expr.CallArguments arguments = Expr.CallArguments.NONE;
        if (tokens.peek().isOperator("(")) {
            arguments = arguments();
        } else if (beginsTestArgument(tokens.peek())) {
            Expr argument = nested(() -> postfixes(primary()));
            arguments = new Expr.CallArguments(List.of(argument), List.of(), null, null);
        }
        return new Expr.Tested(line, target, name, arguments, negated);
    }

    private static boolean beginsTestArgument(Token token) {
        return switch (token.type()) {
            case NAME -> {
                if (token.isName("is")) {
                    throw Failure.refused(token.line(), "tests chained with 'is'");
                }
                yield !Set.of("else", "or", "and", "if", "not", "in").contains(token.value());
            }
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.isOperator("[") || token.isOperator("{");
            default -> false;
        };
    }
}
