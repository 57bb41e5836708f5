/** Collectives through NCCL. */
module org.ryzanstein.comm.nccl {
    requires org.ryzanstein.api;
    requires static org.jspecify;
}
