package org.ryzanstein.loader.format;

import java.util.List;
import java.util.Optional;

/**
 * The object {@code quantization_config} of a hub directory's config.json, as Transformers' BitNetQuantConfig defines it.
 *
 * @param scaleDivides whether packed weights are divided by {@code weight_scale} ({@code linear_class} bitlinear, the
 *     default) rather than multiplied by it (autobitlinear)
 * @param mode {@code quantization_mode}: online (float weights, quantised when loaded) or offline (packed weights)
 */
record HubQuantization(boolean scaleDivides, Optional<String> mode) {
    static final String ONLINE = "online";
    static final String OFFLINE = "offline";

    /** Reads the object; a method other than bitnet, or an unknown class, mode or exception, is refused by name. */
    static HubQuantization read(Json object) {
        String method = object.text("quant_method").orElse("nothing");
        if (!method.equals("bitnet")) {
            throw ModelFormatException.of(object.file(), object.path("quant_method"), method, "bitnet");
        }
        String linear = object.text("linear_class").orElse("bitlinear");
        if (!linear.equals("bitlinear") && !linear.equals("autobitlinear")) {
            throw ModelFormatException.of(
                    object.file(), object.path("linear_class"), linear, "bitlinear or autobitlinear");
        }
        Optional<String> mode = object.text("quantization_mode");
        if (mode.isPresent() && !mode.get().equals(ONLINE) && !mode.get().equals(OFFLINE)) {
            throw ModelFormatException.of(
                    object.file(), object.path("quantization_mode"), mode.get(), ONLINE + " or " + OFFLINE);
        }
        if (object.bool("use_rms_norm").orElse(false)) {
            throw ModelFormatException.of(
                    object.file(),
                    object.path("use_rms_norm"),
                    "true",
                    "false: norms inside the linear layers are not supported");
        }
        List<String> excluded = object.texts("modules_to_not_convert").orElse(List.of());
        if (!List.of("lm_head").containsAll(excluded)) {
            throw ModelFormatException.of(
                    object.file(), object.path("modules_to_not_convert"), excluded.toString(), "none but lm_head");
        }
        return new HubQuantization(linear.equals("bitlinear"), mode);
    }
}
