package org.ryzanstein.loader.tokenizer;

import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Small models that sentencepiece was trained to make of a few stories, with different settings. */
final class TinySentencePiece {
    private TinySentencePiece() {}

    static Path file(String name) {
        URL file = Objects.requireNonNull(TinySentencePiece.class.getResource("sentencepiece/" + name), name);
        return Path.of(URI.create(file.toString()));
    }

    /** A model as GGUF metadata. */
    static MapMetadata metadata(String name) {
        SentencePieceModel model = SentencePieceModelReader.read(file(name + ".model"));
        int[] types = Stream.of(model.kinds()).mapToInt(ProtobufBytes::number).toArray();
        return new MapMetadata()
                .with("model", "llama")
                .with("tokens", List.of(model.pieces()))
                .with("token_type", types)
                .with("scores", model.scores())
                .with("add_space_prefix", model.dummyPrefix())
                .with("remove_extra_whitespaces", model.removeExtraSpaces());
    }

    /** The id of a piece. */
    static int id(String name, String piece) {
        String[] pieces = SentencePieceModelReader.read(file(name + ".model")).pieces();
        return IntStream.range(0, pieces.length)
                .filter(i -> pieces[i].equals(piece))
                .findFirst()
                .orElseThrow();
    }
}
