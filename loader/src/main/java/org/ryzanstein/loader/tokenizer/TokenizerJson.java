package org.ryzanstein.loader.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * The contents of a {@code tokenizer.json}: the vocabulary and the merges, which make up nearly all of it, read as a
 * stream; everything else as a tree.
 *
 * @param vocabulary {@code model.vocab}, spelling to id
 * @param merges {@code model.merges}, left and right by turns
 * @param model the other members of {@code model}
 * @param rest the other members of the file
 */
record TokenizerJson(Map<String, Integer> vocabulary, List<String> merges, JsonField model, JsonField rest) {
    /** The largest file that is read; published ones have up to 35 MB. */
    static final long MAX_FILE_SIZE = 256L << 20;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(64).build())
                    .build())
            .build();

    static TokenizerJson read(Path file) {
        TokenizerJson json =
                new TokenizerJson(new LinkedHashMap<>(), new ArrayList<>(), object(file, "model"), object(file, ""));
        parse(file, parser -> json.readFile(parser, file.toString()));
        return json;
    }

    /** A small JSON file as a tree; missing if there is no such file. */
    static JsonField readTree(Path file) {
        if (!Files.exists(file)) {
            return JsonField.missing(file.toString());
        }
        @Nullable JsonNode[] tree = new JsonNode[1];
        parse(file, parser -> {
            tree[0] = MAPPER.readTree(parser);
            requireEnd(parser, file.toString());
        });
        JsonField field = new JsonField(file.toString(), "", tree[0] == null ? MissingNode.getInstance() : tree[0]);
        if (!field.node().isObject()) {
            throw field.refused("an object");
        }
        return field;
    }

    private static JsonField object(Path file, String path) {
        return new JsonField(file.toString(), path, MAPPER.createObjectNode());
    }

    private static void parse(Path file, Reading reading) {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_SIZE) {
                throw ModelFormatException.of(
                        file.toString(), "its size", size + " bytes", "at most " + MAX_FILE_SIZE + " bytes");
            }
            try (JsonParser parser = MAPPER.createParser(file.toFile())) {
                reading.read(parser);
            }
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : "at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + " ";
            throw ModelFormatException.of(
                    file.toString(), "JSON", place + e.getOriginalMessage(), "valid JSON; download the file again", e);
        } catch (CharConversionException e) {
            throw ModelFormatException.of(file.toString(), "JSON", e.toString(), "JSON in UTF-8", e);
        } catch (IOException e) {
            throw ModelFormatException.of(
                    file.toString(), "the file", "that it cannot be read: " + e.getMessage(), "a readable file", e);
        }
    }

    private void readFile(JsonParser parser, String file) throws IOException {
        require(parser, parser.nextToken(), JsonToken.START_OBJECT, file, "the file", "an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("model")) {
                require(parser, value, JsonToken.START_OBJECT, file, name, "an object");
                readModel(parser, file);
            } else {
                ((ObjectNode) rest.node()).set(name, MAPPER.<JsonNode>readTree(parser));
            }
        }
        requireEnd(parser, file);
    }

    private void readModel(JsonParser parser, String file) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("vocab")) {
                require(parser, value, JsonToken.START_OBJECT, file, "model.vocab", "an object");
                readVocabulary(parser, file);
            } else if (name.equals("merges")) {
                require(parser, value, JsonToken.START_ARRAY, file, "model.merges", "a list");
                readMerges(parser, file);
            } else {
                ((ObjectNode) model.node()).set(name, MAPPER.<JsonNode>readTree(parser));
            }
        }
    }

    private void readVocabulary(JsonParser parser, String file) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String token = parser.currentName();
            String field = "model.vocab";
            require(parser, parser.nextToken(), JsonToken.VALUE_NUMBER_INT, file, field, "whole numbers");
            long id = parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? -1 : parser.getLongValue();
            if (id < 0 || id >= Vocabulary.MAX_TOKENS) {
                throw ModelFormatException.of(
                        file,
                        field,
                        "the id " + parser.getText() + " of " + Messages.quote(token),
                        "0 to " + (Vocabulary.MAX_TOKENS - 1));
            }
            vocabulary.put(token, (int) id);
        }
    }

    private void readMerges(JsonParser parser, String file) throws IOException {
        String field = "model.merges";
        String expected = "strings \"left right\" or lists [left, right]";
        for (JsonToken value = parser.nextToken(); value != JsonToken.END_ARRAY; value = parser.nextToken()) {
            if (merges.size() / 2 >= MergeTable.MAX_MERGES) {
                throw ModelFormatException.of(file, field, "more merges", "at most " + MergeTable.MAX_MERGES);
            }
            if (value == JsonToken.START_ARRAY) {
                for (int i = 0; i < 2; i++) {
                    require(parser, parser.nextToken(), JsonToken.VALUE_STRING, file, field, expected);
                    merges.add(parser.getText());
                }
                require(parser, parser.nextToken(), JsonToken.END_ARRAY, file, field, expected);
            } else {
                require(parser, value, JsonToken.VALUE_STRING, file, field, expected);
                String line = parser.getText();
                int space = line.indexOf(' ');
                if (space < 0) {
                    throw ModelFormatException.of(file, field, Messages.quote(line), expected);
                }
                merges.add(line.substring(0, space));
                merges.add(line.substring(space + 1));
            }
        }
    }

    private static void requireEnd(JsonParser parser, String file) throws IOException {
        if (parser.nextToken() != null) {
            throw ModelFormatException.of(
                    file, "its end", Messages.quote(parser.getText()), "nothing behind the object");
        }
    }

    private static void require(
            JsonParser parser, @Nullable JsonToken found, JsonToken wanted, String file, String field, String expected)
            throws IOException {
        if (found != wanted) {
            String text = found == null ? "nothing" : Messages.quote(String.valueOf(parser.getText()));
            throw ModelFormatException.of(file, field, text, expected);
        }
    }

    @FunctionalInterface
    private interface Reading {
        void read(JsonParser parser) throws IOException;
    }
}
