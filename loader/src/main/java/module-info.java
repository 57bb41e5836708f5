/** From model files to running tokens: formats, tokenizers, forward pass, scheduler, the embeddable engine. */
@SuppressWarnings("module") // The server, which alone sees parallel, is built after this module.
module org.ryzanstein.loader {
    requires transitive org.ryzanstein.api;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires static org.jspecify;

    exports org.ryzanstein.loader;
    exports org.ryzanstein.loader.affinity;
    exports org.ryzanstein.loader.cluster;
    exports org.ryzanstein.loader.engine;
    exports org.ryzanstein.loader.format;
    exports org.ryzanstein.loader.parallel to
            org.ryzanstein.server;
    exports org.ryzanstein.loader.progress;
    exports org.ryzanstein.loader.quantize;
    exports org.ryzanstein.loader.sampling;
    exports org.ryzanstein.loader.synthesize;
    exports org.ryzanstein.loader.template;
    exports org.ryzanstein.loader.tokenizer;

    uses org.ryzanstein.api.kernel.ThreadAffinity;
}
