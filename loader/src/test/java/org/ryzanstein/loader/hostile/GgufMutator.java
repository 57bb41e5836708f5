package org.ryzanstein.loader.hostile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.ryzanstein.loader.hostile.GgufDraft.Array;
import org.ryzanstein.loader.hostile.GgufDraft.Fixed;
import org.ryzanstein.loader.hostile.GgufDraft.Pair;
import org.ryzanstein.loader.hostile.GgufDraft.Tensor;
import org.ryzanstein.loader.hostile.GgufDraft.Text;
import org.ryzanstein.loader.hostile.GgufDraft.Value;

/** Changes GGUF files: mostly one part of a well-formed header, else bytes of it. */
final class GgufMutator {
    private final String prefix;

    /** @param prefix only pairs whose key begins so are changed, and no tensors unless it is empty */
    GgufMutator(String prefix) {
        this.prefix = prefix;
    }

    byte[] mutate(GgufDraft original, SplittableRandom random) {
        GgufDraft draft = original.copy();
        boolean tensors = prefix.isEmpty() && !draft.tensors.isEmpty();
        int kind = random.nextInt(16);
        if (kind == 0) {
            changeCounts(draft, random);
        } else if (kind == 1) {
            byte[] bytes = draft.bytes();
            return Odd.bytes(bytes, 24, prefix.isEmpty() ? draft.header().length : bytes.length, random);
        } else if (kind == 2) {
            draft.data = Odd.bytes(draft.data, 0, draft.data.length, random);
        } else {
            for (int n = 1 + random.nextInt(2) * random.nextInt(3); n > 0; n--) {
                if (tensors && random.nextBoolean()) {
                    changeTensor(draft, random);
                } else {
                    changePair(draft, random);
                }
            }
        }
        return draft.bytes();
    }

    private static void changeCounts(GgufDraft draft, SplittableRandom random) {
        switch (random.nextInt(4)) {
            case 0 -> draft.magic = (int) Odd.number(random, draft.magic);
            case 1 -> draft.version = (int) Odd.number(random, random.nextBoolean() ? 3 : 3 << 24);
            case 2 -> draft.morePairs = Odd.number(random, 1);
            default -> draft.moreTensors = Odd.number(random, 1);
        }
    }

