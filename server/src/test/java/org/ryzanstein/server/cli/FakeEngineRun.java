package org.ryzanstein.server.cli;

import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.fake.FakeTokenizer;

/** A command line on a fake engine, and what the engine was asked. */
final class FakeEngineRun {
    private final FakeEngine engine = new FakeEngine();
    private final Cli cli = new Cli().with(engine);

    Cli cli() {
        return cli;
    }

    FakeEngine engine() {
        return engine;
    }

    String prompt() {
        return new FakeTokenizer().decode(engine.lastRequest().prompt(), false);
    }
}
