package org.ryzanstein.loader.tokenizer;

/** Words of files in messages. */
final class Messages {
    private static final int SHOWN = 60;

    private Messages() {}

    /** In quotes, without control characters, cut to a readable length: files may hold anything. */
    static String quote(String text) {
        String shown = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
        StringBuilder quoted = new StringBuilder("\"");
        shown.chars().forEach(unit -> {
            if (Character.isISOControl(unit)) {
                quoted.append(String.format("\\u%04x", unit));
            } else {
                quoted.append((char) unit);
            }
        });
        return quoted.append('"').toString();
    }
}
