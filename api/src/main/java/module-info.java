/** The contracts: weights, kernel SPI, communication SPI, provider selection, and the arithmetic that all share. */
module org.ryzanstein.api {
    requires static transitive org.jspecify;

    exports org.ryzanstein.api.comm;
    exports org.ryzanstein.api.kernel;
    exports org.ryzanstein.api.numerics;
    exports org.ryzanstein.api.provider;
    exports org.ryzanstein.api.weight;

    uses org.ryzanstein.api.comm.CommunicatorProvider;
    uses org.ryzanstein.api.kernel.KernelBackendProvider;
}
