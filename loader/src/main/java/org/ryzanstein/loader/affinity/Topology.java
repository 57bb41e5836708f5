package org.ryzanstein.loader.affinity;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How the processors that the calling thread may use lie on cores and memory nodes (NUMA), as Linux tells it in {@code
 * /proc/thread-self/status} and {@code /sys/devices/system}. Other processors, and nodes that have none, don't appear.
 *
 * @param processors that may be used: not those of other containers' cpusets, and none that are offline
 * @param cores that have at least one of them
 * @param nodes that have at least one of them, by rising number; one where the kernel knows no memory nodes
 */
public record Topology(BitSet processors, int cores, List<Node> nodes) {
    /** System property for tests of this program: a directory that is read in place of the root of the file system. */
    public static final String ROOT_PROPERTY = "ryzanstein.topology.root";

    private static final String STATUS = "proc/thread-self/status";
    private static final String ALLOWED = "Cpus_allowed_list:";
    private static final String NODES = "sys/devices/system/node/";
    private static final String CPUS = "sys/devices/system/cpu/";

    /** No file that is read here is longer. */
    private static final int MOST_BYTES = 1 << 16;

    public Topology {
        processors = (BitSet) processors.clone();
        nodes = List.copyOf(nodes);
    }

    @Override
    public BitSet processors() {
        return (BitSet) processors.clone();
    }

    /**
     * A memory node.
     *
     * @param number the system's
     * @param processors of it that may be used
     * @param cores of it that have at least one of them
     */
    public record Node(int number, BitSet processors, int cores) {
        public Node {
            processors = (BitSet) processors.clone();
        }

        @Override
        public BitSet processors() {
            return (BitSet) processors.clone();
        }
    }

    /**
     * The topology of this machine.
     *
     * @throws IOException as {@link #read}
     */
    public static Topology ofProcess() throws IOException {
        return read(Path.of(System.getProperty(ROOT_PROPERTY, "/")));
    }

    /** Cores that this process may use; processors, where the system doesn't tell cores. Never more than the JVM sees. */
    public static int usableCores() {
        int processors = Runtime.getRuntime().availableProcessors();
        try {
            return Math.min(ofProcess().cores(), processors);
        } catch (IOException e) {
            return processors;
        }
    }

    /**
     * Reads a topology.
     *
     * @param root of a file system
     * @throws IOException if the system does not tell, or tells what can't be understood: the message says in which file
     */
    public static Topology read(Path root) throws IOException {
        BitSet allowed = allowed(root);
        List<Node> nodes = nodes(root, allowed);
        return new Topology(allowed, nodes.stream().mapToInt(Node::cores).sum(), nodes);
    }

    private static BitSet allowed(Path root) throws IOException {
        String status = require(root, STATUS);
        String line = status.lines()
                .filter(text -> text.startsWith(ALLOWED))
                .findFirst()
                .orElseThrow(() -> new IOException(STATUS + ": no line " + ALLOWED));
        BitSet allowed = parse(STATUS + ", " + ALLOWED, line.substring(ALLOWED.length()));
        if (allowed.isEmpty()) {
            throw new IOException(STATUS + ", " + ALLOWED + " found no processor");
        }
        // A mask may hold processors that are switched off.
        Optional<String> online = text(root, CPUS + "online");
        if (online.isPresent()) {
            allowed.and(parse(CPUS + "online", online.get()));
            if (allowed.isEmpty()) {
                throw new IOException(CPUS + "online: none of the processors that may be used");
            }
        }
        return allowed;
    }

    private static int cores(Path root, BitSet processors) throws IOException {
        Set<BitSet> cores = new HashSet<>();
        for (int cpu = processors.nextSetBit(0); cpu >= 0; cpu = processors.nextSetBit(cpu + 1)) {
            String siblings = CPUS + "cpu" + cpu + "/topology/thread_siblings_list";
            cores.add(parse(siblings, require(root, siblings)));
        }
        return cores.size();
    }

    private static List<Node> nodes(Path root, BitSet allowed) throws IOException {
        Optional<String> online = text(root, NODES + "online");
        if (online.isEmpty()) {
            return List.of(new Node(0, allowed, cores(root, allowed)));
        }
        List<Node> nodes = new ArrayList<>();
        BitSet left = (BitSet) allowed.clone();
        BitSet numbers = parse(NODES + "online", online.get());
        for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
            String list = NODES + "node" + number + "/cpulist";
            BitSet own = parse(list, require(root, list));
            own.and(allowed);
            if (own.isEmpty()) {
                continue; // Memory alone, or processors of others.
            }
            BitSet taken = (BitSet) own.clone();
            taken.andNot(left);
            if (!taken.isEmpty()) {
                throw new IOException(
                        list + ": processors " + ProcessorList.format(taken) + " are on another node, too");
            }
            left.andNot(own);
            nodes.add(new Node(number, own, cores(root, own)));
        }
        if (!left.isEmpty()) {
            throw new IOException(NODES + ": processors " + ProcessorList.format(left) + " are on no node");
        }
        return nodes;
    }

    private static BitSet parse(String path, String text) throws IOException {
        try {
            return ProcessorList.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    private static String require(Path root, String path) throws IOException {
        return text(root, path).orElseThrow(() -> new IOException("there is no " + path));
    }

    /** A file's text; empty if there is no such file. */
    private static Optional<String> text(Path root, String path) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(root.resolve(path))) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException(path + " can't be read: " + e.getMessage(), e);
        }
        if (bytes.length > MOST_BYTES) {
            throw new IOException(path + ": more than " + MOST_BYTES + " bytes");
        }
        return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
    }
}
