package org.ryzanstein.loader.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a model as a {@code tokenizer.json}, as the hub's conversion of Llama 2 does: every split of a piece is a merge. */
final class HubFormOfSentencePiece {
    private record Merge(int left, int right, float score) {}

    private HubFormOfSentencePiece() {}

    static void write(SentencePieceModel model, Path file) throws IOException {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < model.pieces().length; id++) {
            ids.put(model.pieces()[id], id);
        }
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < model.pieces().length; id++) {
            String piece = model.pieces()[id];
            for (int at = 1; at < piece.length(); at++) {
                Integer left = ids.get(piece.substring(0, at));
                Integer right = ids.get(piece.substring(at));
                if (left != null && right != null) {
                    merges.add(new Merge(left, right, model.scores()[id]));
                }
            }
        }
        merges.sort(Comparator.comparingDouble((Merge merge) -> -merge.score())
                .thenComparingInt(Merge::left)
                .thenComparingInt(Merge::right));
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = (ObjectNode) json.readTree("""
                {"added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false},
                  {"id": 1, "content": "<s>", "special": true, "normalized": false},
                  {"id": 2, "content": "</s>", "special": true, "normalized": false}],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                  {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                 "pre_tokenizer": null,
                 "decoder": {"type": "Sequence", "decoders": [
                  {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                  {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}}""");
        ObjectNode bpe = root.putObject("model").put("type", "BPE").put("byte_fallback", true);
        ObjectNode vocab = bpe.putObject("vocab");
        ids.forEach(vocab::put);
        ArrayNode list = bpe.putArray("merges");
        for (Merge merge : merges) {
            list.addArray().add(model.pieces()[merge.left()]).add(model.pieces()[merge.right()]);
        }
        json.writeValue(file.toFile(), root);
    }
}
