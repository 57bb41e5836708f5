package org.ryzanstein.server.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A report as a table of Markdown, one line a result. */
public final class ResultTable {
    private static final double GIGA = 1e9;
    private static final double MEGA = 1e6;
    private static final List<String> HEADS = List.of(
            "suite",
            "backend",
            "threads",
            "test",
            "tok/s",
            "min",
            "max",
            "MB/token",
            "bandwidth",
            "B alloc/token",
            "peak RSS");

    private ResultTable() {}

    /** The lines of the table, then what bandwidth was measured. */
    public static String of(BenchReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADS);
        report.results().forEach(result -> rows.add(row(result)));
        StringBuilder text = new StringBuilder();
        append(text, rows);
        for (BenchReport.Bandwidth one : report.bandwidth()) {
            Samples rate = one.bytesPerSecond();
            text.append(String.format(
                    Locale.ROOT,
                    "%nread bandwidth, %d thread%s, %.1f MB on %s pages: %.1f GB/s (%.1f to %.1f)",
                    one.threads(),
                    one.threads() == 1 ? "" : "s",
                    one.bytes() / MEGA,
                    one.pages(),
                    rate.median() / GIGA,
                    rate.min() / GIGA,
                    rate.max() / GIGA));
        }
        return text.toString();
    }

    private static List<String> row(Result result) {
        Samples rate = result.tokensPerSecond();
        return List.of(
                result.suite().text(),
                result.backend(),
                Integer.toString(result.threads()),
                result.test(),
                number(rate.median()),
                number(rate.min()),
                number(rate.max()),
                number(result.bytesPerToken(), 1 / MEGA, "%.2f"),
                number(result.bandwidthShare(), 100, "%.1f %%"),
                number(result.allocatedBytesPerToken(), 1, "%.0f"),
                result.peakResidentBytes().isPresent()
                        ? String.format(
                                Locale.ROOT,
                                "%.2f GB",
                                result.peakResidentBytes().getAsLong() / GIGA)
                        : "");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.1f", value);
    }

    private static String number(OptionalDouble value, double factor, String format) {
        return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble() * factor) : "";
    }

    private static void append(StringBuilder text, List<List<String>> rows) {
        int[] widths = new int[HEADS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (int r = 0; r < rows.size(); r++) {
            if (r == 1) {
                append(text, List.of(), widths, true);
            }
            append(text, rows.get(r), widths, false);
        }
    }

    private static void append(StringBuilder text, List<String> row, int[] widths, boolean rule) {
        for (int i = 0; i < widths.length; i++) {
            String cell = rule ? "-".repeat(widths[i]) : row.get(i);
            text.append("| ")
                    .append(cell)
                    .append(" ".repeat(widths[i] - cell.length()))
                    .append(' ');
        }
        text.append('|').append(System.lineSeparator());
    }
}
