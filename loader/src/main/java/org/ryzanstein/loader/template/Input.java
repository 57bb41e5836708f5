package org.ryzanstein.loader.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies the caller's maps and lists into values. Strings count as coming from the conversation, except those of the
 * model's own tokens and the usual roles: {@code '<|' + message.role + '|>'} is how some templates write a marker.
 */
final class Input {
    private static final Set<String> MODEL_TOKENS = Set.of(
            "bos_token",
            "eos_token",
            "pad_token",
            "unk_token",
            "sep_token",
            "cls_token",
            "mask_token",
            "additional_special_tokens");

    private static final Set<String> ROLES =
            Set.of("system", "user", "assistant", "tool", "function", "developer", "ipython", "observation", "model");

    private long characters;
    private long values;

    private Input() {}

    /** Puts the input into a scope and lets the budget grow with it. */
    static void fill(Scope scope, Budget budget, Map<String, ? extends @Nullable Object> input) {
        Input copy = new Input();
        input.forEach((name, value) -> scope.set(name, copy.value(name, value, !MODEL_TOKENS.contains(name), 0)));
        budget.grantInput(copy.characters, copy.values);
    }

    private Value value(String name, @Nullable Object value, boolean fromInput, int depth) {
        values++;
        if (depth > Budget.VALUE_DEPTH) {
            throw Failure.limit("input '" + name + "' nested deeper than " + Budget.VALUE_DEPTH);
        }
        return switch (value) {
            case null -> Value.None.NONE;
            case Boolean b -> Value.Bool.of(b);
            case String s -> string(name, s, fromInput);
            case BigInteger i -> new Value.Int(i);
            case BigDecimal d -> new Value.Real(d.doubleValue());
            case Double d -> new Value.Real(d);
            case Float f -> new Value.Real(f);
            case Long n -> Value.Int.of(n);
            case Integer n -> Value.Int.of(n);
            case Short n -> Value.Int.of(n);
            case Byte n -> Value.Int.of(n);
            case List<?> list -> list(name, list, fromInput, depth);
            case Map<?, ?> map -> dict(name, map, fromInput, depth);
            default ->
                throw Failure.of("input '" + name + "': found "
                        + value.getClass().getName()
                        + ", expected a map, list, string, number, boolean or null");
        };
    }

    private Value string(String name, String s, boolean fromInput) {
        characters += s.length();
        return Value.Str.of(Text.of(s, fromInput && !(name.equals("role") && ROLES.contains(s))));
    }

    private Value list(String name, List<?> list, boolean fromInput, int depth) {
        List<Value> items = new ArrayList<>(list.size());
        for (Object item : list) {
            items.add(value(name, item, fromInput, depth + 1));
        }
        return Value.Sequence.list(items);
    }

    private Value dict(String name, Map<?, ?> map, boolean fromInput, int depth) {
        Value.Dict dict = Value.Dict.empty();
        map.forEach((key, item) -> {
            if (!(key instanceof String field)) {
                throw Failure.of("input '" + name + "': found a key that is no string");
            }
            characters += field.length();
            dict.entries().put(Value.Str.of(Text.of(field, fromInput)), value(field, item, fromInput, depth + 1));
        });
        return dict;
    }
}
