package org.ryzanstein.loader.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.HubModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Writes a model as GGUF in smaller types. Weights pass through row by row, so that memory does not grow with the model; the
 * file is read back and compared with its source before it takes the target's name. The same source and options give the
 * same bytes.
 */
public final class Quantizer {
    private static final String FILE_TYPE = "general.file_type";
    private static final String VERSION = "general.quantization_version";
    private static final String SHARDS = "split.count";

    /** Keys that describe the source's own layout. */
    private static final Set<String> NOT_COPIED =
            Set.of(FILE_TYPE, VERSION, "general.alignment", SHARDS, "split.no", "split.tensors.count");

    /** Version of the block formats, as llama.cpp counts them. */
    private static final int QUANTIZATION_VERSION = 2;

    private final Path source;
    private final Path target;
    private final QuantizationOptions options;
    private final ProgressListener progress;

    private Quantizer(Path source, Path target, QuantizationOptions options, ProgressListener progress) {
        this.source = source;
        this.target = target.toAbsolutePath();
        this.options = options;
        this.progress = progress;
    }

    /**
     * Quantises a model.
     *
     * @param source a hub directory or a GGUF file
     * @param target the file to write; replaced once the new one is complete and compared
     * @throws ModelFormatException naming what cannot be read, or written as asked for; nothing is left behind
     */
    public static QuantizationReport quantize(
            Path source, Path target, QuantizationOptions options, ProgressListener progress) throws IOException {
        return new Quantizer(source, target, options, progress).run();
    }

    private QuantizationReport run() throws IOException {
        @Nullable Path folder = target.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new NoSuchFileException(
                    String.valueOf(folder), null, "no such directory to write " + target + " into");
        }
        if (Files.exists(source) && Files.exists(target) && Files.isSameFile(source, target)) {
            throw ModelFormatException.of(
                    target.toString(), "target", "the source itself", "another file: the source is read while writing");
        }
        if (Files.isDirectory(target)) {
            throw ModelFormatException.of(target.toString(), "target", "a directory", "the name of a file");
        }
        Path unverified = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".unverified");
        try (ModelFile model = ModelFile.open(source)) {
            Architectures.check(model);
            Hyperparameters shape = model.hyperparameters();
            GgufWriter writer = new GgufWriter();
            List<String> notes = new ArrayList<>();
            Optional<float[]> ropeFactors = Optional.empty();
            switch (model) {
                case GgufModelFile gguf -> copyMetadata(gguf.gguf(), writer);
                case HubModelFile hub -> {
                    HubMetadata metadata = new HubMetadata(hub, shape);
                    metadata.addShape(writer);
                    notes.addAll(metadata.addTokenizer(writer));
                    ropeFactors = metadata.ropeFactors();
                }
            }
            writer.uint32(VERSION, QUANTIZATION_VERSION).uint32(FILE_TYPE, options.fileType());
            TensorPlanner planner = new TensorPlanner(model, shape, options);
            List<PlannedTensor> tensors = planner.plan(ropeFactors, progress);
            if (!planner.dropped().isEmpty()) {
                notes.add("left out, since they follow from the other fields: " + String.join(", ", planner.dropped()));
            }
            for (PlannedTensor tensor : tensors) {
                writer.tensor(
                        tensor.name().gguf(), tensor.type(), tensor.shape(), new TensorContent(model.source(), tensor));
            }
            writer.write(unverified, progress);
            QuantizationReport report = compare(model, unverified, tensors, notes);
            Files.move(unverified, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return report;
        } finally {
            Files.deleteIfExists(unverified);
        }
    }

    private static void copyMetadata(GgufFile file, GgufWriter writer) {
        long shards = file.metadata().integer(SHARDS).orElse(1);
        if (shards > 1) {
            throw ModelFormatException.of(
                    file.path().toString(), SHARDS, Long.toString(shards), "1: join the parts with llama-gguf-split");
        }
        for (String key : file.metadata().keys()) {
            if (!NOT_COPIED.contains(key)) {
                writer.copy(file, key);
            }
        }
    }

    private QuantizationReport compare(ModelFile model, Path file, List<PlannedTensor> tensors, List<String> notes) {
        List<QuantizationReport.Tensor> results = new ArrayList<>();
        try (ModelFile written = ModelFile.open(file)) {
            TensorSources sources = written.sources();
            Map<String, TensorInfo> stored = written.tensors();
            for (PlannedTensor tensor : tensors) {
                progress.progress("comparing", results.size(), tensors.size());
                @Nullable TensorInfo info = stored.get(tensor.name().gguf());
                if (info == null) {
                    throw new IllegalStateException(tensor.name().gguf() + " was not written");
                }
                QuantizationReport.Tensor result = new Comparison(tensor, sources).measure(info.bytes());
                if (result.digits().filter(digits -> digits.changed() > 0).isPresent()) {
                    throw new IllegalStateException(tensor.name().gguf() + ": digits changed while writing: "
                            + result.digits().get());
                }
                results.add(result);
            }
            progress.progress("comparing", tensors.size(), tensors.size());
            return new QuantizationReport(
                    model.source(),
                    target.toString(),
                    model.architecture(),
                    options.type().name(),
                    model.size(),
                    written.size(),
                    results,
                    notes,
                    Optional.empty());
        }
    }
}
