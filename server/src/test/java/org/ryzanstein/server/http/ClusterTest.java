package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.ryzanstein.server.fake.FakeCluster;
import org.ryzanstein.server.fake.FakeEngine;

class ClusterTest {
    @Test
    void saysThatAProcessIsAlone() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine())) {
            TestServer.Reply reply = server.get("/v1/cluster");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.json().path("world_size").asInt()).isEqualTo(1);
            assertThat(reply.json().path("ranks")).isEmpty();
            assertThat(reply.json().path("recovery_count").asInt()).isZero();
            assertThat(reply.json().path("plan").isTextual()).isFalse();
        }
    }

    @Test
    void showsRanksSparesAndRecoveries() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().leading(FakeCluster.status()))) {
            JsonNode cluster = server.get("/v1/cluster").json();
            assertThat(cluster.path("world_size").asInt()).isEqualTo(2);
            assertThat(cluster.path("epoch").asInt()).isEqualTo(5);
            assertThat(cluster.path("plan").asText()).isEqualTo("all-split");
            assertThat(cluster.path("plan_reason").asText()).isEqualTo("asked for");
            assertThat(cluster.path("transport").asText()).isEqualTo("tcp, rank 0 of 2");
            assertThat(cluster.path("formations").asInt()).isEqualTo(4);
            assertThat(cluster.path("steps").asInt()).isEqualTo(1000);
            assertThat(cluster.path("step_seconds").asDouble()).isEqualTo(2.0);
            assertThat(cluster.path("exchange_seconds").asDouble()).isEqualTo(0.5);
            assertThat(cluster.path("spares").path(0).asText()).contains("process 33 on gamma");

            JsonNode rank = cluster.path("ranks").path(1);
            assertThat(rank.path("rank").asInt()).isEqualTo(1);
            assertThat(rank.path("host").asText()).isEqualTo("beta");
            assertThat(rank.path("process_id").asInt()).isEqualTo(22);
            assertThat(rank.path("address").asText()).isEqualTo("10.0.0.2:7420");
            assertThat(rank.path("backend").asText()).isEqualTo("scalar");
            assertThat(rank.path("threads").asInt()).isEqualTo(1);
            assertThat(rank.path("shard").asText()).isEqualTo("heads 10-19 of 20");
            assertThat(rank.path("packed_bytes").asInt()).isEqualTo(1_400_000);

            JsonNode recovery = cluster.path("recoveries").path(0);
            assertThat(cluster.path("recovery_count").asInt()).isEqualTo(1);
            assertThat(recovery.path("time").asText()).isEqualTo("2026-11-22T05:00:00Z");
            assertThat(recovery.path("cause").asText()).isEqualTo("rank 2 is dead");
            assertThat(recovery.path("ranks_before").asInt()).isEqualTo(3);
            assertThat(recovery.path("ranks_after").asInt()).isEqualTo(2);
            assertThat(recovery.path("seconds").asDouble()).isEqualTo(0.25);
        }
    }

    @Test
    void hasNoneWhileTheModelLoads() throws IOException {
        try (TestServer server = TestServer.loading()) {
            assertThat(server.get("/v1/cluster").status()).isEqualTo(503);
        }
    }
}
