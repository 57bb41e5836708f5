package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The other end of a {@link ChildWorker}: one request a line comes in, one answer a line goes out, until the input ends. */
public final class WorkerLoop {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private WorkerLoop() {}

    /** Serves requests. A failure ends it, and the process with it. */
    public static void serve(Worker worker, InputStream in, PrintStream out) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!(MAPPER.readTree(line) instanceof ObjectNode request)) {
                throw new BenchException("found a request that is no JSON object: " + line);
            }
            out.println(MAPPER.writeValueAsString(worker.ask(request)));
            out.flush();
        }
    }
}
