package org.ryzanstein.server.bench;

import java.util.Locale;

/** Text of an SVG drawing, in pixels from the upper left corner. */
final class Svg {
    static final String INK = "#222222";
    static final String GRID = "#dddddd";
    /** Of series, in order; readable in print and by most colour-blind people (Okabe and Ito, 2008). */
    static final String[] COLOURS = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

    private final int width;
    private final int height;
    private final StringBuilder body = new StringBuilder();

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
        add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", width, height);
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    @SuppressWarnings("AnnotateFormatMethod") // Its annotation would need a library.
    private void add(String format, Object... values) {
        body.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    void line(double x1, double y1, double x2, double y2, String colour, double strokeWidth) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"/>",
                x1, y1, x2, y2, colour, strokeWidth);
    }

    void dashed(double x1, double y1, double x2, double y2, String colour) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-dasharray=\"5 4\"/>",
                x1, y1, x2, y2, colour);
    }

    void bar(double x, double y, double barWidth, double barHeight, String colour) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                x, y, barWidth, barHeight, colour);
    }

    void point(double x, double y, String colour) {
        add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>", x, y, colour);
    }

    /**
     * Writes text.
     *
     * @param anchor start, middle or end
     */
    void text(double x, double y, String anchor, int size, String content) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">%s</text>",
                x, y, anchor, size, INK, escaped(content));
    }

    /** Puts another drawing inside. */
    void put(double y, Svg other) {
        add("<g transform=\"translate(0 %.1f)\">%n%s</g>", y, other.body);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** The whole file. */
    String document() {
        return String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\">%n%s</svg>%n",
                width,
                height,
                width,
                height,
                body);
    }
}
