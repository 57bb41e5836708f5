package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.WeightSource;

/**
 * The weights of one model file as canonical content. Tensors are asked for by role, with the shape that the model needs;
 * a missing tensor, another shape or a type that is not decoded is refused by name. Safe for use by several threads, until
 * the file is closed.
 */
public final class TensorSources {
    /** Tensors that some writers store although they follow from the other fields. */
    private static final Pattern HARMLESS = Pattern.compile(
            "blk\\.\\d+\\.attn_rot_embd\\.weight|model\\.(layers\\.\\d+\\.self_attn\\.)?rotary_emb\\.inv_freq");

    private static final String SCALE = "weight_scale";
    private static final String WEIGHT = "weight";

    private final String file;
    private final boolean hub;
    private final Map<String, TensorInfo> tensors;
    private final Optional<HubQuantization> quantization;
    private final boolean tied;
    private final Set<String> claimed = ConcurrentHashMap.newKeySet();
    /** Contents of tensors whose pages may be in memory. */
    private final Queue<MemorySegment> resident = new ConcurrentLinkedQueue<>();

    /** The tensors of a GGUF file. */
    TensorSources(String file, Map<String, TensorInfo> tensors) {
        this(file, false, tensors, Optional.empty(), false);
    }

    /** The tensors of a hub directory. */
    TensorSources(String file, Map<String, TensorInfo> tensors, Optional<HubQuantization> quantization, boolean tied) {
        this(file, true, tensors, quantization, tied);
    }

    private TensorSources(
            String file,
            boolean hub,
            Map<String, TensorInfo> tensors,
            Optional<HubQuantization> quantization,
            boolean tied) {
        this.file = file;
        this.hub = hub;
        this.tensors = tensors;
        this.quantization = quantization;
        this.tied = tied;
    }

    /** Whether the file holds this tensor. */
    public boolean has(TensorName name) {
        return tensors.containsKey(nameInFile(name));
    }

    /** The name that this file has for a tensor. */
    public String nameInFile(TensorName name) {
        return hub ? name.hub() : name.gguf();
    }

    /**
     * A matrix of plain floats: F32, F16 or BF16.
     *
     * @param rows rows that the model needs; 1 for a vector
     * @param columns columns that the model needs
     */
    public WeightSource.Floats floats(TensorName name, int rows, int columns) {
        TensorInfo tensor = claim(nameInFile(name));
        if (!tensor.type().isFloat()) {
            throw ModelFormatException.of(file, tensor.name(), "type " + tensor.type(), "F32, F16 or BF16");
        }
        requireShape(tensor, tensor.shape(), rows, columns);
        return new FloatSource(tensor, rows, columns);
    }

    /**
     * A matrix for products with float activations, embedding rows or the output head: F32, F16, BF16 or a block-quantised
     * type.
     *
     * @param rows rows that the model needs
     * @param columns columns that the model needs
     * @return {@link WeightSource.Floats} or {@link WeightSource.Blocks}
     */
    public WeightSource floatsOrBlocks(TensorName name, int rows, int columns) {
        TensorInfo tensor = claim(nameInFile(name));
        boolean blocks = tensor.type().isBlocks();
        if (!blocks && !tensor.type().isFloat()) {
            throw ModelFormatException.of(
                    file,
                    tensor.name(),
                    "type " + tensor.type(),
                    "F32, F16, BF16 or one of " + TensorType.blockTypes());
        }
        requireShape(tensor, tensor.shape(), rows, columns);
        return blocks ? new BlockSource(file, tensor, rows, columns) : new FloatSource(tensor, rows, columns);
    }

    /** A vector of plain floats, decoded. */
    public float[] vector(TensorName name, int length) {
        float[] values = new float[length];
        floats(name, 1, length).readFloats(0, values, 0);
        return values;
    }

    /**
     * A ternary matrix: I2_S, TQ1_0 or TQ2_0, packed uint8 with a weight scale, floats that are ternary already, or master
     * weights of the hub.
     *
     * @param rows rows that the model needs
     * @param columns columns that the model needs
     */
    public WeightSource.Ternary ternary(TensorName name, int rows, int columns) {
        TensorInfo tensor = claim(nameInFile(name));
        if (hub && tensor.type() == TensorType.U8) {
            return packed(tensor, rows, columns);
        }
        requireShape(tensor, tensor.shape(), rows, columns);
        return switch (tensor.type()) {
            case I2_S -> new I2sSource(file, tensor, rows, columns);
            case TQ1_0, TQ2_0 -> new BlockTernarySource(file, tensor, rows, columns);
            case F32, F16, BF16 -> {
                if (!hub) {
                    yield new PlainTernarySource(file, tensor, rows, columns);
                }
                if (quantization.flatMap(HubQuantization::mode).equals(Optional.of(HubQuantization.OFFLINE))) {
                    throw ModelFormatException.of(
                            file,
                            tensor.name(),
                            "type " + tensor.type() + " with quantization_mode offline",
                            "packed U8 weights, or quantization_mode online");
                }
                yield new MasterSource(file, tensor, rows, columns);
            }
            default ->
                throw ModelFormatException.of(
                        file, tensor.name(), "type " + tensor.type(), "one of TQ1_0, TQ2_0, I2_S, or plain floats");
        };
    }

