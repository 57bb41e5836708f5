package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Recognises how a {@code tokenizer.json} spells the rules of SentencePiece: either the normalizers {@code Prepend} and
 * {@code Replace}, or the pre-tokenizer {@code Metaspace}, and the decoder that undoes them ({@code Replace},
 * {@code ByteFallback}, {@code Fuse}, and {@code Strip} where a space was put before the text).
 *
 * @param normalizing the rules stand in the normalizer, which is applied to normalised added tokens as well
 * @param cutBeforeEachSpace Metaspace cuts the text, so that pieces of several spaces are never used
 */
record HubSentencePiece(SpaceRule spaces, LeadingSpace leadingSpace, boolean normalizing, boolean cutBeforeEachSpace) {
    private static final String MARK = String.valueOf(SpaceRule.MARK);

    /** @param rest the file without its model */
    static HubSentencePiece read(JsonField rest) {
        LeadingSpace leadingSpace = decoder(rest.get("decoder"));
        JsonField normalizer = rest.get("normalizer");
        JsonField preTokenizer = rest.get("pre_tokenizer");
        if (!preTokenizer.isPresent()) {
            return new HubSentencePiece(normalizer(normalizer), leadingSpace, true, false);
        }
        if (!preTokenizer.get("type").text().equals("Metaspace")) {
            throw preTokenizer
                    .get("type")
                    .refused("Metaspace, or no pre-tokenizer, for a vocabulary with byte fallback");
        }
        if (normalizer.isPresent()) {
            throw normalizer.refused("null beside the pre-tokenizer Metaspace");
        }
        requireText(preTokenizer.get("replacement"), MARK);
        return new HubSentencePiece(
                new SpaceRule(scheme(preTokenizer), true, false),
                leadingSpace,
                false,
                preTokenizer.get("split").bool(true));
    }

    private static SpaceRule.Prefix scheme(JsonField metaspace) {
        JsonField scheme = metaspace.get("prepend_scheme");
        if (!scheme.isPresent()) {
            return metaspace.get("add_prefix_space").bool(true) ? SpaceRule.Prefix.EVERY : SpaceRule.Prefix.NEVER;
        }
        return switch (scheme.text()) {
            case "always" -> SpaceRule.Prefix.EVERY;
            case "first" -> SpaceRule.Prefix.FIRST;
            case "never" -> SpaceRule.Prefix.NEVER;
            default -> throw scheme.refused("always, first or never");
        };
    }

    private static SpaceRule normalizer(JsonField normalizer) {
        boolean prepends = false;
        boolean replaces = false;
        for (JsonField stage : stages(normalizer, "normalizers")) {
            switch (stage.get("type").text()) {
                case "Prepend" -> {
                    requireText(stage.get("prepend"), MARK);
                    if (prepends) {
                        throw stage.refused("Prepend once");
                    }
                    prepends = true;
                }
                case "Replace" -> {
                    requireText(stage.get("pattern").get("String"), " ");
                    requireText(stage.get("content"), MARK);
                    replaces = true;
                }
                default -> throw stage.get("type").refused("Prepend or Replace, for a vocabulary with byte fallback");
            }
        }
        if (!replaces) {
            throw normalizer.refused("a Replace of spaces, for a vocabulary with byte fallback");
        }
        return new SpaceRule(prepends ? SpaceRule.Prefix.EVERY : SpaceRule.Prefix.NEVER, false, false);
    }

    private static LeadingSpace decoder(JsonField decoder) {
        List<String> types = new ArrayList<>();
        for (JsonField stage : stages(decoder, "decoders")) {
            String type = stage.get("type").text();
            types.add(type);
            if (type.equals("Replace")) {
                requireText(stage.get("pattern").get("String"), MARK);
                requireText(stage.get("content"), " ");
            } else if (type.equals("Strip")) {
                requireText(stage.get("content"), " ");
                stage.get("start").requireNumber(1);
                stage.get("stop").requireNumber(0);
            }
        }
        if (types.equals(List.of("Replace", "ByteFallback", "Fuse"))) {
            return LeadingSpace.KEPT;
        }
        if (types.equals(List.of("Replace", "ByteFallback", "Fuse", "Strip"))) {
            return LeadingSpace.DROPPED;
        }
        throw decoder.refused("Replace, ByteFallback, Fuse and perhaps Strip, for a vocabulary with byte fallback");
    }

    private static List<JsonField> stages(JsonField field, String list) {
        if (!field.isPresent()) {
            return List.of();
        }
        return field.get("type").text().equals("Sequence") ? field.get(list).elements() : List.of(field);
    }

    private static void requireText(JsonField field, String expected) {
        if (!field.text().equals(expected)) {
            throw field.refused(Messages.quote(expected));
        }
    }

    /** How an added token is shown: in the form in which it is matched, if it is text. */
    String shown(AddedToken token) {
        return normalizing && token.normalized() && !token.special() ? normalized(token.content()) : token.content();
    }

    private String normalized(String content) {
        return spaces.normalize(content, 0, content.length());
    }

    /** Without a normalizer, normalised tokens are matched like the others. */
    AddedTokens addedTokens(String source, List<AddedToken> tokens) {
        List<AddedToken> matched = normalizing
                ? tokens
                : tokens.stream().map(AddedToken::matchedInOriginal).toList();
        return new AddedTokens(source, "added_tokens", matched, this::normalized);
    }
}
