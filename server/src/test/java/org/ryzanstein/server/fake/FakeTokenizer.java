package org.ryzanstein.server.fake;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.ryzanstein.loader.tokenizer.Detokenizer;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/** One token a byte, and three control tokens. */
public final class FakeTokenizer implements Tokenizer {
    public static final int BOS = 256;
    public static final int EOS = 257;
    public static final int EOT = 258;
    public static final int SIZE = 259;

    private static final List<String> CONTROL = List.of("<|bos|>", "<|eos|>", "<|eot|>");

    @Override
    public int vocabularySize() {
        return SIZE;
    }

    @Override
    public int[] encode(String text, EncodeOptions options) {
        List<Integer> ids = new ArrayList<>();
        if (options.addBos()) {
            ids.add(BOS);
        }
        int place = 0;
        while (place < text.length()) {
            int control = options.parseSpecial() ? controlAt(text, place) : -1;
            if (control >= 0) {
                ids.add(BOS + control);
                place += CONTROL.get(control).length();
            } else {
                int next = text.offsetByCodePoints(place, 1);
                for (byte value : text.substring(place, next).getBytes(StandardCharsets.UTF_8)) {
                    ids.add(value & 0xff);
                }
                place = next;
            }
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int controlAt(String text, int place) {
        for (int i = 0; i < CONTROL.size(); i++) {
            if (text.startsWith(CONTROL.get(i), place)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String token(int id) {
        return id >= BOS ? CONTROL.get(id - BOS) : id < 0x80 ? String.valueOf((char) id) : "<0x%02X>".formatted(id);
    }

    @Override
    public byte[] bytes(int id) {
        return id >= BOS ? new byte[0] : new byte[] {(byte) id};
    }

    @Override
    public boolean isControl(int id) {
        return id >= BOS;
    }

    @Override
    public OptionalInt bos() {
        return OptionalInt.of(BOS);
    }

    @Override
    public OptionalInt eos() {
        return OptionalInt.of(EOS);
    }

    @Override
    public Set<Integer> endOfGeneration() {
        return Set.of(EOS, EOT);
    }

    @Override
    public String decode(int[] ids, boolean renderControl) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(isControl(id) && renderControl ? token(id).getBytes(StandardCharsets.UTF_8) : bytes(id));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public Detokenizer detokenizerAfter(int[] prompt, boolean renderControl) {
        return detokenizer(renderControl);
    }

    @Override
    public Detokenizer detokenizer(boolean renderControl) {
        throw new UnsupportedOperationException("the fake engine cuts characters itself");
    }

    @Override
    public String describe() {
        return "one token a byte";
    }
}
