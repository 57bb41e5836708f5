package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

/** Charts of a report: thread scaling, comparison of backends, and the roofline (Williams et al., 2009). */
public final class Plots {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int RIGHT = 210;
    private static final int TOP = 40;
    private static final int BOTTOM = 50;
    private static final int BAR = 16;

    private Plots() {}

    /**
     * Draws every chart for which there are results.
     *
     * @param target a folder, or a file whose name ends in .svg
     * @return the files written
     */
    public static List<Path> write(ObjectNode report, Path target) throws IOException {
        Map<String, Svg> charts = charts(report);
        if (charts.isEmpty()) {
            throw new BenchException("there is nothing to draw: no results");
        }
        List<Path> files = new ArrayList<>();
        if (target.toString().endsWith(".svg")) {
            Svg all = new Svg(
                    WIDTH, charts.values().stream().mapToInt(Svg::height).sum());
            int y = 0;
            for (Svg chart : charts.values()) {
                all.put(y, chart);
                y += chart.height();
            }
            Files.writeString(target, all.document());
            files.add(target);
        } else {
            Files.createDirectories(target);
            for (Map.Entry<String, Svg> chart : charts.entrySet()) {
                Path file = target.resolve(chart.getKey() + ".svg");
                Files.writeString(file, chart.getValue().document());
                files.add(file);
            }
        }
        return files;
    }

    /** The charts by name. */
    static Map<String, Svg> charts(ObjectNode report) {
        List<JsonNode> results = StreamSupport.stream(report.path("results").spliterator(), false)
                .toList();
        List<JsonNode> ofModel = results.stream()
                .filter(result -> result.path("test").asText().matches("(pp|tg)[0-9]+.*"))
                .toList();
        Map<String, Svg> charts = new LinkedHashMap<>();
        if (ofModel.stream().map(Plots::threads).distinct().count() > 1) {
            charts.put("threads", scaling(ofModel));
        }
        if (!ofModel.isEmpty()) {
            charts.put("backends", comparison(ofModel));
        }
        List<Roof> points = roofPoints(report, results, ofModel);
        double bandwidth = report.path("bandwidth").path("bytes_per_second").asDouble() / 1e9;
        if (!points.isEmpty()) {
            charts.put("roofline", roofline(points, bandwidth));
        }
        return charts;
    }

    private static int threads(JsonNode result) {
        return result.path("threads").asInt();
    }

    private static double rate(JsonNode result) {
        return result.path("tokens_per_second").path("median").asDouble();
    }

    private static String series(JsonNode result) {
        return result.path("test").asText() + ", " + result.path("backend").asText();
    }

    private static double plotWidth() {
        return WIDTH - LEFT - RIGHT;
    }

    private static double plotHeight() {
        return HEIGHT - TOP - BOTTOM;
    }

    private static String colour(int index) {
        return Svg.COLOURS[index % Svg.COLOURS.length];
    }

    /** Speed-up over the fewest threads measured, and the ideal. */
    private static Svg scaling(List<JsonNode> results) {
        Map<String, Map<Integer, Double>> lines = new LinkedHashMap<>();
        TreeSet<Integer> counts = new TreeSet<>();
        for (JsonNode result : results) {
            lines.computeIfAbsent(series(result), key -> new TreeMap<>()).put(threads(result), rate(result));
            counts.add(threads(result));
        }
        int least = counts.getFirst();
        double most = (double) counts.getLast() / least;
        Svg svg = frame(
                "Speed-up by threads", "threads", "times the rate of " + least + (least == 1 ? " thread" : " threads"));
        for (int count : counts) {
            double x = LEFT + plotWidth() * (count - least) / Math.max(1, counts.getLast() - least);
            svg.line(x, TOP, x, HEIGHT - BOTTOM, Svg.GRID, 1);
            svg.text(x, HEIGHT - BOTTOM + 18, "middle", 12, Integer.toString(count));
        }
        for (int tick = 0; tick <= Math.ceil(most); tick++) {
            double y = scalingY(tick, most);
            svg.line(LEFT, y, WIDTH - RIGHT, y, Svg.GRID, 1);
            svg.text(LEFT - 8, y + 4, "end", 12, Integer.toString(tick));
        }
        svg.dashed(LEFT, scalingY(1, most), WIDTH - RIGHT, scalingY(most, most), Svg.INK);
        int index = 0;
        for (Map.Entry<String, Map<Integer, Double>> line : lines.entrySet()) {
            drawScaling(svg, line.getValue(), counts, most, colour(index));
            legend(svg, index, line.getKey());
            index++;
        }
        return svg;
    }

