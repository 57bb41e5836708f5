package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** A report as tables of Markdown, one line a result. */
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
    private static final List<String> KERNEL_HEADS = List.of(
            "kernel", "backend", "threads", "us", "w/ns", "MAC/ns", "GB/s", "tok/s", "relative error", "B alloc/token");

    private ResultTable() {}

    /** The tables, what bandwidth was measured, and ratios to other engines. */
    public static String of(ObjectNode report) {
        List<List<String>> rows = new ArrayList<>(List.of(HEADS));
        List<List<String>> kernels = new ArrayList<>(List.of(KERNEL_HEADS));
        for (JsonNode result : report.path("results")) {
            if (result.path("suite").asText().equals(Suite.KERNELS.text())) {
                kernels.add(kernel(result));
            } else if (!result.path("suite").asText().equals(Suite.RANKS.text())) {
                rows.add(row(result));
            }
        }
        StringBuilder text = new StringBuilder();
        if (rows.size() > 1) {
            append(text, rows);
        }
        if (kernels.size() > 1) {
            text.append(text.isEmpty() ? "" : System.lineSeparator());
            append(text, kernels);
        }
        for (List<List<String>> table : ScalingTable.of(report)) {
            text.append(text.isEmpty() ? "" : System.lineSeparator());
            append(text, table);
        }
        for (JsonNode one : report.path("bandwidth").path("measurements")) {
            JsonNode rate = one.path("bytes_per_second");
            int threads = one.path("threads").asInt();
            text.append(String.format(
                    Locale.ROOT,
                    "%nread bandwidth, %d thread%s, %.1f MB on %s pages: %.1f GB/s (%.1f to %.1f)",
                    threads,
                    threads == 1 ? "" : "s",
                    one.path("bytes").asDouble() / MEGA,
                    one.path("pages").asText(),
                    rate.path("median").asDouble() / GIGA,
                    rate.path("min").asDouble() / GIGA,
                    rate.path("max").asDouble() / GIGA));
            JsonNode trip = one.path("line_trip_ns");
            if (!trip.isMissingNode()) {
                text.append(String.format(
                        Locale.ROOT,
                        "; a cache line from one processor to another and back: %.0f ns (%.0f to %.0f)",
                        trip.path("median").asDouble(),
                        trip.path("min").asDouble(),
                        trip.path("max").asDouble()));
            }
        }
        ratios(text, report);
        return text.toString();
    }

    /** Our rate over that of each other engine, whose results have no bytes for a token, at the same threads. */
    private static void ratios(StringBuilder text, ObjectNode report) {
        List<JsonNode> results = StreamSupport.stream(report.path("results").spliterator(), false)
                .filter(result -> result.path("test").asText().matches("(pp|tg)[0-9]+"))
                .toList();
        for (JsonNode peer : results) {
            if (!peer.path("bytes_per_token").isNull()) {
                continue;
            }
            for (JsonNode own : results) {
                if (!own.path("bytes_per_token").isNull()
                        && own.path("suite").equals(peer.path("suite"))
                        && own.path("test").equals(peer.path("test"))
                        && own.path("threads").equals(peer.path("threads"))) {
                    text.append(String.format(
                            Locale.ROOT,
                            "%n%s, %d thread%s: %s is %.2f times as fast as %s",
                            own.path("test").asText(),
                            own.path("threads").asInt(),
                            own.path("threads").asInt() == 1 ? "" : "s",
                            own.path("backend").asText(),
                            own.path("tokens_per_second").path("median").asDouble()
                                    / peer.path("tokens_per_second")
                                            .path("median")
                                            .asDouble(),
                            peer.path("backend").asText()));
                }
            }
        }
    }

    private static List<String> row(JsonNode result) {
        JsonNode rate = result.path("tokens_per_second");
        return List.of(
                result.path("suite").asText(),
                result.path("backend").asText(),
                result.path("threads").asText(),
                result.path("test").asText(),
                number(rate.path("median")),
                number(rate.path("min")),
                number(rate.path("max")),
                number(result.path("bytes_per_token"), 1 / MEGA, "%.2f"),
                number(result.path("bandwidth_share"), 100, "%.1f %%"),
                number(result.path("allocated_bytes_per_token"), 1, "%.0f"),
                number(result.path("peak_rss_bytes"), 1 / GIGA, "%.2f GB"));
    }

    private static List<String> kernel(JsonNode result) {
        boolean batch = result.path("test").asText().matches(".*-t([2-9]|[0-9]{2,})");
        return List.of(
                result.path("test").asText(),
                result.path("backend").asText(),
                result.path("threads").asText(),
                number(result.path("microseconds"), 1, "%.2f"),
                batch ? "" : number(result.path("weights_per_ns"), 1, "%.1f"),
                number(result.path("mac_per_ns"), 1, "%.1f"),
                number(result.path("gb_per_second"), 1, "%.1f"),
                number(result.path("tokens_per_second").path("median")),
                number(result.path("relative_error"), 1, "%.1g"),
                number(result.path("allocated_bytes_per_token"), 1, "%.0f"));
    }

    private static String number(JsonNode value) {
        return number(value, 1, value.asDouble() < 100 ? "%.2f" : "%.1f");
    }

    private static String number(JsonNode value, double factor, String format) {
        return value.isNumber() ? String.format(Locale.ROOT, format, value.asDouble() * factor) : "";
    }

    private static void append(StringBuilder text, List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
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
