package org.ryzanstein.loader.ranks;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterException;

/**
 * A step on its way from the leader to all ranks: what KV blocks slots have got since the last one, then each token's id, slot,
 * position, and what is wanted of it. A short one takes one broadcast, a longer one a second. Nothing is allocated for a step
 * once the arrays are large enough.
 */
final class StepMessage {
    /** What the ranks are to do. */
    private static final int RUN = 1;

    private static final int LEAVE = 2;

    private static final int HEADER = 64;
    private static final int FIRST = 4;
    private static final int ROOT = 0;

    private final int maxSlots;
    private final int maxBlocks;
    private final int kvBlocks;
    private final int[] header = new int[HEADER];
    private final HostMemory headerMemory = HostMemory.of(header);
    private int[] rest = new int[0];
    private HostMemory restMemory = HostMemory.of(rest);

    /** Of each slot, the blocks that it has. */
    private final int[] @Nullable [] placements;

    private final BitSet changed = new BitSet();

    /**
     * Makes one for either end.
     *
     * @param maxSlots sequences of a batch
     * @param maxBlocks KV blocks of a sequence
     * @param kvBlocks KV blocks of the cache
     */
    StepMessage(int maxSlots, int maxBlocks, int kvBlocks) {
        this.maxSlots = maxSlots;
        this.maxBlocks = maxBlocks;
        this.kvBlocks = kvBlocks;
        placements = new int[maxSlots][];
    }

    /** Notes a slot's blocks for the next step. */
    void place(int slot, int[] blocks) {
        placements[slot] = blocks;
        changed.set(slot);
    }

    /** To a new group, the blocks of all slots must be told again. */
    void repeatPlacements() {
        for (int slot = 0; slot < maxSlots; slot++) {
            changed.set(slot, placements[slot] != null);
        }
    }

    /** Sends a step from the leader. */
    void send(StepBatch batch, Communicator communicator) {
        int length = 4 * batch.tokens();
        for (int slot = changed.nextSetBit(0); slot >= 0; slot = changed.nextSetBit(slot + 1)) {
            length += 2 + placement(slot).length;
        }
        boolean inHeader = length <= HEADER - FIRST;
        int[] target = inHeader ? header : room(length);
        int at = inHeader ? FIRST : 0;
        for (int slot = changed.nextSetBit(0); slot >= 0; slot = changed.nextSetBit(slot + 1)) {
            int[] blocks = placement(slot);
            target[at++] = slot;
            target[at++] = blocks.length;
            System.arraycopy(blocks, 0, target, at, blocks.length);
            at += blocks.length;
        }
        for (int token = 0; token < batch.tokens(); token++) {
            target[at++] = batch.id(token);
            target[at++] = batch.slot(token);
            target[at++] = batch.position(token);
            target[at++] = batch.wanted(token);
        }
        header[0] = RUN;
        header[1] = length;
        header[2] = batch.tokens();
        header[3] = changed.cardinality();
        communicator.broadcast(headerMemory, HEADER, ROOT, HostQueue.INSTANCE).await();
        if (!inHeader) {
            communicator.broadcast(restMemory, length, ROOT, HostQueue.INSTANCE).await();
        }
        changed.clear();
    }

    /** Tells the ranks to leave the group. */
    void sendLeave(Communicator communicator) {
        Arrays.fill(header, 0);
        header[0] = LEAVE;
        communicator.broadcast(headerMemory, HEADER, ROOT, HostQueue.INSTANCE).await();
    }

    /**
     * Receives a step.
     *
     * @return false if the rank is to leave
     * @throws ClusterException if the message can't be right
     */
    boolean receive(StepBatch batch, Communicator communicator) {
        communicator.broadcast(headerMemory, HEADER, ROOT, HostQueue.INSTANCE).await();
        if (header[0] == LEAVE) {
            return false;
        }
        int length = header[1];
        int tokens = header[2];
        int slots = header[3];
        long longest = 4L * batch.capacity() + (long) maxSlots * (2L + maxBlocks);
        if (header[0] != RUN
                || tokens < 0
                || tokens > batch.capacity()
                || slots < 0
                || slots > maxSlots
                || length < 4L * tokens
                || length > longest) {
            throw new ClusterException("the leader sent a step of " + tokens + " tokens and " + slots + " slots in "
                    + length + " words, kind " + header[0]);
        }
        boolean inHeader = length <= HEADER - FIRST;
        if (!inHeader) {
            room(length);
            communicator.broadcast(restMemory, length, ROOT, HostQueue.INSTANCE).await();
        }
        int[] source = inHeader ? header : rest;
        int start = inHeader ? FIRST : 0;
        try {
            read(batch, source, start, start + length, tokens, slots);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ClusterException("the leader sent a step that can't be right: " + e.getMessage(), e);
        }
        return true;
    }

    private void read(StepBatch batch, int[] source, int start, int end, int tokens, int slots) {
        int at = start;
        for (int i = 0; i < slots; i++) {
            int slot = Objects.checkIndex(source[at++], maxSlots);
            int count = source[at++];
            if (count < 0 || count > maxBlocks) {
                throw new IllegalArgumentException("slot " + slot + " with " + count + " blocks");
            }
            for (int index = 0; index < count; index++) {
                batch.setBlock(slot, index, Objects.checkIndex(source[at++], kvBlocks));
            }
        }
        if (end - at != 4 * tokens) {
            throw new IllegalArgumentException((end - at) + " words for " + tokens + " tokens");
        }
        batch.clear();
        for (int token = 0; token < tokens; token++, at += 4) {
            batch.add(source[at], source[at + 1], source[at + 2], source[at + 3]);
        }
    }

    private int[] placement(int slot) {
        return Objects.requireNonNull(placements[slot]);
    }

    private int[] room(int length) {
        if (rest.length < length) {
            rest = new int[Math.max(length, 2 * rest.length)];
            restMemory = HostMemory.of(rest);
        }
        return rest;
    }
}
