package org.ryzanstein.loader.template;

/** Escapes for HTML, which strings marked safe ask of what is added to them. */
final class Html {
    private Html() {}

    static Text escape(Budget budget, Text text) {
        Text.Builder out = new Text.Builder(budget);
        text.runs(0, text.length(), (from, to, fromInput) -> {
            String run = text.chars()
                    .substring(from, to)
                    .replace("&", "&amp;")
                    .replace("<", "&lt;")
                    .replace(">", "&gt;")
                    .replace("'", "&#39;")
                    .replace("\"", "&#34;");
            out.append(run, fromInput);
        });
        return out.build();
    }
}
