/** Collectives through NCCL. */
module org.ryzanstein.comm.nccl {
    requires org.ryzanstein.api;
    requires static org.jspecify;

    provides org.ryzanstein.api.comm.CommunicatorProvider with
            org.ryzanstein.comm.nccl.NcclCommunicatorProvider;
}
