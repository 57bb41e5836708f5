package org.ryzanstein.comm.tcp;

import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/** Combines two sequences of words: target = target combined with source, in this order. */
final class Reduction {
    private Reduction() {}

    static void combine(ElementType type, ReduceOperation operation, int[] target, int[] source, int count) {
        switch (type) {
            case INT32 -> {
                switch (operation) {
                    case SUM -> addInts(target, source, count);
                    case MAX -> maxInts(target, source, count);
                }
            }
            case FLOAT32 -> {
                switch (operation) {
                    case SUM -> addFloats(target, source, count);
                    case MAX -> maxFloats(target, source, count);
                }
            }
        }
    }

    private static void addInts(int[] target, int[] source, int count) {
        for (int i = 0; i < count; i++) {
            target[i] += source[i];
        }
    }

    private static void maxInts(int[] target, int[] source, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = Math.max(target[i], source[i]);
        }
    }

    private static void addFloats(int[] target, int[] source, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = Float.floatToRawIntBits(Float.intBitsToFloat(target[i]) + Float.intBitsToFloat(source[i]));
        }
    }

    private static void maxFloats(int[] target, int[] source, int count) {
        for (int i = 0; i < count; i++) {
            target[i] =
                    Float.floatToRawIntBits(Math.max(Float.intBitsToFloat(target[i]), Float.intBitsToFloat(source[i])));
        }
    }
}
