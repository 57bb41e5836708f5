/** What the CPU backends share; not a backend by itself. */
module org.ryzanstein.backend.cpu {
    requires transitive org.ryzanstein.api;
    requires static org.jspecify;

    exports org.ryzanstein.backend.cpu;

    provides org.ryzanstein.api.kernel.ThreadAffinity with
            org.ryzanstein.backend.cpu.LinuxThreadAffinity;
}
