package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.server.bench.ScalingModel.Link;
import org.ryzanstein.server.bench.ScalingModel.Shape;

/** What the model of scaling says of hosts that were not measured, and which link each target needs. */
final class ScalingForecast {
    private static final List<Integer> HOSTS = List.of(2, 4, 8);
    private static final double GIGABIT = 1e9 / 8;
    /**
     * Assumed, not measured: with kernel TCP and polling the software alone takes 6 us (docs/performance/exchange-loopback.txt);
     * interrupts, two adapters and a switch come on top. RDMA adapters move 4 KB in about 2.3 us (ib_send_lat).
     */
    static final List<Link> LINKS = List.of(
            new Link("10 GbE, kernel TCP", 30e-6, 10 * GIGABIT),
            new Link("100 GbE, kernel TCP", 15e-6, 100 * GIGABIT),
            new Link("RDMA, 100 Gbit/s", 3e-6, 100 * GIGABIT));

    /** Speed-ups that the project aims at over 2, 4 and 8 nodes, and shares of the ideal over as many GPUs. */
    private static final double[] NODE_TARGETS = {1.8, 3.5, 7.5};

    private static final double[] GPU_EFFICIENCY = {0.83, 0.67, 0.52};

    private ScalingForecast() {}

    /** The shape of a model, of the embedded one where there is none. */
    static Shape shapeOf(Optional<Path> model) {
        if (model.isPresent()) {
            return shapeOf(model.get());
        }
        try (EmbeddedModel embedded = EmbeddedModel.extract()) {
            return shapeOf(embedded.path());
        }
    }

    private static Shape shapeOf(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            Hyperparameters shape = file.hyperparameters();
            return new Shape(
                    shape.layers(),
                    new Shard.Sizes(
                            shape.heads(),
                            shape.kvHeads(),
                            shape.feedForwardSize(),
                            shape.hiddenSize(),
                            shape.vocabularySize()),
                    shape.headDim(),
                    file.architecture().equals(ModelFile.BITNET_B158));
        }
    }

    /** The forecast as a section of the report. */
    static ObjectNode json(ScalingModel model) {
        ObjectNode root = JsonNodeFactory.instance
                .objectNode()
                .put("weight_bytes_per_second", Math.rint(model.bytesPerSecond()))
                .put("weight_bytes_per_token", model.layerBytes() + model.headBytes())
                .put("seconds_alone", model.secondsAlone());
        ArrayNode links = root.putArray("links");
        for (Link link : LINKS) {
            links.addObject()
                    .put("link", link.name())
                    .put("assumed_latency_us", link.latency() * 1e6)
                    .put("bytes_per_second", link.bytesPerSecond());
        }
        ArrayNode predictions = root.putArray("predictions");
        ArrayNode targets = root.putArray("targets");
        for (int i = 0; i < HOSTS.size(); i++) {
            int hosts = HOSTS.get(i);
            for (Link link : LINKS) {
                predictions.add(prediction(model, hosts, link));
            }
            targets.add(target(model, hosts, NODE_TARGETS[i], "nodes"));
            targets.add(target(model, hosts, hosts * GPU_EFFICIENCY[i], "GPUs"));
            targets.add(target(model, hosts, 1, "any gain"));
        }
        return root;
    }

    private static ObjectNode prediction(ScalingModel model, int hosts, Link link) {
        ShardPlan plan = model.best(hosts, link);
        return JsonNodeFactory.instance
                .objectNode()
                .put("hosts", hosts)
                .put("link", link.name())
                .put("plan", plan.label())
                .put("collectives", model.collectives(plan))
                .put("payload_bytes", model.payloadBytes(plan, hosts))
                .put("compute_ms", 1e3 * model.secondsAlone() * model.largestShare(plan, hosts))
                .put("latency_ms", 1e3 * model.collectives(plan) * link.latency())
                .put("payload_ms", 1e3 * model.payloadBytes(plan, hosts) / link.bytesPerSecond())
                .put("tokens_per_second", 1 / model.seconds(plan, hosts, link))
                .put("speedup", model.speedup(plan, hosts, link));
    }

    /** With the payload at 100 Gbit/s; a negative latency is out of reach whatever the link. */
    private static ObjectNode target(ScalingModel model, int hosts, double speedup, String what) {
        double latency = model.latencyFor(speedup, hosts, LINKS.getLast().bytesPerSecond());
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("hosts", hosts)
                .put("what", what)
                .put("speedup", speedup)
                .put("latency_us", latency * 1e6);
        LINKS.stream()
                .filter(link -> model.speedup(model.best(hosts, link), hosts, link) >= speedup)
                .findFirst()
                .ifPresent(link -> node.put("link", link.name()));
        return node;
    }
}
