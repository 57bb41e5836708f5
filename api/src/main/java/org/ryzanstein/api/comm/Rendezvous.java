package org.ryzanstein.api.comm;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * What a rank must know to join its group.
 *
 * @param rank this process's rank
 * @param addresses where each rank listens, by rank
 * @param epoch number of this formation of the group; frames of older epochs are dropped
 * @param secret the secret by which the peers authenticate each other
 */
public record Rendezvous(int rank, List<InetSocketAddress> addresses, long epoch, byte[] secret) {
    public Rendezvous {
        addresses = List.copyOf(addresses);
        secret = secret.clone();
        if (rank < 0 || rank >= addresses.size()) {
            throw new IllegalArgumentException("rank " + rank + " of " + addresses.size() + " ranks");
        }
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    public int worldSize() {
        return addresses.size();
    }
}
