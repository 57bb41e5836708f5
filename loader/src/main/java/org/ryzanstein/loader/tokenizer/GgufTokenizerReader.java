package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.ryzanstein.loader.format.Metadata;
import org.ryzanstein.loader.format.ModelFormatException;

/** Builds a tokenizer from the {@code tokenizer.ggml} keys of a GGUF file, with llama.cpp's defaults. */
final class GgufTokenizerReader {
    private static final System.Logger LOG = System.getLogger(GgufTokenizerReader.class.getName());

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String MODEL = PREFIX + "model";
    private static final String PRE = PREFIX + "pre";
    private static final String TOKENS = PREFIX + "tokens";
    private static final String TYPES = PREFIX + "token_type";
    private static final String MERGES = PREFIX + "merges";
    private static final String BOS = PREFIX + "bos_token_id";
    private static final String EOS = PREFIX + "eos_token_id";
    private static final String EOT = PREFIX + "eot_token_id";
    private static final String EOM = PREFIX + "eom_token_id";
    private static final String ADD_BOS = PREFIX + "add_bos_token";
    private static final String ADD_EOS = PREFIX + "add_eos_token";

    private final Metadata metadata;
    private final String source;

    GgufTokenizerReader(Metadata metadata) {
        this.metadata = metadata;
        this.source = metadata.source();
    }

    Tokenizer read() {
        String model = metadata.string(MODEL).orElseThrow(() -> missing(MODEL));
        if (!model.equals("gpt2")) {
            throw refused(MODEL, Messages.quote(model), "\"gpt2\" (byte-level BPE), the only kind that is supported");
        }
        PreTokenizer preTokenizer = preTokenizer();
        String[] tokens =
                metadata.strings(TOKENS).orElseThrow(() -> missing(TOKENS)).toArray(String[]::new);
        TokenKind[] kinds = kinds(tokens.length);
        EndOfGeneration.markControl(tokens, kinds);
        Vocabulary vocabulary = new Vocabulary(source, TOKENS, tokens, kinds);
        return new BpeTokenizer(
                source,
                vocabulary,
                merges(vocabulary),
                preTokenizer,
                TextNormalizer.NONE,
                addedTokens(vocabulary),
                special(vocabulary, preTokenizer));
    }

    private PreTokenizer preTokenizer() {
        String name = metadata.string(PRE).orElse("");
        if (name.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: {1} is missing: text is cut by the default rules, which may not be those of the training;"
                            + " a newer conversion of the model names them",
                    source,
                    PRE);
            name = "default";
        }
        String found = name;
        return PreTokenizer.ofGguf(name)
                .orElseThrow(() -> refused(PRE, Messages.quote(found), "one of " + PreTokenizer.ggufNames()));
    }

    private TokenKind[] kinds(int count) {
        TokenKind[] kinds = new TokenKind[count];
        int[] types = metadata.integers(TYPES).orElse(null);
        if (types == null) {
            Arrays.fill(kinds, TokenKind.NORMAL);
            return kinds;
        }
        if (types.length != count) {
            throw refused(TYPES, types.length + " types", count + ", one for each of " + TOKENS);
        }
        TokenKind[] known = TokenKind.values();
        for (int id = 0; id < count; id++) {
            if (types[id] < 1 || types[id] > known.length) {
                throw refused(TYPES, "type " + types[id] + " of token " + id, "1 to " + known.length);
            }
            kinds[id] = known[types[id] - 1];
        }
        return kinds;
    }

    private MergeTable merges(Vocabulary vocabulary) {
        List<String> lines = metadata.strings(MERGES).orElseThrow(() -> missing(MERGES));
        MergeTable merges = new MergeTable(source, MERGES, lines.size());
        for (String line : lines) {
            int space = line.indexOf(' ', 1);
            if (space < 0) {
                throw refused(MERGES, "merge " + merges.size() + " " + Messages.quote(line), "two tokens and a space");
            }
            merges.add(source, MERGES, line.substring(0, space), line.substring(space + 1), vocabulary);
        }
        return merges;
    }

    private AddedTokens addedTokens(Vocabulary vocabulary) {
        List<AddedToken> tokens = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            switch (vocabulary.kind(id)) {
                case CONTROL, UNKNOWN -> tokens.add(AddedToken.plain(id, vocabulary.token(id), true));
                case USER_DEFINED -> tokens.add(AddedToken.plain(id, vocabulary.token(id), false));
                case NORMAL, UNUSED, BYTE -> {}
            }
        }
        return new AddedTokens(source, TOKENS, tokens, TextNormalizer.NONE);
    }

    private SpecialIds special(Vocabulary vocabulary, PreTokenizer preTokenizer) {
        OptionalInt bos = id(BOS, vocabulary);
        OptionalInt eos = id(EOS, vocabulary);
        boolean addBos = metadata.bool(ADD_BOS).orElse(preTokenizer.addsBos());
        boolean addEos = metadata.bool(ADD_EOS).orElse(false);
        List<Integer> named = new ArrayList<>();
        for (OptionalInt id : List.of(eos, id(EOT, vocabulary), id(EOM, vocabulary))) {
            id.ifPresent(named::add);
        }
        return new SpecialIds(
                bos,
                eos,
                addBos ? framing(BOS, ADD_BOS, bos) : List.of(),
                addEos ? framing(EOS, ADD_EOS, eos) : List.of(),
                EndOfGeneration.find(vocabulary, named));
    }

    private List<Integer> framing(String idKey, String addKey, OptionalInt id) {
        return List.of(id.orElseThrow(() ->
                refused(idKey, "nothing", "a token id, since one is to be added; or set " + addKey + " to false")));
    }

    private OptionalInt id(String key, Vocabulary vocabulary) {
        OptionalLong id = metadata.integer(key);
        if (id.isEmpty()) {
            return OptionalInt.empty();
        }
        if (id.getAsLong() < 0 || id.getAsLong() >= vocabulary.size()) {
            throw refused(key, Long.toString(id.getAsLong()), "an id below " + vocabulary.size());
        }
        return OptionalInt.of((int) id.getAsLong());
    }

    private ModelFormatException missing(String key) {
        return refused(key, "nothing", "it to be there; convert the model with its vocabulary");
    }

    private ModelFormatException refused(String key, String found, String expected) {
        return ModelFormatException.of(source, key, found, expected);
    }
}