    private void changePair(GgufDraft draft, SplittableRandom random) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < draft.pairs.size(); i++) {
            if (draft.pairs.get(i).name().startsWith(prefix)) {
                places.add(i);
            }
        }
        if (places.isEmpty()) {
            return;
        }
        int at = Odd.of(places, random);
        Pair pair = draft.pairs.get(at);
        switch (random.nextInt(10)) {
            case 0 -> draft.pairs.set(at, new Pair(pair.key(), (int) Odd.number(random, 9), pair.value()));
            case 1 -> {
                int type = random.nextInt(13);
                draft.pairs.set(at, new Pair(pair.key(), type, value(type, random)));
            }
            case 2 -> draft.pairs.set(at, new Pair(key(draft, random), pair.type(), pair.value()));
            case 3 -> draft.pairs.remove(at);
            case 4 -> {
                Pair other = draft.pairs.get(Odd.of(places, random));
                draft.pairs.set(at, new Pair(pair.key(), other.type(), other.value()));
            }
            default ->
                draft.pairs.set(at, new Pair(pair.key(), pair.type(), changed(pair.type(), pair.value(), random)));
        }
    }

    private static Text key(GgufDraft draft, SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> Odd.of(draft.pairs, random).key();
            case 1 -> Text.of("k".repeat(random.nextInt(65_530, 65_540)));
            case 2 -> new Text(Odd.number(random, 20), Odd.textBytes(random));
            default -> Text.of(Odd.textBytes(random));
        };
    }

    private static Value value(int type, SplittableRandom random) {
        return switch (type) {
            case GgufDraft.STRING -> Text.of(Odd.textBytes(random));
            case GgufDraft.ARRAY -> {
                int element = random.nextInt(13);
                List<Value> elements = new ArrayList<>();
                for (int n = random.nextInt(8); n > 0; n--) {
                    elements.add(element == GgufDraft.ARRAY ? value(GgufDraft.ARRAY, random) : value(element, random));
                }
                yield Array.of(element, elements);
            }
            default -> new Fixed(Odd.littleEndian(Odd.number(random, 64), GgufDraft.width(type)));
        };
    }

    private static Value changed(int type, Value value, SplittableRandom random) {
        return switch (value) {
            case Fixed fixed -> new Fixed(Odd.littleEndian(number(type, fixed, random), fixed.bytes().length));
            case Text text ->
                switch (random.nextInt(4)) {
                    case 0 -> new Text(Odd.number(random, text.length()), text.bytes());
                    case 1 -> Text.of(Odd.bytes(text.bytes(), 0, text.bytes().length, random));
                    default -> Text.of(Odd.textBytes(random));
                };
            case Array array -> changed(array, random);
        };
    }

    private static long number(int type, Fixed fixed, SplittableRandom random) {
        long old = 0;
        for (int i = fixed.bytes().length - 1; i >= 0; i--) {
            old = old << 8 | (fixed.bytes()[i] & 0xFF);
        }
        if (type == GgufDraft.FLOAT32 && random.nextBoolean()) {
            float[] odd = {0, -0f, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE, 1e-30f};
            return Float.floatToRawIntBits(odd[random.nextInt(odd.length)]);
        }
        return Odd.number(random, old);
    }

    private static Array changed(Array array, SplittableRandom random) {
        List<Value> elements = new ArrayList<>(array.elements());
        int at = elements.isEmpty() ? 0 : random.nextInt(elements.size());
        switch (random.nextInt(9)) {
            case 0 -> {
                return new Array((int) Odd.number(random, 8), array.count(), array.elements());
            }
            case 1 -> {
                return new Array(array.type(), Odd.number(random, array.count()), array.elements());
            }
            case 2 -> {
                return Array.of(array.type(), elements.subList(0, at));
            }
            case 3 -> {
                return Array.of(GgufDraft.ARRAY, List.of(array, array));
            }
            case 4 -> elements.add(at, value(array.type(), random));
            case 5 -> Collections.swap(elements, at, random.nextInt(Math.max(1, elements.size())));
            case 6 -> {
                Value doubled = elements.isEmpty() ? value(array.type(), random) : elements.get(at);
                elements.set(random.nextInt(Math.max(1, elements.size())), doubled);
            }
            default -> {
                for (int n = 1 + random.nextInt(3); n > 0 && !elements.isEmpty(); n--) {
                    int place = random.nextInt(elements.size());
                    elements.set(place, changed(array.type(), elements.get(place), random));
                }
            }
        }
        return Array.of(array.type(), elements);
    }

    private static void changeTensor(GgufDraft draft, SplittableRandom random) {
        if (draft.tensors.isEmpty()) {
            return;
        }
        int at = random.nextInt(draft.tensors.size());
        Tensor tensor = draft.tensors.get(at);
        Tensor other = Odd.of(draft.tensors, random);
        switch (random.nextInt(12)) {
            case 0 -> draft.tensors.remove(at);
            case 1 -> draft.tensors.add(tensor);
            case 2 -> draft.tensors.set(at, named(tensor, other.name()));
            case 3 -> {
                Text name = random.nextBoolean()
                        ? Text.of(Odd.textBytes(random))
                        : new Text(Odd.number(random, 12), tensor.name().bytes());
                draft.tensors.set(at, named(tensor, name));
            }
            case 4 -> draft.tensors.set(at, typed(tensor, (int) Odd.number(random, 41)));
            case 5 -> draft.tensors.set(at, typed(tensor, random.nextInt(42)));
            case 6 -> draft.tensors.set(at, placed(tensor, Odd.number(random, tensor.offset())));
            case 7 -> draft.tensors.set(at, placed(tensor, other.offset() + 32L * random.nextInt(-2, 3)));
            case 8 -> draft.tensors.set(at, sized(tensor, other.sizes()));
            case 9 -> {
                List<Long> sizes = new ArrayList<>(tensor.sizes());
                for (int n = random.nextInt(4); n > 0; n--) {
                    sizes.add(1L);
                }
                int dimensions = random.nextBoolean() ? sizes.size() : (int) Odd.number(random, sizes.size());
                draft.tensors.set(at, new Tensor(tensor.name(), dimensions, sizes, tensor.type(), tensor.offset()));
            }
            default -> {
                Long[] sizes = tensor.sizes().toArray(Long[]::new);
                for (int n = 1 + random.nextInt(2); n > 0; n--) {
                    int place = random.nextInt(sizes.length);
                    sizes[place] = Odd.number(random, sizes[place]);
                }
                draft.tensors.set(at, sized(tensor, Arrays.asList(sizes)));
            }
        }
    }

    private static Tensor named(Tensor tensor, Text name) {
        return new Tensor(name, tensor.dimensions(), tensor.sizes(), tensor.type(), tensor.offset());
    }

    private static Tensor typed(Tensor tensor, int type) {
        return new Tensor(tensor.name(), tensor.dimensions(), tensor.sizes(), type, tensor.offset());
    }

    private static Tensor placed(Tensor tensor, long offset) {
        return new Tensor(tensor.name(), tensor.dimensions(), tensor.sizes(), tensor.type(), offset);
    }

    private static Tensor sized(Tensor tensor, List<Long> sizes) {
        return new Tensor(tensor.name(), sizes.size(), List.copyOf(sizes), tensor.type(), tensor.offset());
    }
}
