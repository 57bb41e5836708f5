package org.ryzanstein.loader.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers its calls. */
class RecordingListener implements GenerationListener {
    final List<GeneratedToken> tokens = new CopyOnWriteArrayList<>();
    final List<String> ends = new CopyOnWriteArrayList<>();

    @Override
    public void token(GeneratedToken token) {
        tokens.add(token);
    }

    @Override
    public void finished(GenerationResult result) {
        ends.add("finished " + result.finishReason());
    }

    @Override
    public void failed(RuntimeException failure) {
        ends.add("failed: " + failure.getMessage());
    }

    List<Integer> ids() {
        return tokens.stream().map(GeneratedToken::id).toList();
    }

    String text() {
        List<String> pieces = new ArrayList<>();
        tokens.forEach(token -> pieces.add(token.text()));
        return String.join("", pieces);
    }
}
