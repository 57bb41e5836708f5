package org.ryzanstein.loader.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Texts with the ids that other implementations give them. */
final class Vectors {
    record Case(String text, int[] ids) {}

    private Vectors() {}

    /** The directory of the vocabulary that lies in the repository. */
    static Path bitnetTiny() {
        URL file = Objects.requireNonNull(Vectors.class.getResource("bitnet-tiny/tokenizer.json"));
        return Objects.requireNonNull(Path.of(URI.create(file.toString())).getParent());
    }

    /** A file with {@code cases}, each a {@code text} and its {@code ids}. */
    static List<Case> json(Path file) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (JsonNode one : new ObjectMapper().readTree(file.toFile()).get("cases")) {
            JsonNode ids = one.get("ids");
            cases.add(new Case(
                    one.get("text").textValue(),
                    IntStream.range(0, ids.size())
                            .map(i -> ids.get(i).intValue())
                            .toArray()));
        }
        return cases;
    }

    /** llama.cpp's pair of files: texts separated by a marker line, and a line of ids for each. */
    static List<Case> llamaCpp(Path folder, String name) throws IOException {
        String[] texts = Files.readString(folder.resolve(name + ".inp")).split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(folder.resolve(name + ".out"));
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            int[] ids = Stream.of(lines.get(i).trim().split(" "))
                    .filter(id -> !id.isEmpty())
                    .mapToInt(Integer::parseInt)
                    .toArray();
            cases.add(new Case(texts[i], ids));
        }
        return cases;
    }
}
