package org.ryzanstein.loader.affinity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that tells of a machine as Linux does. */
public final class MadeTopology {
    private final Path root;

    public MadeTopology(Path root) {
        this.root = root;
    }

    public Path root() {
        return root;
    }

    public MadeTopology file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return this;
    }

    public MadeTopology allowed(String list) throws IOException {
        return file("proc/thread-self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\n");
    }

    /** A core with these hardware threads. */
    public MadeTopology core(int... processors) throws IOException {
        String siblings = "";
        for (int processor : processors) {
            siblings += (siblings.isEmpty() ? "" : ",") + processor;
        }
        for (int processor : processors) {
            file("sys/devices/system/cpu/cpu" + processor + "/topology/thread_siblings_list", siblings + "\n");
        }
        return this;
    }

    public MadeTopology nodes(String online) throws IOException {
        return file("sys/devices/system/node/online", online + "\n");
    }

    public MadeTopology node(int number, String processors) throws IOException {
        return file("sys/devices/system/node/node" + number + "/cpulist", processors + "\n");
    }

    public Topology read() throws IOException {
        return Topology.read(root);
    }
}
