package org.ryzanstein.loader.format;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A model's shape, checked: every size is positive, and hiddenSize multiplied by feedForwardSize, by heads * headDim or by
 * vocabularySize fits in an int.
 *
 * @param hiddenSize width of the residual stream
 * @param feedForwardSize width inside the feed-forward network
 * @param layers number of transformer blocks
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headDim width of a head
 * @param contextLength positions that the model was made for
 * @param vocabularySize rows of the embedding
 * @param normEpsilon epsilon of every RMS norm
 * @param ropeBase base of the rotary frequencies
 * @param ropeDimension rotated elements of a head; even, at most {@code headDim}
 * @param tiedEmbeddings whether the output head is the token embedding
 * @param ropeScaling fields of the file that ask for scaled rotary frequencies, as stored; empty for none
 * @param activation name of the feed-forward activation; empty where the architecture alone defines it
 */
public record Hyperparameters(
        int hiddenSize,
        int feedForwardSize,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int contextLength,
        int vocabularySize,
        float normEpsilon,
        float ropeBase,
        int ropeDimension,
        boolean tiedEmbeddings,
        Map<String, String> ropeScaling,
        Optional<String> activation) {
    private static final int LARGEST_WIDTH = 1 << 20;
    private static final int MOST_LAYERS = 1024;
    private static final int MOST_HEADS = 4096;
    private static final int LARGEST_HEAD = 4096;
    private static final int LONGEST_CONTEXT = 1 << 24;
    private static final int LARGEST_VOCABULARY = 1 << 22;

    public Hyperparameters {
        ropeScaling = Map.copyOf(ropeScaling);
    }

    /** Where the values come from. */
    interface Source {
        String file();

        /** The field's name in the file. */
        String name(HyperparameterField field);

        OptionalLong integer(HyperparameterField field);

        OptionalDouble real(HyperparameterField field);

        boolean tiedEmbeddings();

        Map<String, String> ropeScaling();

        Optional<String> activation();
    }

    /** Reads and checks all fields; the first that is missing, absurd or at odds with another is refused by name. */
    static Hyperparameters read(Source source) {
        int hidden = size(source, HyperparameterField.HIDDEN_SIZE, LARGEST_WIDTH);
        int feedForward = size(source, HyperparameterField.FEED_FORWARD_SIZE, LARGEST_WIDTH);
        int layers = size(source, HyperparameterField.LAYERS, MOST_LAYERS);
        int heads = size(source, HyperparameterField.HEADS, MOST_HEADS);
        int kvHeads = size(source, HyperparameterField.KV_HEADS, MOST_HEADS);
        if (heads % kvHeads != 0) {
            throw refusal(
                    source,
                    HyperparameterField.KV_HEADS,
                    Integer.toString(kvHeads),
                    "a divisor of the " + heads + " heads");
        }
        int headDim;
        if (source.integer(HyperparameterField.HEAD_DIM).isPresent()) {
            headDim = size(source, HyperparameterField.HEAD_DIM, LARGEST_HEAD);
        } else if (hidden % heads == 0 && hidden / heads <= LARGEST_HEAD) {
            headDim = hidden / heads;
        } else {
            throw refusal(
                    source,
                    HyperparameterField.HEADS,
                    Integer.toString(heads),
                    "a divisor of " + source.name(HyperparameterField.HIDDEN_SIZE) + ", " + hidden
                            + ", with heads of at most " + LARGEST_HEAD);
        }
        int ropeDimension = headDim;
        if (source.integer(HyperparameterField.ROPE_DIMENSION).isPresent()) {
            ropeDimension = size(source, HyperparameterField.ROPE_DIMENSION, headDim);
        }
        if (ropeDimension % 2 != 0) {
            throw refusal(
                    source, HyperparameterField.ROPE_DIMENSION, Integer.toString(ropeDimension), "an even number");
        }
        int vocabulary = size(source, HyperparameterField.VOCABULARY_SIZE, LARGEST_VOCABULARY);
        int attention = heads * headDim;
        refuseOverflow(source, HyperparameterField.FEED_FORWARD_SIZE, hidden, feedForward);
        refuseOverflow(source, HyperparameterField.HEADS, hidden, attention);
        refuseOverflow(source, HyperparameterField.VOCABULARY_SIZE, hidden, vocabulary);
        return new Hyperparameters(
                hidden,
                feedForward,
                layers,
                heads,
                kvHeads,
                headDim,
                size(source, HyperparameterField.CONTEXT_LENGTH, LONGEST_CONTEXT),
                vocabulary,
                positive(source, HyperparameterField.NORM_EPSILON, 1),
                positive(source, HyperparameterField.ROPE_BASE, 1e12),
                ropeDimension,
                source.tiedEmbeddings(),
                source.ropeScaling(),
                source.activation());
    }

    private static int size(Source source, HyperparameterField field, int most) {
        OptionalLong value = source.integer(field);
        if (value.isEmpty()) {
            throw refusal(source, field, "nothing", "an integer from 1 to " + most);
        }
        if (value.getAsLong() < 1 || value.getAsLong() > most) {
            throw refusal(source, field, Long.toString(value.getAsLong()), "an integer from 1 to " + most);
        }
        return (int) value.getAsLong();
    }

    private static float positive(Source source, HyperparameterField field, double most) {
        OptionalDouble value = source.real(field);
        if (value.isEmpty()) {
            throw refusal(source, field, "nothing", "a number above 0, at most " + most);
        }
        // Checked after the rounding to float32, which may turn a tiny number into 0.
        float rounded = (float) value.getAsDouble();
        if (!(rounded > 0) || rounded > most) {
            throw refusal(source, field, Double.toString(value.getAsDouble()), "a number above 0, at most " + most);
        }
        return rounded;
    }

    private static void refuseOverflow(Source source, HyperparameterField field, int hidden, int other) {
        if ((long) hidden * other > Integer.MAX_VALUE) {
            throw refusal(
                    source, field, other + " beside a width of " + hidden, "matrices of fewer than 2^31 elements");
        }
    }

    private static ModelFormatException refusal(
            Source source, HyperparameterField field, String found, String expected) {
        return ModelFormatException.of(source.file(), source.name(field), found, expected);
    }
}
