package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.ryzanstein.api.comm.OperationStatistics;
import org.ryzanstein.loader.cluster.ClusterStatus;

/** A group of ranks at a moment, as a worker tells it: counters that grow, of which two moments give what a test took. */
final class RankStatus {
    private RankStatus() {}

    static ObjectNode json(ClusterStatus status) {
        long collectives = 0;
        long bytes = 0;
        for (OperationStatistics one : status.operations()) {
            collectives += one.count();
            bytes += one.bytes();
        }
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("formations", status.formations())
                .put("plan", status.plan())
                .put("plan_reason", status.planReason())
                .put("transport", status.transport())
                .put("link_latency_us", status.link().latencyNanos() / 1e3)
                .put("link_bytes_per_second", status.link().bytesPerSecond())
                .put("steps", status.steps())
                .put("step_nanos", status.stepNanos())
                .put("exchange_nanos", status.exchangeNanos())
                .put("operations", collectives)
                .put("exchanged_bytes", bytes);
        ArrayNode ranks = node.putArray("members");
        for (ClusterStatus.Rank rank : status.ranks()) {
            ranks.addObject()
                    .put("rank", rank.rank())
                    .put("threads", rank.threads())
                    .put("backend", rank.backend())
                    .put("shard", rank.shard())
                    .put("packed_bytes", rank.packedBytes());
        }
        ArrayNode kinds = node.putArray("operation_times");
        for (OperationStatistics one : status.operations()) {
            kinds.addObject()
                    .put("kind", one.kind().name())
                    .put("count", one.count())
                    .put("bytes", one.bytes())
                    .put("median_us", one.medianNanos() / 1e3)
                    .put("p95_us", one.p95Nanos() / 1e3)
                    .put("p99_us", one.p99Nanos() / 1e3);
        }
        return node;
    }
}
