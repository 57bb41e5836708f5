package org.ryzanstein.loader.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** The readers of files and templates. */
final class Targets {
    private static final long SECOND = 1_000_000_000L;
    private static final String GGUF = "model.gguf";
    private static final Set<String> GGUF_EARLY =
            Set.of("path", "header", "magic", "version", "tensor count", "metadata count");

    private Targets() {}

    /** Whole models in GGUF. */
    static final class GgufModels implements Target {
        private final Map<String, GgufDraft> drafts = new LinkedHashMap<>();
        private final GgufMutator mutator = new GgufMutator("");

        GgufModels() {
            drafts.put("bitnet", Seeds.bitNet());
            drafts.put("llama", Seeds.llama());
        }

        @Override
        public String name() {
            return "GGUF models";
        }

        @Override
        public List<Mutant> seeds() {
            return drafts.entrySet().stream()
                    .map(draft -> new Mutant(
                            draft.getKey(), Map.of(GGUF, draft.getValue().bytes())))
                    .toList();
        }

        @Override
        public Mutant mutate(Mutant seed, SplittableRandom random) {
            GgufDraft draft = draft(drafts, seed);
            return seed.with("GGUF", GGUF, mutator.mutate(draft, random));
        }

        @Override
        public void use(Path folder) {
            Uses.model(folder.resolve(GGUF));
        }

        @Override
        public Set<String> earlyFields() {
            return GGUF_EARLY;
        }

        @Override
        public Bounds bounds() {
            return new Bounds(5 * SECOND, 4 << 20, 16);
        }
    }

