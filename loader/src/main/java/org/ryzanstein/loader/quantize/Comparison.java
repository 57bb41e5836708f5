package org.ryzanstein.loader.quantize;

import java.util.Optional;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.TensorSources;

/** Reads a written tensor back, and measures how far it is from its source. */
final class Comparison {
    private final PlannedTensor planned;
    private final WeightSource written;

    /** @param file the tensors of the written file */
    Comparison(PlannedTensor planned, TensorSources file) {
        this.planned = planned;
        int rows = planned.content().rows();
        int columns = planned.content().columns();
        this.written = planned.keepsDigits()
                ? file.ternary(planned.name(), rows, columns)
                : file.floatsOrBlocks(planned.name(), rows, columns);
    }

    QuantizationReport.Tensor measure(long bytesAfter) {
        Rows.Reader before = Rows.reader(planned.reference());
        Rows.Reader after = Rows.reader(written);
        long elements = 0;
        long zeros = 0;
        double errors = 0;
        double largest = 0;
        double magnitudes = 0;
        for (int row = 0; row < written.rows(); row++) {
            float[] expected = before.read(row);
            float[] found = after.read(row);
            double rowErrors = 0;
            double rowMagnitudes = 0;
            for (int i = 0; i < found.length; i++) {
                double error = Math.abs((double) found[i] - expected[i]);
                rowErrors += error;
                largest = Math.max(largest, error);
                rowMagnitudes += Math.abs(expected[i]);
                zeros += found[i] == 0 ? 1 : 0;
            }
            errors += rowErrors;
            magnitudes += rowMagnitudes;
            elements += found.length;
        }
        return new QuantizationReport.Tensor(
                planned.name().gguf(),
                planned.shape(),
                planned.sourceType(),
                planned.type().name(),
                planned.reason(),
                planned.sourceBytes(),
                bytesAfter,
                zeros,
                errors / elements,
                largest,
                magnitudes / elements,
                digits());
    }

    private Optional<QuantizationReport.Digits> digits() {
        if (!(planned.content() instanceof WeightSource.Ternary source)
                || !(written instanceof WeightSource.Ternary stored)) {
            return Optional.empty();
        }
        byte[] expected = new byte[source.columns()];
        byte[] found = new byte[source.columns()];
        long changed = 0;
        for (int row = 0; row < source.rows(); row++) {
            source.readDigits(row, expected, 0);
            stored.readDigits(row, found, 0);
            for (int i = 0; i < found.length; i++) {
                changed += expected[i] == found[i] ? 0 : 1;
            }
        }
        return Optional.of(new QuantizationReport.Digits(
                (long) source.rows() * source.columns(),
                changed,
                source.scale(0),
                stored.scale(0),
                !(planned.reference() instanceof WeightSource.Ternary)));
    }
}
