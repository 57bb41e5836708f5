package org.ryzanstein.loader.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Reads {@code tokenizer.model}, a message {@code ModelProto} of sentencepiece_model.proto. What would change the tokens
 * and is not known here is refused: other kinds of models than BPE, normalisation tables, spaces that are not escaped or
 * belong to the word before them.
 */
final class SentencePieceModelReader {
    /** The largest file that is read; published ones have up to 5 MB. */
    static final long MAX_FILE_SIZE = 64L << 20;

    private static final List<String> MODEL_TYPES = List.of("UNIGRAM", "BPE", "WORD", "CHAR");
    private static final int BPE = 2;

    private final String source;
    private final List<String> pieces = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<TokenKind> kinds = new ArrayList<>();
    private long modelType = 1;
    private boolean byteFallback;
    private String bosPiece = "<s>";
    private String eosPiece = "</s>";
    private String normalization = "";
    private boolean dummyPrefix = true;
    private boolean removeExtraSpaces = true;

    private SentencePieceModelReader(String source) {
        this.source = source;
    }

    static SentencePieceModel read(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_SIZE) {
                throw ModelFormatException.of(
                        file.toString(), "its size", size + " bytes", "at most " + MAX_FILE_SIZE + " bytes");
            }
            return read(file.toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw ModelFormatException.of(
                    file.toString(), "the file", "that it cannot be read: " + e.getMessage(), "a readable file", e);
        }
    }

    /** @param source the file, for messages */
    static SentencePieceModel read(String source, ByteBuffer file) {
        SentencePieceModelReader reader = new SentencePieceModelReader(source);
        reader.readModel(new ProtobufReader(source, "model", file));
        return reader.model();
    }

    private void readModel(ProtobufReader model) {
        while (model.next()) {
            switch (model.number()) {
                case 1 -> readPiece(model.message("pieces[" + pieces.size() + "]"));
                case 2 -> readTrainer(model.message("trainer_spec"));
                case 3 -> readNormalizer(model.message("normalizer_spec"));
                case 5 -> readDenormalizer(model.message("denormalizer_spec"));
                default -> model.skip();
            }
        }
    }

    private void readPiece(ProtobufReader piece) {
        int id = pieces.size();
        if (id == Vocabulary.MAX_TOKENS) {
            throw refused("pieces", "more pieces", "at most " + Vocabulary.MAX_TOKENS);
        }
        String text = "";
        float score = 0;
        long type = 1;
        while (piece.next()) {
            switch (piece.number()) {
                case 1 -> text = piece.text("piece");
                case 2 -> score = piece.float32("score");
                case 3 -> type = piece.varint("type");
                default -> piece.skip();
            }
        }
        if (text.isEmpty()) {
            throw refused("pieces[" + id + "].piece", "nothing", "a spelling");
        }
        TokenKind[] known = TokenKind.values(); // the enumeration counts like GGUF's
        if (type < 1 || type > known.length) {
            throw refused("pieces[" + id + "].type", Long.toString(type), "1 to " + known.length);
        }
        pieces.add(text);
        scores.add(score);
        kinds.add(known[(int) type - 1]);
    }

    private void readTrainer(ProtobufReader trainer) {
        while (trainer.next()) {
            switch (trainer.number()) {
                case 3 -> modelType = trainer.varint("model_type");
                case 24 ->
                    requireAbsent(
                            "trainer_spec.treat_whitespace_as_suffix", trainer.bool("treat_whitespace_as_suffix"));
                case 35 -> byteFallback = trainer.bool("byte_fallback");
                case 46 -> bosPiece = trainer.text("bos_piece");
                case 47 -> eosPiece = trainer.text("eos_piece");
                default -> trainer.skip();
            }
        }
    }

    private void readNormalizer(ProtobufReader normalizer) {
        boolean table = false;
        while (normalizer.next()) {
            switch (normalizer.number()) {
                case 1 -> normalization = normalizer.text("name");
                case 2 -> table = normalizer.bytes("precompiled_charsmap").hasRemaining();
                case 3 -> dummyPrefix = normalizer.bool("add_dummy_prefix");
                case 4 -> removeExtraSpaces = normalizer.bool("remove_extra_whitespaces");
                case 5 -> {
                    if (!normalizer.bool("escape_whitespaces")) {
                        throw refused("normalizer_spec.escape_whitespaces", "false", "true");
                    }
                }
                default -> normalizer.skip();
            }
        }
        if (table) {
            throw refused(
                    "normalizer_spec.precompiled_charsmap",
                    "the normalisation " + Messages.quote(normalization),
                    "\"identity\", without a table, the only one that is supported");
        }
    }

    private void readDenormalizer(ProtobufReader denormalizer) {
        while (denormalizer.next()) {
            if (denormalizer.number() == 2) {
                requireAbsent(
                        "denormalizer_spec.precompiled_charsmap",
                        denormalizer.bytes("precompiled_charsmap").hasRemaining());
            } else {
                denormalizer.skip();
            }
        }
    }

    private void requireAbsent(String field, boolean present) {
        if (present) {
            throw refused(field, "a setting that is not supported", "none");
        }
    }

    private SentencePieceModel model() {
        if (modelType != BPE) {
            boolean known = modelType >= 1 && modelType <= MODEL_TYPES.size();
            throw refused(
                    "trainer_spec.model_type",
                    known ? MODEL_TYPES.get((int) modelType - 1) : Long.toString(modelType),
                    "BPE, the only kind that is supported");
        }
        float[] values = new float[scores.size()];
        for (int id = 0; id < values.length; id++) {
            values[id] = scores.get(id);
        }
        return new SentencePieceModel(
                pieces.toArray(String[]::new),
                values,
                kinds.toArray(TokenKind[]::new),
                byteFallback,
                dummyPrefix,
                removeExtraSpaces,
                bosPiece,
                eosPiece);
    }

    private ModelFormatException refused(String field, String found, String expected) {
        return ModelFormatException.of(source, "model." + field, found, expected);
    }
}