    /** The seed whose name stands at the end of a mutant's. */
    private static GgufDraft draft(Map<String, GgufDraft> drafts, Mutant mutant) {
        String what = mutant.what();
        return drafts.entrySet().stream()
                .filter(draft -> what.endsWith(draft.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    /** Vocabularies in GGUF. */
    static final class GgufTokenizers implements Target {
        private final Map<String, GgufDraft> drafts = new LinkedHashMap<>();
        private final GgufMutator mutator = new GgufMutator("tokenizer.");

        GgufTokenizers() {
            GgufDraft byteLevel = new GgufDraft().text("general.architecture", "qwen2");
            Seeds.byteLevel(byteLevel);
            drafts.put("byte-level", byteLevel);
            GgufDraft sentencePiece = new GgufDraft().text("general.architecture", "llama");
            Seeds.sentencePiece(sentencePiece);
            drafts.put("sentencepiece", sentencePiece);
        }

        @Override
        public String name() {
            return "GGUF tokenizers";
        }

        @Override
        public List<Mutant> seeds() {
            return drafts.entrySet().stream()
                    .map(draft -> new Mutant(
                            draft.getKey(), Map.of(GGUF, draft.getValue().bytes())))
                    .toList();
        }

        @Override
        public Mutant mutate(Mutant seed, SplittableRandom random) {
            return seed.with("tokenizer keys", GGUF, mutator.mutate(draft(drafts, seed), random));
        }

        @Override
        public void use(Path folder) {
            try (GgufFile file = GgufFile.open(folder.resolve(GGUF))) {
                Uses.tokenizer(Tokenizers.fromGguf(file.metadata()));
            }
        }

        @Override
        public Set<String> earlyFields() {
            return GGUF_EARLY;
        }

        @Override
        public Bounds bounds() {
            return new Bounds(5 * SECOND, 8 << 20, 64);
        }
    }

    /** Hub directories: safetensors, their index, the configuration and the template. */
    static final class HubDirectories implements Target {
        @Override
        public String name() {
            return "hub directories";
        }

        @Override
        public List<Mutant> seeds() {
            return List.of(Seeds.packedDirectory(), Seeds.shardedDirectory());
        }

        @Override
        public Mutant mutate(Mutant seed, SplittableRandom random) {
            List<String> names = List.copyOf(seed.files().keySet());
            String name = Odd.of(names, random);
            if (random.nextInt(40) == 0) {
                return seed.without(name);
            }
            byte[] content = seed.files().getOrDefault(name, new byte[0]);
            return seed.with(name, name, changed(name, content, random));
        }

        private static byte[] changed(String name, byte[] content, SplittableRandom random) {
            if (name.endsWith(".jinja")) {
                return TemplateMutator.mutate(content, random);
            }
            return name.endsWith(".safetensors") ? weights(content, random) : JsonMutator.mutate(content, random);
        }

        private static byte[] weights(byte[] content, SplittableRandom random) {
            int length = (int)
                    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
            byte[] header = Arrays.copyOfRange(content, 8, 8 + length);
            byte[] data = Arrays.copyOfRange(content, 8 + length, content.length);
            return switch (random.nextInt(12)) {
                case 0 -> Odd.join(Odd.littleEndian(Odd.number(random, length), 8), header, data);
                case 1 -> Odd.bytes(content, 0, 8 + length, random);
                case 2 -> Seeds.Safetensors.file(header, Odd.bytes(data, 0, data.length, random));
                default -> Seeds.Safetensors.file(JsonMutator.mutate(header, random), data);
            };
        }

        @Override
        public void use(Path folder) {
            Uses.model(folder);
        }

        @Override
        public Set<String> earlyFields() {
            return Set.of("path", "header length", "header", "JSON");
        }

        @Override
        public Bounds bounds() {
            return new Bounds(5 * SECOND, 8 << 20, 32);
        }
    }

    /** {@code tokenizer.json} and {@code tokenizer.model}, with their companions. */
    static final class HubTokenizers implements Target {
        private final List<Mutant> seeds;
        private final String name;

        HubTokenizers(String name, Mutant... seeds) {
            this.name = name;
            this.seeds = List.of(seeds);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public List<Mutant> seeds() {
            return seeds;
        }

        @Override
        public Mutant mutate(Mutant seed, SplittableRandom random) {
            List<String> names = List.copyOf(seed.files().keySet());
            // The first file is the vocabulary.
            String file = random.nextInt(4) == 0 ? Odd.of(names, random) : names.getFirst();
            if (random.nextInt(100) == 0) {
                return seed.without(file);
            }
            byte[] content = seed.files().getOrDefault(file, new byte[0]);
            return seed.with(
                    file,
                    file,
                    file.endsWith(".model")
                            ? ProtobufMutator.mutate(content, random)
                            : JsonMutator.mutate(content, random));
        }

        @Override
        public void use(Path folder) {
            Uses.tokenizer(Tokenizers.fromHub(folder));
        }

        @Override
        public Set<String> earlyFields() {
            return Set.of("JSON", "the file", "tokenizer.json", "model at byte 0");
        }

        @Override
        public Bounds bounds() {
            return new Bounds(5 * SECOND, 16 << 20, 64);
        }
    }

    /** Chat templates. */
    static final class Templates implements Target {
        private static final String FILE = "chat_template.jinja";
        private static final List<String> NAMES = List.of(
                "Qwen-Qwen3-0.6B",
                "meta-llama-Llama-3.1-8B-Instruct",
                "mistralai-Mistral-Nemo-Instruct-2407",
                "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
                "google-gemma-4-31B-it",
                "Kimi-K2-Thinking",
                "openai-gpt-oss-120b");

        @Override
        public String name() {
            return "chat templates";
        }

        @Override
        public List<Mutant> seeds() {
            return NAMES.stream()
                    .map(name ->
                            new Mutant(name, Map.of(FILE, Seeds.resource("template/templates/" + name + ".jinja"))))
                    .toList();
        }

        @Override
        public Mutant mutate(Mutant seed, SplittableRandom random) {
            byte[] content = seed.files().getOrDefault(FILE, new byte[0]);
            return seed.with("template", FILE, TemplateMutator.mutate(content, random));
        }

        @Override
        public void use(Path folder) throws IOException {
            Uses.template(
                    new String(Files.readAllBytes(folder.resolve(FILE)), java.nio.charset.StandardCharsets.UTF_8));
        }

        @Override
        public Set<String> earlyFields() {
            return Set.of("REFUSED");
        }

        @Override
        public Bounds bounds() {
            return new Bounds(60 * SECOND, 1L << 30, 64);
        }
    }
}
