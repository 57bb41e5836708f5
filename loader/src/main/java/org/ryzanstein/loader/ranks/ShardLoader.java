package org.ryzanstein.loader.ranks;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.loader.affinity.TeamBinding;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.GroupExchange;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Packs this process's shard of a model, and packs another one when the group has changed: always out of the file that was
 * mapped and checked at first, whatever has its name by now.
 */
final class ShardLoader implements AutoCloseable {
    private final ModelFile file;
    private final KernelBackendProvider provider;
    private final SpinParkTeam team;
    private final ProgressListener progress;
    private @Nullable LoadedShard loaded;
    private @Nullable ModelLimits loadedLimits;

    /**
     * Prepares to pack.
     *
     * @param file stays open longer than this
     */
    ShardLoader(ModelFile file, KernelBackendProvider provider, SpinParkTeam team, ProgressListener progress) {
        this.file = file;
        this.provider = provider;
        this.team = team;
        this.progress = progress;
    }

    /** The shard of a rank of this group; the one that is loaded already, if that is it. */
    LoadedShard load(Agreement.Terms terms, ModelLimits limits, Communicator communicator) {
        int rank = communicator.rank();
        int worldSize = communicator.worldSize();
        LoadedShard present = loaded;
        if (present != null
                && present.shard().rank() == rank
                && present.shard().worldSize() == worldSize
                && present.shard().plan() == terms.plan()
                && present.shard().exchangesKv() == terms.exchangesKv()
                && limits.equals(loadedLimits)) {
            present.use(communicator, terms.splitFrom());
            return present;
        }
        close();
        file.change().ifPresent(change -> {
            throw new ClusterException(change + "; start again with a model file that stays as it is");
        });
        LoadedShard fresh;
        try (TeamBinding.Bound _ = team.bindCallerWhile()) {
            fresh = pack(terms, limits, communicator);
        }
        fresh.use(communicator, terms.splitFrom());
        loaded = fresh;
        loadedLimits = limits;
        return fresh;
    }

    private LoadedShard pack(Agreement.Terms terms, ModelLimits limits, Communicator communicator) {
        int rank = communicator.rank();
        int worldSize = communicator.worldSize();
        GroupExchange exchange = new GroupExchange(communicator);
        KernelBackend backend = null;
        try {
            backend = provider.open(team);
            Hyperparameters shape = file.hyperparameters();
            Shard shard = Shard.of(Architectures.sizes(shape), rank, worldSize, terms.plan())
                    .exchangingKv(terms.exchangesKv());
            long total = file.tensors().values().stream()
                            .mapToLong(TensorInfo::elements)
                            .sum()
                    / worldSize;
            String what = "packing the shard of rank " + rank;
            progress.progress(what, 0, total);
            Model model = Architectures.load(file, shape, new Placement(shard, exchange), backend, limits, packed -> {
                // A group that is lost meanwhile needs another shard.
                communicator.failure().ifPresent(failure -> {
                    throw failure;
                });
                progress.progress(what, Math.min(packed, total - 1), total);
            });
            progress.progress(what, total, total);
            return new LoadedShard(shard, backend, model, exchange, limits);
        } catch (RuntimeException | Error e) {
            if (backend != null) {
                backend.close();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        if (loaded != null) {
            loaded.close();
            loaded = null;
        }
    }
}
