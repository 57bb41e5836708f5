package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses tags and text into statements; a tag that is not known is refused. */
final class Parser {
    private final TokenStream tokens;
    private final Names names = new Names();
    private final ExpressionParser expressions;
    private int loops;

    private Parser(TokenStream tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens, names);
    }

    /** The statements of a whole template. */
    static List<Stmt> parse(String source, TemplateLimits limits) {
        if (source.length() > limits.sourceCharacters()) {
            throw Failure.refused(
                    1, "source of " + source.length() + " characters, expected at most " + limits.sourceCharacters());
        }
        Parser parser = new Parser(new TokenStream(Lexer.tokens(source), limits.nesting()));
        List<Stmt> statements = parser.body("");
        parser.names.check();
        return statements;
    }

    /**
     * Statements up to a tag that ends them; that tag's name is left as the next token. {@code opened} is the tag that
     * began them, empty for the whole template.
     */
    private List<Stmt> body(String opened, String... ends) {
        tokens.enter();
        int openedAt = tokens.line();
        Set<String> ending = Set.of(ends);
        List<Stmt> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.type()) {
                case DATA -> statements.add(new Stmt.Data(token.line(), Text.own(token.value())));
                case PRINT_BEGIN -> {
                    statements.add(new Stmt.Print(token.line(), expressions.expressionOrTuple(true, null)));
                    tokens.expect(Token.Type.PRINT_END, "'}}'");
                }
                case TAG_BEGIN -> {
                    if (tokens.peek().is(Token.Type.NAME)
                            && ending.contains(tokens.peek().value())) {
                        tokens.leave();
                        return statements;
                    }
                    statements.add(tag(tokens.expect(Token.Type.NAME, "the name of a tag")));
                }
                case END -> {
                    if (ends.length > 0) {
                        throw Failure.refused(openedAt, "tag '" + opened + "' without '" + ends[ends.length - 1] + "'");
                    }
                    tokens.leave();
                    return statements;
                }
                default -> throw TokenStream.unexpected(token, "text or a tag");
            }
        }
    }

    /** The body of a tag whose head has been read, and the tag that closes it. */
    private List<Stmt> closedBody(String opened) {
        endOfTag();
        String end = "end" + opened;
        List<Stmt> statements = body(opened, end);
        tokens.next();
        endOfTag();
        return statements;
    }

    private void endOfTag() {
        tokens.expect(Token.Type.TAG_END, "'%}'");
    }

    private Stmt tag(Token tag) {
        int line = tag.line();
        return switch (tag.value()) {
            case "if" -> ifTag(line);
            case "for" -> forTag(line);
            case "set" -> setTag(line);
            case "macro" -> macroTag(line);
            case "call" -> callTag(line);
            case "filter" -> filterTag(line);
            case "with" -> withTag(line);
            case "generation" -> new Stmt.Generation(line, closedBody("generation"));
            case "break" -> {
                leavesLoop(tag);
                yield new Stmt.Break(line);
            }
            case "continue" -> {
                leavesLoop(tag);
                yield new Stmt.Continue(line);
            }
            default -> throw Failure.refused(line, "unknown tag '" + tag.value() + "'");
        };
    }

    private void leavesLoop(Token tag) {
        if (loops == 0) {
            throw Failure.refused(tag.line(), "tag '" + tag.value() + "' outside of a loop");
        }
        endOfTag();
    }

    private Stmt ifTag(int line) {
        List<Stmt.Branch> branches = new ArrayList<>();
        List<Stmt> otherwise = List.of();
        Expr condition = expressions.expressionOrTuple(false, null);
        while (true) {
            endOfTag();
            branches.add(new Stmt.Branch(condition, body("if", "elif", "else", "endif")));
            Token end = tokens.next();
            if (end.isName("elif")) {
                condition = expressions.expressionOrTuple(false, null);
                continue;
            }
            if (end.isName("else")) {
                endOfTag();
                otherwise = body("if", "endif");
                tokens.next();
            }
            endOfTag();
            return new Stmt.If(line, branches, otherwise);
        }
    }

    private Stmt forTag(int line) {
        Stmt.Target target = target(false, "in");
        if (!tokens.skipName("in")) {
            throw TokenStream.unexpected(tokens.peek(), "'in'");
        }
        Expr items = expressions.expressionOrTuple(false, "recursive");
        Expr condition = tokens.skipName("if") ? expressions.expression(true) : null;
        boolean recursive = tokens.skipName("recursive");
        endOfTag();
        names.variable("loop");
        loops++;
        List<Stmt> body = body("for", "else", "endfor");
        loops--;
        List<Stmt> otherwise = List.of();
        if (tokens.next().isName("else")) {
            endOfTag();
            otherwise = body("for", "endfor");
            tokens.next();
        }
        endOfTag();
        return new Stmt.For(line, target, items, condition, recursive, body, otherwise);
    }

    private Stmt setTag(int line) {
        Stmt.Target target = target(true, null);
        if (tokens.skipOperator("=")) {
            Expr value = expressions.expressionOrTuple(true, null);
            endOfTag();
            return new Stmt.Set(line, target, value);
        }
        List<Expr.FilterCall> filters = filters();
        return new Stmt.SetBlock(line, target, filters, closedBody("set"));
    }

    private List<Expr.FilterCall> filters() {
        List<Expr.FilterCall> filters = new ArrayList<>();
        while (tokens.skipOperator("|")) {
            filters.add(expressions.filterCall());
        }
        return filters;
    }

    private Stmt macroTag(int line) {
        String name = tokens.expect(Token.Type.NAME, "the name of a macro").value();
        names.variable(name);
        return new Stmt.Macro(line, macroCode(name, "macro"));
    }

    private Stmt callTag(int line) {
        List<Stmt.Parameter> parameters = tokens.peek().isOperator("(") ? parameters() : List.of();
        Expr expression = expressions.expression(true);
        if (!(expression instanceof Expr.Call call)) {
            throw Failure.refused(line, "tag 'call' without a call");
        }
        return new Stmt.CallBlock(line, call, macroCode("caller", parameters, "call"));
    }

    private Stmt.MacroCode macroCode(String name, String tag) {
        return macroCode(name, parameters(), tag);
    }

    private Stmt.MacroCode macroCode(String name, List<Stmt.Parameter> parameters, String tag) {
        names.variable("caller");
        int outerLoops = loops;
        loops = 0;
        Set<String> outerNames = names.beginBody();
        List<Stmt> body = closedBody(tag);
        Set<String> read = names.endBody(outerNames);
        loops = outerLoops;
        return new Stmt.MacroCode(name, parameters, body, read.contains("varargs"), read.contains("kwargs"));
    }

    private List<Stmt.Parameter> parameters() {
        tokens.expectOperator("(");
        List<Stmt.Parameter> parameters = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        boolean defaults = false;
        while (!tokens.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            Token name = tokens.expect(Token.Type.NAME, "the name of a parameter");
            names.variable(name.value());
            Expr defaultValue = tokens.skipOperator("=") ? expressions.expression(true) : null;
            if (!seen.add(name.value()) || (defaults && defaultValue == null)) {
                throw Failure.refused(
                        name.line(), "parameter '" + name.value() + "' is there twice or lacks a default value");
            }
            defaults = defaultValue != null;
            parameters.add(new Stmt.Parameter(name.value(), defaultValue));
        }
        return parameters;
    }

    private Stmt filterTag(int line) {
        List<Expr.FilterCall> filters = new ArrayList<>();
        filters.add(expressions.filterCall());
        filters.addAll(filters());
        return new Stmt.FilterBlock(line, filters, closedBody("filter"));
    }

    private Stmt withTag(int line) {
        List<Stmt.Assignment> assignments = new ArrayList<>();
        while (!tokens.peek().is(Token.Type.TAG_END)) {
            if (!assignments.isEmpty()) {
                tokens.expectOperator(",");
            }
            Stmt.Target target = single(false);
            tokens.expectOperator("=");
            assignments.add(new Stmt.Assignment(target, expressions.expression(true)));
        }
        return new Stmt.With(line, assignments, closedBody("with"));
    }

    /** What is assigned to: a name, a namespace's attribute where those are allowed, or several of them. */
    private Stmt.Target target(boolean members, @Nullable String stop) {
        Stmt.Target first = single(members);
        if (!tokens.peek().isOperator(",")) {
            return first;
        }
        List<Stmt.Target> targets = new ArrayList<>();
        targets.add(first);
        while (tokens.skipOperator(",")) {
            Token token = tokens.peek();
            if (token.isOperator("=") || token.isOperator(")") || (stop != null && token.isName(stop))) {
                break;
            }
            targets.add(single(members));
        }
        return new Stmt.Target.Unpack(targets);
    }

    private Stmt.Target single(boolean members) {
        if (tokens.skipOperator("(")) {
            tokens.enter();
            Stmt.Target inner = target(members, null);
            tokens.expectOperator(")");
            tokens.leave();
            return inner;
        }
        Token name = tokens.expect(Token.Type.NAME, "a name to assign to");
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name.value())) {
            throw Failure.refused(name.line(), "assignment to '" + name.value() + "'");
        }
        if (members && tokens.skipOperator(".")) {
            String attribute =
                    tokens.expect(Token.Type.NAME, "the name of an attribute").value();
            names.read(name.value());
            names.member(attribute);
            return new Stmt.Target.Member(name.value(), attribute);
        }
        names.variable(name.value());
        return new Stmt.Target.Variable(name.value());
    }
}
