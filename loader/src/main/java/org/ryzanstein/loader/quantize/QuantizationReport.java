package org.ryzanstein.loader.quantize;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a quantisation did to each tensor, measured on the file that was written.
 *
 * @param source the source's path
 * @param target the written file's path
 * @param architecture the model's architecture
 * @param type type asked for
 * @param bytesBefore bytes of the source's weight files
 * @param bytesAfter bytes of the written file
 * @param tensors in the order of the file
 * @param notes what was left out or could not be said in the file
 * @param perplexity where a text was given
 */
public record QuantizationReport(
        String source,
        String target,
        String architecture,
        String type,
        long bytesBefore,
        long bytesAfter,
        List<Tensor> tensors,
        List<String> notes,
        Optional<Perplexity> perplexity) {
    public QuantizationReport {
        tensors = List.copyOf(tensors);
        notes = List.copyOf(notes);
    }

    /**
     * One tensor. Errors are differences between written and source weights; the weights of BitNet's master files are the
     * ternary ones that the model computes with.
     *
     * @param sourceType type in the source, {@code computed} for a tensor that it has not
     * @param reason why the type is not the one asked for
     * @param zeros written weights that are 0
     * @param meanError mean of the absolute differences
     * @param maxError largest absolute difference
     * @param meanMagnitude mean of the source's absolute weights, to compare the errors with
     * @param digits for ternary weights what became of them
     */
    public record Tensor(
            String name,
            List<Long> shape,
            String sourceType,
            String type,
            Optional<String> reason,
            long bytesBefore,
            long bytesAfter,
            long zeros,
            double meanError,
            double maxError,
            double meanMagnitude,
            Optional<Digits> digits) {
        public Tensor {
            shape = List.copyOf(shape);
        }

        public long elements() {
            return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
        }

        /** Bytes before divided by bytes after. */
        public double ratio() {
            return (double) bytesBefore / bytesAfter;
        }

        /** Part of the written weights that is 0. */
        public double shareOfZeros() {
            return (double) zeros / elements();
        }
    }

    /**
     * Ternary weights before and after.
     *
     * @param compared digits read back from the written file
     * @param changed those that differ from the source's
     * @param scale scale in the source
     * @param storedScale scale in the written file
     * @param made whether the source's weights were not ternary and were rounded by force
     */
    public record Digits(long compared, long changed, float scale, float storedScale, boolean made) {
        /** Relative error of the scale. */
        public double scaleError() {
            return scale == 0 ? 0 : Math.abs((double) storedScale - scale) / scale;
        }
    }

    /**
     * Perplexity of source and written file on the same text.
     *
     * @param protocol how it was measured
     */
    public record Perplexity(double before, double after, String protocol) {}

    /** The same with perplexities. */
    public QuantizationReport with(Perplexity measured) {
        return new QuantizationReport(
                source, target, architecture, type, bytesBefore, bytesAfter, tensors, notes, Optional.of(measured));
    }

    /** Bytes of all tensors before. */
    public long tensorBytesBefore() {
        return tensors.stream().mapToLong(Tensor::bytesBefore).sum();
    }

    /** Bytes of all tensors after. */
    public long tensorBytesAfter() {
        return tensors.stream().mapToLong(Tensor::bytesAfter).sum();
    }

    /** Weights of all tensors. */
    public long elements() {
        return tensors.stream().mapToLong(Tensor::elements).sum();
    }

    /** Part of all written weights that is 0. */
    public double shareOfZeros() {
        return (double) tensors.stream().mapToLong(Tensor::zeros).sum() / elements();
    }

    /** Mean of the absolute differences of all weights. */
    public double meanError() {
        return tensors.stream()
                        .mapToDouble(tensor -> tensor.meanError() * tensor.elements())
                        .sum()
                / elements();
    }

    /** Largest absolute difference of a weight. */
    public double maxError() {
        return tensors.stream().mapToDouble(Tensor::maxError).max().orElse(0);
    }

    /** Ternary digits compared in all tensors. */
    public long digitsCompared() {
        return digits().mapToLong(Digits::compared).sum();
    }

    /** Ternary digits of all tensors that changed. */
    public long digitsChanged() {
        return digits().mapToLong(Digits::changed).sum();
    }

    /** Largest relative error of a ternary scale. */
    public double largestScaleError() {
        return digits().mapToDouble(Digits::scaleError).max().orElse(0);
    }

    private java.util.stream.Stream<Digits> digits() {
        return tensors.stream().flatMap(tensor -> tensor.digits().stream());
    }

    /** This report for people: a line for each tensor, then the totals. */
    public String table() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%-32s %-14s %-8s %-6s %13s %13s %7s %7s %11s %11s  %s%n",
                "tensor",
                "shape",
                "from",
                "to",
                "bytes before",
                "after",
                "ratio",
                "zeros",
                "mean error",
                "max error",
                "remarks"));
        for (Tensor tensor : tensors) {
            String shape = String.join(
                    " x ", tensor.shape().stream().map(String::valueOf).toList());
            text.append(String.format(
                    Locale.ROOT,
                    "%-32s %-14s %-8s %-6s %13d %13d %7.2f %6.1f%% %11.3e %11.3e  %s%n",
                    tensor.name(),
                    shape,
                    tensor.sourceType(),
                    tensor.type(),
                    tensor.bytesBefore(),
                    tensor.bytesAfter(),
                    tensor.ratio(),
                    100 * tensor.shareOfZeros(),
                    tensor.meanError(),
                    tensor.maxError(),
                    remarks(tensor)));
        }
        text.append(String.format(
                Locale.ROOT,
                "%ntensors  %d bytes before, %d after, ratio %.2f%nfiles    %d bytes before, %d after, ratio %.2f%n",
                tensorBytesBefore(),
                tensorBytesAfter(),
                (double) tensorBytesBefore() / tensorBytesAfter(),
                bytesBefore,
                bytesAfter,
                (double) bytesBefore / bytesAfter));
        text.append(String.format(
                Locale.ROOT,
                "weights  %d, %.1f%% zeros, mean error %.3e, max error %.3e%n",
                elements(),
                100 * shareOfZeros(),
                meanError(),
                maxError()));
        if (digitsCompared() > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "digits   %d compared, %d changed; largest error of a scale %.3e of it%n",
                    digitsCompared(),
                    digitsChanged(),
                    largestScaleError()));
        }
        perplexity.ifPresent(found -> text.append(String.format(
                Locale.ROOT,
                "text     perplexity %.4f before, %.4f after (%s)%n",
                found.before(),
                found.after(),
                found.protocol())));
        notes.forEach(note -> text.append("note     ").append(note).append(System.lineSeparator()));
        return text.toString();
    }

    private static String remarks(Tensor tensor) {
        String made = tensor.digits().filter(Digits::made).isPresent() ? "made ternary by force" : "";
        String reason = tensor.reason().orElse("");
        return made.isEmpty() || reason.isEmpty() ? made + reason : reason + "; " + made;
    }

    /** This report as a JSON object of the same fields, with the derived figures. */
    public String json() {
        JsonText json = new JsonText();
        json.begin()
                .text("source", source)
                .text("target", target)
                .text("architecture", architecture)
                .text("type", type)
                .number("bytes_before", bytesBefore)
                .number("bytes_after", bytesAfter)
                .number("tensor_bytes_before", tensorBytesBefore())
                .number("tensor_bytes_after", tensorBytesAfter())
                .number("ratio", (double) tensorBytesBefore() / tensorBytesAfter())
                .number("weights", elements())
                .number("zeros", shareOfZeros())
                .number("mean_error", meanError())
                .number("max_error", maxError());
        if (digitsCompared() > 0) {
            json.number("digits_compared", digitsCompared())
                    .number("digits_changed", digitsChanged())
                    .number("largest_scale_error", largestScaleError());
        }
        perplexity.ifPresent(found -> json.object("perplexity")
                .number("before", found.before())
                .number("after", found.after())
                .text("protocol", found.protocol())
                .end());
        json.array("notes");
        notes.forEach(json::element);
        json.endArray().array("tensors");
        for (Tensor tensor : tensors) {
            json.begin()
                    .text("name", tensor.name())
                    .numbers("shape", tensor.shape())
                    .text("source_type", tensor.sourceType())
                    .text("type", tensor.type());
            tensor.reason().ifPresent(reason -> json.text("reason", reason));
            json.number("bytes_before", tensor.bytesBefore())
                    .number("bytes_after", tensor.bytesAfter())
                    .number("ratio", tensor.ratio())
                    .number("zeros", tensor.shareOfZeros())
                    .number("mean_error", tensor.meanError())
                    .number("max_error", tensor.maxError())
                    .number("mean_magnitude", tensor.meanMagnitude());
            tensor.digits()
                    .ifPresent(digits -> json.object("digits")
                            .number("compared", digits.compared())
                            .number("changed", digits.changed())
                            .number("scale", digits.scale())
                            .number("stored_scale", digits.storedScale())
                            .number("scale_error", digits.scaleError())
                            .flag("made_by_force", digits.made())
                            .end());
            json.end();
        }
        return json.endArray().end().toString();
    }
}
