/** Reference kernels in plain Java, always available. */
module org.ryzanstein.backend.scalar {
    requires org.ryzanstein.api;
    requires static org.jspecify;
}
