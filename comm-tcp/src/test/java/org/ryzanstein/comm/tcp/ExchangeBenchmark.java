package org.ryzanstein.comm.tcp;

import java.util.List;

/**
 * Times of exchanges between processes on the loopback interface. Arguments: {@code RANKS OPERATION BYTES ROUNDS}, as often as
 * wanted; operations are exchange (all-gather), allreduce and barrier. The system property {@code threads} is what each rank
 * says that it computes with, and {@code ryzanstein.tcp.spin.micros} is passed on to the ranks.
 */
final class ExchangeBenchmark {
    private ExchangeBenchmark() {}

    private static String[] options() {
        String spin = System.getProperty(WaitPolicy.PROPERTY);
        String collector = "-XX:+UseSerialGC";
        return spin == null
                ? new String[] {collector}
                : new String[] {collector, "-D" + WaitPolicy.PROPERTY + "=" + spin};
    }

    public static void main(String[] arguments) {
        int threads = Integer.getInteger("threads", 1);
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
