package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
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
    private static final String SCORES = PREFIX + "scores";
    private static final String ADD_SPACE = PREFIX + "add_space_prefix";
    private static final String REMOVE_SPACES = PREFIX + "remove_extra_whitespaces";
    private static final String CHARSMAP = PREFIX + "precompiled_charsmap";
    private static final String NAME = "general.name";

    /** Tokens of Phi-3 behind which white space stays; behind its others it is dropped, as on the hub. */
    private static final Set<String> PHI3_KEEPS_SPACE = Set.of("<unk>", "<s>", "<|endoftext|>");

    private final Metadata metadata;
    private final String source;

    GgufTokenizerReader(Metadata metadata) {
        this.metadata = metadata;
        this.source = metadata.source();
    }

    Tokenizer read() {
        String model = metadata.string(MODEL).orElseThrow(() -> missing(MODEL));
        return switch (model) {
            case "gpt2" -> byteLevel();
            case "llama" -> sentencePiece();
            default ->
                throw refused(
                        MODEL,
                        Messages.quote(model),
                        "\"gpt2\" (byte-level BPE) or \"llama\" (SentencePiece BPE), the kinds that are supported");
        };
    }

    private Tokenizer byteLevel() {
        PreTokenizer preTokenizer = preTokenizer();
        Vocabulary vocabulary = vocabulary(Spelling.BYTE_LEVEL);
        return new BpeTokenizer(
                source,
                vocabulary,
                merges(vocabulary),
                preTokenizer,
                TextNormalizer.NONE,
                addedTokens(vocabulary),
                special(vocabulary, id(BOS, vocabulary), id(EOS, vocabulary), preTokenizer.addsBos()));
    }

    /**
     * Characters without a token become bytes, and a space goes before every stretch of text between special tokens, as
     * in llama.cpp. As in sentencepiece, and not in llama.cpp, text never merges into a control token, and unused
     * pieces are taken apart again.
     */
    private Tokenizer sentencePiece() {
        for (String key : List.of(TYPES, SCORES)) {
            if (!metadata.keys().contains(key)) {
                throw missing(key);
            }
        }
        if (metadata.keys().contains(CHARSMAP)) {
            throw refused(CHARSMAP, "a normalisation table", "none: SentencePiece BPE is supported without one");
        }
        Vocabulary vocabulary = vocabulary(Spelling.SENTENCE_PIECE);
        float[] scores = metadata.reals(SCORES).orElseThrow(() -> missing(SCORES));
        if (scores.length != vocabulary.size()) {
            throw refused(SCORES, scores.length + " scores", vocabulary.size() + ", one for each of " + TOKENS);
        }
        SymbolTable symbols = new SymbolTable(vocabulary);
        MergeTable merges = ScoredMerges.of(source, TOKENS, vocabulary, scores, symbols);
        boolean prefix = metadata.bool(ADD_SPACE).orElse(true);
        boolean collapse = metadata.bool(REMOVE_SPACES).orElse(false);
        return new SentencePieceTokenizer(
                vocabulary,
                new SentencePieces(source, TOKENS, vocabulary, symbols, merges, false, true),
                new SpaceRule(prefix ? SpaceRule.Prefix.EVERY : SpaceRule.Prefix.NEVER, false, collapse),
                LeadingSpace.of(prefix, collapse),
                addedTokens(vocabulary),
                special(vocabulary, idOr(BOS, 1, vocabulary), idOr(EOS, 2, vocabulary), true));
    }

    private Vocabulary vocabulary(Spelling spelling) {
        String[] tokens =
                metadata.strings(TOKENS).orElseThrow(() -> missing(TOKENS)).toArray(String[]::new);
        TokenKind[] kinds = kinds(tokens.length);
        EndOfGeneration.markControl(tokens, kinds);
        return new Vocabulary(source, TOKENS, tokens, kinds, spelling);
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
        boolean phi3 = isPhi3();
        for (int id = 0; id < vocabulary.size(); id++) {
            String token = vocabulary.token(id);
            boolean dropsSpace = phi3 && !PHI3_KEEPS_SPACE.contains(token);
            switch (vocabulary.kind(id)) {
                case CONTROL, UNKNOWN -> tokens.add(new AddedToken(id, token, true, false, false, dropsSpace, false));
                case USER_DEFINED -> tokens.add(new AddedToken(id, token, false, false, false, dropsSpace, false));
                case NORMAL, UNUSED, BYTE -> {}
            }
        }
        return new AddedTokens(source, TOKENS, tokens, TextNormalizer.NONE::normalize);
    }

    /** GGUF has no key for what a special token does to the space behind it; llama.cpp goes by the model's name too. */
    private boolean isPhi3() {
        String name = metadata.string(NAME).orElse("").toLowerCase(Locale.ROOT);
        return name.contains("phi-3") || name.contains("phi3");
    }

    private SpecialIds special(Vocabulary vocabulary, OptionalInt bos, OptionalInt eos, boolean addsBos) {
        boolean addBos = metadata.bool(ADD_BOS).orElse(addsBos);
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

    /** The id that llama.cpp takes where a file of this kind names none, if the token there fits the role. */
    private OptionalInt idOr(String key, int usual, Vocabulary vocabulary) {
        OptionalInt id = id(key, vocabulary);
        boolean fits = usual < vocabulary.size() && vocabulary.kind(usual) == TokenKind.CONTROL;
        return id.isPresent() || !fits ? id : OptionalInt.of(usual);
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
