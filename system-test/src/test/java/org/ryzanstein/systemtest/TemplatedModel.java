package org.ryzanstein.systemtest;

import java.io.IOException;
import java.nio.file.Path;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.progress.ProgressListener;

/** The embedded model with a chat template of its own, from which a prompt can be told. */
final class TemplatedModel {
    private static final String TEMPLATE_KEY = "tokenizer.chat_template";
    private static final String TEMPLATE =
            "{{ bos_token }}{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n"
                    + "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

    /** What the template makes of {@link #SYSTEM} and {@link #USER}, without the token that begins a text. */
    static final String PROMPT = "system: Tell a story.\nuser: Once upon a time\nassistant:";

    static final String SYSTEM = "Tell a story.";
    static final String USER = "Once upon a time";

    private TemplatedModel() {}

    static Path write(Path target) throws IOException {
        return write(target, TEMPLATE);
    }

    /** The same model with another template. */
    static Path write(Path target, String template) throws IOException {
        try (EmbeddedModel embedded = EmbeddedModel.extract();
                GgufFile source = GgufFile.open(embedded.path())) {
            GgufWriter writer = new GgufWriter();
            for (String key : source.metadata().keys()) {
                if (!key.equals(TEMPLATE_KEY)) {
                    writer.copy(source, key);
                }
            }
            writer.text(TEMPLATE_KEY, template);
            for (TensorInfo tensor : source.tensors().values()) {
                writer.copy(tensor);
            }
            writer.write(target, ProgressListener.NONE);
        }
        return target;
    }
}
