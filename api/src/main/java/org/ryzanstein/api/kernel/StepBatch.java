package org.ryzanstein.api.kernel;

import java.util.Arrays;

/**
 * The tokens of one step: of several sequences, each sequence's tokens adjacent and with rising positions. It is allocated
 * once and refilled for each step.
 *
 * <p>For each token: its id, the slot of its sequence, its absolute position, and what is wanted of the output head. For each
 * slot: the block table, which gives the KV block of every range of positions.
 */
public final class StepBatch {
    /** {@link #wanted}: all logits of this token. */
    public static final int DISTRIBUTION = -1;

    private final int[] ids;
    private final int[] slots;
    private final int[] positions;
    private final int[] wanted;
    private final int[] outputs;
    private final int[][] blockTables;
    private int tokens;
    private int outputCount;

    /**
     * Makes room.
     *
     * @param maxTokens tokens of one step
     * @param maxSlots sequences that can be known at a time
     * @param maxBlocks blocks of one sequence
     */
    public StepBatch(int maxTokens, int maxSlots, int maxBlocks) {
        ids = new int[maxTokens];
        slots = new int[maxTokens];
        positions = new int[maxTokens];
        wanted = new int[maxTokens];
        outputs = new int[maxTokens];
        blockTables = new int[maxSlots][maxBlocks];
    }

    /** Forgets the tokens; block tables stay. */
    public void clear() {
        tokens = 0;
        outputCount = 0;
    }

    /**
     * Adds a token.
     *
     * @param wanted 0: nothing; n > 0: the n best candidates; {@link #DISTRIBUTION}: all logits
     */
    public void add(int id, int slot, int position, int wanted) {
        if (tokens == ids.length) {
            throw new IllegalStateException("step batch is full: " + tokens + " tokens");
        }
        if (slot < 0 || slot >= blockTables.length || position < 0 || wanted < DISTRIBUTION) {
            throw new IllegalArgumentException(
                    "token " + id + ": slot " + slot + ", position " + position + ", wanted " + wanted);
        }
        if (tokens > 0 && slots[tokens - 1] == slot && positions[tokens - 1] >= position) {
            throw new IllegalArgumentException(
                    "slot " + slot + ": position " + position + " after " + positions[tokens - 1]);
        }
        ids[tokens] = id;
        slots[tokens] = slot;
        positions[tokens] = position;
        this.wanted[tokens] = wanted;
        if (wanted != 0) {
            outputs[outputCount++] = tokens;
        }
        tokens++;
    }

    /** Says which KV block holds the positions {@code index * blockPositions ..} of a slot. */
    public void setBlock(int slot, int index, int block) {
        blockTables[slot][index] = block;
    }

    public int capacity() {
        return ids.length;
    }

    public int tokens() {
        return tokens;
    }

    public int id(int token) {
        return ids[token];
    }

    public int slot(int token) {
        return slots[token];
    }

    public int position(int token) {
        return positions[token];
    }

    /** What is wanted of the head for this token. */
    public int wanted(int token) {
        return wanted[token];
    }

    /** Number of tokens of which something is wanted. */
    public int outputs() {
        return outputCount;
    }

    /** The token that output row {@code row} belongs to. */
    public int outputToken(int row) {
        return outputs[row];
    }

    public int block(int slot, int index) {
        return blockTables[slot][index];
    }

    @Override
    public String toString() {
        return "StepBatch[" + tokens + " tokens, positions " + Arrays.toString(Arrays.copyOf(positions, tokens)) + "]";
    }
}
