package org.ryzanstein.backend.cpu;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * Attention of a recorded step. Queries are taken in the order (KV head, token, query head), so that neighbours share keys and
 * values. Each member takes a run of them that sees as many positions as every other's.
 */
final class AttentionOperation {
    private final int layer;
    /** Query heads, those of one KV head side by side. */
    private final int[] heads;

    private final int[] kvHeadOf;
    private final AttentionKernel[] kernels; // one a member
    private final QueryTile[] tiles; // one a member

    AttentionOperation(int layer, int[] kvHeadOf, AttentionKernel[] kernels, QueryTile[] tiles) {
        this.layer = layer;
        this.kvHeadOf = kvHeadOf.clone();
        this.heads = IntStream.range(0, kvHeadOf.length)
                .boxed()
                .sorted(Comparator.comparingInt(head -> kvHeadOf[head]))
                .mapToInt(Integer::intValue)
                .toArray();
        this.kernels = kernels;
        this.tiles = tiles;
    }

    void run(CpuStep step, StepBatch batch, int member) {
        long positions = 0;
        for (int token = 0; token < batch.tokens(); token++) {
            positions += batch.position(token) + 1L;
        }
        long all = positions * heads.length;
        long from = all * member / kernels.length;
        long to = all * (member + 1) / kernels.length;
        for (int first = 0; first < heads.length; ) {
            int end = first;
            while (end < heads.length && kvHeadOf[heads[end]] == kvHeadOf[heads[first]]) {
                end++;
            }
            if (positions * first < to && positions * end > from) {
                attend(step, batch, member, first, end, from - positions * first, to - positions * first);
            }
            first = end;
        }
    }

    /**
     * Attends for those queries of a KV head that are the member's.
     *
     * @param from positions that are seen by queries before the member's first
     * @param to those seen by all up to its last
     */
    private void attend(CpuStep step, StepBatch batch, int member, int first, int end, long from, long to) {
        QueryTile tile = tiles[member];
        int kvHead = kvHeadOf[heads[first]];
        long seen = 0;
        tile.clear(0, kvHead);
        for (int token = 0; token < batch.tokens() && seen < to; token++) {
            int position = batch.position(token);
            int slot = batch.slot(token);
            for (int i = first; i < end; i++, seen += position + 1L) {
                if (seen < from || seen >= to) {
                    continue;
                }
                if (tile.isFull() || tile.slot() != slot) {
                    flush(step, batch, member);
                    tile.clear(slot, kvHead);
                }
                tile.add(token, position, heads[i]);
            }
        }
        flush(step, batch, member);
    }

    private void flush(CpuStep step, StepBatch batch, int member) {
        QueryTile tile = tiles[member];
        if (tile.count() == 0) {
            return;
        }
        kernels[member].run(batch, layer, tile);
        for (int i = 0; i < tile.count(); i++) {
            if (tile.faulted(i)) {
                step.fault(tile.token(i));
            }
        }
    }
}
