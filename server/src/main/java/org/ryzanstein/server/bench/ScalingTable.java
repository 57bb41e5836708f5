package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the suite of ranks measured, and the forecast for other hosts, as tables of Markdown. */
final class ScalingTable {
    private static final List<String> MEASURED = List.of(
            "ranks",
            "threads each",
            "test",
            "plan",
            "latency us",
            "tok/s",
            "one process",
            "speed-up",
            "side by side",
            "predicted",
            "step ms",
            "exchange ms",
            "share",
            "calls/step",
            "KB/token",
            "packed, of the whole");
    private static final List<String> PREDICTED =
            List.of("hosts", "link", "plan", "compute ms", "latency ms", "payload ms", "tok/s", "speed-up");
    private static final List<String> TARGETS =
            List.of("hosts", "target", "latency at most, us", "link that is enough");

    private ScalingTable() {}

    /** Nothing if the suite was not run. */
    static List<List<List<String>>> of(ObjectNode report) {
        if (!report.has("scaling")) {
            return List.of();
        }
        List<List<String>> measured = new ArrayList<>(List.of(MEASURED));
        for (JsonNode result : report.path("results")) {
            if (result.path("suite").asText().equals(Suite.RANKS.text())) {
                measured.add(measured(result));
            }
        }
        List<List<String>> predicted = new ArrayList<>(List.of(PREDICTED));
        for (JsonNode one : report.path("scaling").path("predictions")) {
            predicted.add(predicted(one));
        }
        List<List<String>> targets = new ArrayList<>(List.of(TARGETS));
        for (JsonNode one : report.path("scaling").path("targets")) {
            targets.add(target(one));
        }
        return List.of(measured, predicted, targets);
    }

    private static List<String> measured(JsonNode result) {
        List<String> shares = new ArrayList<>();
        result.path("packed_shares").forEach(share -> shares.add(number("%.3f", share, 1)));
        int added = result.path("added_latency_us").asInt();
        return List.of(
                result.path("ranks").asText(),
                result.path("threads").asText() + (result.path("oversubscribed").asBoolean() ? " (too many)" : ""),
                result.path("test").asText(),
                result.path("plan").asText(),
                number("%.1f", result.path("link_latency_us"), 1) + (added == 0 ? "" : " (" + added + " added)"),
                number("%.2f", result.path("tokens_per_second").path("median"), 1),
                number("%.2f", result.path("reference_tokens_per_second").path("median"), 1),
                number("%.2f", result.path("speedup"), 1),
                number("%.2f", result.path("side_by_side_speedup"), 1),
                number("%.2f", result.path("predicted_speedup"), 1),
                number("%.2f", result.path("step_ms"), 1),
                number("%.3f", result.path("exchange_ms_per_step"), 1),
                number("%.1f %%", result.path("exchange_share"), 100),
                number("%.0f", result.path("operations_per_step"), 1),
                number("%.1f", result.path("exchanged_bytes_per_token"), 1e-3),
                String.join(" ", shares));
    }

    private static List<String> predicted(JsonNode one) {
        return List.of(
                one.path("hosts").asText(),
                one.path("link").asText(),
                one.path("plan").asText(),
                number("%.2f", one.path("compute_ms"), 1),
                number("%.2f", one.path("latency_ms"), 1),
                number("%.3f", one.path("payload_ms"), 1),
                number("%.1f", one.path("tokens_per_second"), 1),
                number("%.2f", one.path("speedup"), 1));
    }

    private static List<String> target(JsonNode one) {
        double latency = one.path("latency_us").asDouble();
        return List.of(
                one.path("hosts").asText(),
                number("%.2f", one.path("speedup"), 1) + " times, "
                        + one.path("what").asText(),
                latency < 0 ? "out of reach" : number("%.1f", one.path("latency_us"), 1),
                one.path("link").asText(latency < 0 ? "none" : "none of these"));
    }

    private static String number(String format, JsonNode value, double factor) {
        return value.isNumber() ? String.format(Locale.ROOT, format, value.asDouble() * factor) : "";
    }
}