    private static void drawScaling(
            Svg svg, Map<Integer, Double> points, NavigableSet<Integer> counts, double most, String colour) {
        double base = points.getOrDefault(counts.getFirst(), Double.NaN);
        double lastX = Double.NaN;
        double lastY = Double.NaN;
        for (Map.Entry<Integer, Double> point : points.entrySet()) {
            double x = LEFT
                    + plotWidth()
                            * (point.getKey() - counts.getFirst())
                            / Math.max(1, counts.getLast() - counts.getFirst());
            double y = scalingY(point.getValue() / base, most);
            if (Double.isNaN(y)) {
                return;
            }
            svg.point(x, y, colour);
            if (!Double.isNaN(lastX)) {
                svg.line(lastX, lastY, x, y, colour, 2);
            }
            lastX = x;
            lastY = y;
        }
    }

    private static double scalingY(double value, double most) {
        return HEIGHT - BOTTOM - plotHeight() * value / Math.ceil(most);
    }

    private static Svg frame(String title, String xLabel, String yLabel) {
        Svg svg = new Svg(WIDTH, HEIGHT);
        svg.text(LEFT, 20, "start", 15, title);
        svg.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, Svg.INK, 1);
        svg.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, Svg.INK, 1);
        svg.text(LEFT + plotWidth() / 2, HEIGHT - 12, "middle", 12, xLabel);
        svg.text(LEFT, TOP - 6, "start", 11, yLabel);
        return svg;
    }

    private static void legend(Svg svg, int index, String text) {
        double y = TOP + 14.0 + 18 * index;
        svg.bar(WIDTH - RIGHT + 14, y - 9, 10, 10, colour(index));
        svg.text(WIDTH - RIGHT + 30, y, "start", 11, text);
    }

    /** Bars of tokens a second, a group for each test, each as long as its share of the group's fastest. */
    private static Svg comparison(List<JsonNode> results) {
        Map<String, Map<String, Double>> groups = new LinkedHashMap<>();
        for (JsonNode result : results) {
            String bar = result.path("backend").asText() + ", " + threads(result)
                    + (threads(result) == 1 ? " thread" : " threads");
            groups.computeIfAbsent(result.path("test").asText(), key -> new LinkedHashMap<>())
                    .put(bar, rate(result));
        }
        int bars = groups.values().stream().mapToInt(Map::size).sum();
        Svg svg = new Svg(WIDTH, TOP + bars * (BAR + 4) + groups.size() * 26 + 20);
        svg.text(20, 20, "start", 15, "Tokens a second (bars: share of the fastest in each test)");
        double y = TOP;
        for (Map.Entry<String, Map<String, Double>> group : groups.entrySet()) {
            svg.text(20, y + 12, "start", 13, group.getKey());
            y += 20;
            double most = group.getValue().values().stream()
                    .mapToDouble(Double::doubleValue)
                    .max()
                    .orElse(1);
            int index = 0;
            for (Map.Entry<String, Double> bar : group.getValue().entrySet()) {
                double length = (WIDTH - 320) * bar.getValue() / most;
                svg.text(210, y + 12, "end", 12, bar.getKey());
                svg.bar(218, y, Math.max(1, length), BAR, colour(index++));
                svg.text(224 + length, y + 12, "start", 12, number(bar.getValue()));
                y += BAR + 4;
            }
            y += 6;
        }
        return svg;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }

    /** A point under the roof: multiplications for each byte, and multiplications a nanosecond. */
    private record Roof(String label, double intensity, double speed) {}

    private static List<Roof> roofPoints(ObjectNode report, List<JsonNode> results, List<JsonNode> ofModel) {
        List<Roof> points = new ArrayList<>();
        double parameters = report.path("model").path("parameters").asDouble();
        for (JsonNode result : ofModel) {
            double bytes = result.path("bytes_per_token").asDouble();
            if (bytes > 0 && parameters > 0) {
                points.add(new Roof(
                        series(result) + ", " + threads(result) + " thr.",
                        parameters / bytes,
                        parameters * rate(result) / 1e9));
            }
        }
        for (JsonNode result : results) {
            double speed = result.path("mac_per_ns").asDouble();
            double bytes = result.path("gb_per_second").asDouble();
            if (speed > 0 && bytes > 0 && points.size() < 18) {
                points.add(new Roof(series(result) + ", " + threads(result) + " thr.", speed / bytes, speed));
            }
        }
        return points;
    }

    private static Svg roofline(List<Roof> points, double bandwidth) {
        double leastX =
                decade(points.stream().mapToDouble(Roof::intensity).min().orElse(1), false);
        double mostX = decade(points.stream().mapToDouble(Roof::intensity).max().orElse(1), true);
        double fastest = points.stream().mapToDouble(Roof::speed).max().orElse(1);
        double leastY = decade(points.stream().mapToDouble(Roof::speed).min().orElse(1), false);
        double lowest = points.stream().mapToDouble(Roof::intensity).min().orElse(1);
        double mostY = decade(Math.max(fastest, lowest * bandwidth), true);
        Svg svg = frame("Roofline", "multiplications per byte that must be read", "multiplications per ns");
        for (double x = leastX; x <= mostX * 1.01; x *= 10) {
            svg.line(logX(x, leastX, mostX), TOP, logX(x, leastX, mostX), HEIGHT - BOTTOM, Svg.GRID, 1);
            svg.text(logX(x, leastX, mostX), HEIGHT - BOTTOM + 18, "middle", 12, power(x));
        }
        for (double y = leastY; y <= mostY * 1.01; y *= 10) {
            svg.line(LEFT, logY(y, leastY, mostY), WIDTH - RIGHT, logY(y, leastY, mostY), Svg.GRID, 1);
            svg.text(LEFT - 8, logY(y, leastY, mostY) + 4, "end", 12, power(y));
        }
        if (bandwidth > 0) {
            // The slope of what memory delivers, inside the frame.
            double from = Math.max(leastX, leastY / bandwidth);
            double to = Math.min(mostX, mostY / bandwidth);
            if (from < to) {
                svg.dashed(
                        logX(from, leastX, mostX),
                        logY(from * bandwidth, leastY, mostY),
                        logX(to, leastX, mostX),
                        logY(to * bandwidth, leastY, mostY),
                        Svg.INK);
            }
            svg.text(
                    WIDTH - RIGHT + 14,
                    HEIGHT - BOTTOM,
                    "start",
                    11,
                    String.format(Locale.ROOT, "dashed: %.1f GB/s of memory", bandwidth));
        }
        for (int i = 0; i < points.size(); i++) {
            Roof point = points.get(i);
            double x = logX(point.intensity(), leastX, mostX);
            double y = logY(point.speed(), leastY, mostY);
            svg.point(x, y, colour(i));
            // Numbers of points side by side would hide each other.
            svg.text(x + 6 + 14 * (i % 3), y + 4, "start", 10, Integer.toString(i + 1));
            legend(svg, i, (i + 1) + "  " + point.label());
        }
        return svg;
    }

    private static double decade(double value, boolean above) {
        double exponent = Math.log10(value);
        return Math.pow(10, above ? Math.floor(exponent) + 1 : Math.ceil(exponent) - 1);
    }

    private static String power(double value) {
        return value >= 1 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.3g", value);
    }

    private static double logX(double value, double least, double most) {
        return LEFT + plotWidth() * Math.log(value / least) / Math.log(most / least);
    }

    private static double logY(double value, double least, double most) {
        return HEIGHT - BOTTOM - plotHeight() * Math.log(value / least) / Math.log(most / least);
    }
}
