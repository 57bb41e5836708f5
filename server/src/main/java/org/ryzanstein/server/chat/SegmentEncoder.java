package org.ryzanstein.server.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ryzanstein.loader.template.ChatTemplate.Segment;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/**
 * Encodes rendered templates so that special tokens come from the template alone: a message that spells one is plain text.
 *
 * <p>The text is first encoded as a whole, as the model was trained: tokens may span the border between template and
 * message. If exactly the template's own special tokens come out, that is the result. Otherwise a message spells some; then
 * the text is cut at the template's own special tokens, and what lies between them is encoded without recognising any.
 */
final class SegmentEncoder {
    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);

    private final Tokenizer tokenizer;
    private final int[] start;

    SegmentEncoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        int[] empty = tokenizer.encode("", new EncodeOptions(true, false));
        int bos = tokenizer.bos().orElse(-1);
        this.start = empty.length > 0 && empty[0] == bos ? new int[] {bos} : new int[0];
    }

    /** The ids, with the beginning-of-text token if the model wants one and the template did not write it. */
    int[] encode(List<Segment> segments) {
        StringBuilder text = new StringBuilder();
        List<Integer> own = new ArrayList<>();
        for (Segment segment : segments) {
            text.append(segment.text());
            if (!segment.fromInput()) {
                own.addAll(controls(tokenizer.encode(segment.text(), SPECIAL)));
            }
        }
        int[] ids = tokenizer.encode(text.toString(), SPECIAL);
        if (!controls(ids).equals(own)) {
            ids = encodeApart(segments);
        }
        if (start.length == 0 || (ids.length > 0 && ids[0] == start[0])) {
            return ids;
        }
        return IntStream.concat(Arrays.stream(start), Arrays.stream(ids)).toArray();
    }

    private int[] encodeApart(List<Segment> segments) {
        IntStream.Builder ids = IntStream.builder();
        StringBuilder plain = new StringBuilder();
        for (Segment segment : segments) {
            if (segment.fromInput()) {
                plain.append(segment.text());
                continue;
            }
            String literal = segment.text();
            int place = 0;
            for (int control : controls(tokenizer.encode(literal, SPECIAL))) {
                String spelling = tokenizer.token(control);
                int found = literal.indexOf(spelling, place);
                if (found < 0) {
                    throw new IllegalStateException("token " + control + " came out of a text without its spelling");
                }
                flush(plain.append(literal, place, found), ids);
                ids.add(control);
                place = found + spelling.length();
            }
            plain.append(literal, place, literal.length());
        }
        flush(plain, ids);
        return ids.build().toArray();
    }

    private void flush(StringBuilder plain, IntStream.Builder ids) {
        for (int id : tokenizer.encode(plain.toString(), PLAIN)) {
            ids.add(id);
        }
        plain.setLength(0);
    }

    private List<Integer> controls(int[] ids) {
        return Arrays.stream(ids).filter(tokenizer::isControl).boxed().toList();
    }
}