    /**
     * A matrix of a layer, of the kind that the file has: ternary, or as {@link #floatsOrBlocks}.
     *
     * @param rows rows that the model needs
     * @param columns columns that the model needs
     */
    public WeightSource matrix(TensorName name, int rows, int columns) {
        @Nullable TensorInfo tensor = tensors.get(nameInFile(name));
        boolean ternary = tensor != null
                && switch (tensor.type()) {
                    case I2_S, TQ1_0, TQ2_0 -> true;
                    default -> hub && quantization.isPresent();
                };
        return ternary ? ternary(name, rows, columns) : floatsOrBlocks(name, rows, columns);
    }

    /** Matrices of the same width as one, the rows of the first on top; each range of rows keeps its scale. */
    public static WeightSource.Ternary merged(List<WeightSource.Ternary> parts) {
        return new MergedTernary(parts);
    }

    /**
     * Refuses a matrix that is missing or has another shape, whatever its type, without reading it.
     *
     * @param rows rows that the model needs
     * @param columns columns that the model needs
     */
    public void require(TensorName name, int rows, int columns) {
        TensorInfo tensor = claim(nameInFile(name));
        boolean packed = hub && tensor.type() == TensorType.U8;
        requireShape(tensor, tensor.shape(), packed ? PackedSource.packedRows(rows) : rows, columns);
    }

    /**
     * Refuses tensors that nobody asked for, since ignoring one (a bias, rotary frequencies) would change the result.
     *
     * @return the names of the tensors that are known to change nothing
     */
    public List<String> refuseUnclaimed() {
        List<String> unclaimed = tensors.keySet().stream()
                .filter(name -> !claimed.contains(name))
                .toList();
        List<String> unknown =
                unclaimed.stream().filter(name -> !isHarmless(name)).toList();
        if (!unknown.isEmpty()) {
            throw ModelFormatException.of(
                    file,
                    unknown.getFirst(),
                    unknown.size() == 1 ? "a tensor" : "a tensor (and " + (unknown.size() - 1) + " more)",
                    "none of this name: the architecture has no use for it, and leaving it out would change the result");
        }
        return unclaimed;
    }

    private boolean isHarmless(String name) {
        return HARMLESS.matcher(name).matches()
                || (hub && tied && name.equals(TensorName.of(TensorRole.OUTPUT).hub()));
    }

    private WeightSource.Ternary packed(TensorInfo tensor, int rows, int columns) {
        if (quantization.isEmpty()) {
            throw ModelFormatException.of(
                    file,
                    tensor.name(),
                    "packed weights",
                    "quantization_config in config.json, to say how to scale them");
        }
        if (quantization.get().mode().equals(Optional.of(HubQuantization.ONLINE))) {
            throw ModelFormatException.of(
                    file, tensor.name(), "packed weights with quantization_mode online", "quantization_mode offline");
        }
        requireShape(tensor, tensor.shape(), PackedSource.packedRows(rows), columns);
        String scaleName = tensor.name().substring(0, tensor.name().length() - WEIGHT.length()) + SCALE;
        TensorInfo scale = claim(scaleName);
        if (!scale.type().isFloat() || scale.elements() != 1) {
            throw ModelFormatException.of(
                    file, scaleName, scale.type() + " of shape " + scale.shapeText(), "one F32, F16 or BF16");
        }
        float[] value = new float[1];
        RowFormat.of(scale.type()).decode(scale.data(), 0, value, 0, 1);
        if (!(value[0] > 0) || value[0] == Float.POSITIVE_INFINITY) {
            throw ModelFormatException.of(file, scaleName, Float.toString(value[0]), "a finite number above 0");
        }
        float factor = quantization.get().scaleDivides() ? 1f / value[0] : value[0];
        return new PackedSource(file, tensor, rows, columns, factor);
    }

    private TensorInfo claim(String name) {
        @Nullable TensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw ModelFormatException.of(file, name, "no such tensor", "it in the file");
        }
        claimed.add(name);
        resident.add(tensor.data());
        return tensor;
    }

    /**
     * Gives back the memory that holds what was read of the tensors asked for since the last call: the process need not keep
     * a file's pages beside the packed weights. Whoever reads them again finds them in the file.
     */
    public void releasePages() {
        for (MemorySegment data = resident.poll(); data != null; data = resident.poll()) {
            if (data.isMapped()) {
                data.unload();
            }
        }
    }

    private void requireShape(TensorInfo tensor, List<Long> shape, int rows, int columns) {
        List<Long> wanted = List.of((long) rows, (long) columns);
        boolean vector = rows == 1 && shape.equals(List.of((long) columns));
        if (!vector && !shape.equals(wanted)) {
            throw ModelFormatException.of(
                    file,
                    tensor.name(),
                    "shape " + tensor.shapeText(),
                    TensorInfo.shapeText(rows == 1 ? List.of((long) columns) : wanted));
        }
    }
}
