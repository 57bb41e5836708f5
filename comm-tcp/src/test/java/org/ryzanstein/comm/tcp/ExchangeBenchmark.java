package org.ryzanstein.comm.tcp;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Times of exchanges between processes on the loopback interface. Arguments: {@code RANKS OPERATION BYTES ROUNDS}, as often as
 * wanted; operations are exchange (all-gather), allreduce, allreduce-wide (sums that do not fit 16 bits), reduce-scatter (of rows
 * of 2560 columns), broadcast and barrier. The system property {@code threads} is what each rank
 * says that it computes with, and those that begin with {@code ryzanstein.tcp.} are passed on to the
 * ranks; {@code ryzanstein.tcp.test.certificates} names an empty folder and turns TLS on.
 */
final class ExchangeBenchmark {
    private ExchangeBenchmark() {}

    private static String[] options() {
        List<String> options = new ArrayList<>();
        options.add(RankProcess.FULL_SPEED);
        options.add("-XX:+UseSerialGC");
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("ryzanstein.tcp."))
                .sorted()
                .forEach(name -> options.add("-D" + name + "=" + System.getProperty(name)));
        return options.toArray(String[]::new);
    }

    public static void main(String[] arguments) {
        int threads = Integer.getInteger("threads", 1);
        String certificates = System.getProperty("ryzanstein.tcp.test.certificates");
        if (certificates != null) {
            Certificates.make(Path.of(certificates));
        }
        for (int i = 0; i + 3 < arguments.length; i += 4) {
            int size = Integer.parseInt(arguments[i]);
            String order = "bench " + arguments[i + 1] + " " + arguments[i + 2] + " " + arguments[i + 3];
            List<RankProcess> ranks = RankProcess.group(size, threads, options());
            try {
                ranks.forEach(rank -> rank.order(order));
                List<String> answers = ranks.stream().map(RankProcess::answer).toList();
                System.out.println(size + " ranks  " + answers.getFirst());
                System.out.println("         " + ranks.getFirst().ask("describe"));
            } finally {
                ranks.forEach(RankProcess::close);
            }
        }
    }
}
