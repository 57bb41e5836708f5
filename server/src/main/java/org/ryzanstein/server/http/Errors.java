package org.ryzanstein.server.http;

import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.InvalidRequestException;
import org.ryzanstein.server.http.dto.ErrorBody;

/** Turns whatever goes wrong with a request into an answer of OpenAI's shape. */
final class Errors {
    private static final System.Logger LOG = System.getLogger(Errors.class.getName());

    private Errors() {}

    static void install(JavalinConfig config) {
        config.routes.exception(ApiException.class, (e, context) -> write(context, e));
        config.routes.exception(HttpResponseException.class, (e, context) -> write(context, fromJavalin(e, context)));
        config.routes.exception(ClientGoneException.class, (e, context) -> gone(e, context));
        config.routes.exception(InterruptedException.class, (e, context) -> write(context, ModelSlot.stoppingError()));
        config.routes.exception(Exception.class, (e, context) -> write(context, toApi(e)));
    }

    /** The handler, with errors of the machine such as a stack overflow made answers as well. */
    static Handler guarded(Handler handler) {
        return context -> {
            try {
                handler.handle(context);
            } catch (Error e) {
                throw toApi(e);
            }
        };
    }

    /** What the client is told of a failure; what is no fault of its own is logged. */
    static ApiException toApi(Throwable failure) {
        return switch (failure) {
            case ApiException e -> e;
            case InvalidRequestException e ->
                new ApiException(400, ApiException.INVALID_REQUEST, e.field(), null, String.valueOf(e.getMessage()));
            default -> {
                LOG.log(Level.ERROR, "a request failed", failure);
                yield internal();
            }
        };
    }

    static ErrorBody body(ApiException e) {
        return new ErrorBody(new ErrorBody.Detail(
                Json.wellFormed(String.valueOf(e.getMessage())), e.type(), wellFormed(e.param()), e.code()));
    }

    private static @Nullable String wellFormed(@Nullable String text) {
        return text == null ? null : Json.wellFormed(text);
    }

    private static ApiException internal() {
        return ApiException.failed("the request failed inside the server; its log says why");
    }

    private static void write(Context context, ApiException e) {
        if (e.status() == 503) {
            context.header("Retry-After", "1");
        }
        context.status(e.status()).contentType("application/json").result(Json.bytes(body(e)));
    }

    private static void gone(ClientGoneException e, Context context) {
        LOG.log(Level.DEBUG, () -> context.method() + " " + context.path() + ": " + e.getMessage());
        // Nobody reads this; the status is for logs. 499 is what nginx calls it.
        context.status(499);
    }

    private static ApiException fromJavalin(HttpResponseException e, Context context) {
        String method = context.method().toString();
        return switch (e.getStatus()) {
            case 404 ->
                ApiException.request(
                        404, "unknown_url", "unknown path: " + method + " " + Fields.quote(context.path()));
            case 405 -> {
                String allowed = Routes.allowedMethod(context.path());
                context.header("Allow", allowed);
                yield ApiException.request(
                        405,
                        "method_not_allowed",
                        "method: found " + method + ", expected " + allowed + " for " + Fields.quote(context.path()));
            }
            default ->
                ApiException.request(
                        e.getStatus(), null, String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
        };
    }
}
