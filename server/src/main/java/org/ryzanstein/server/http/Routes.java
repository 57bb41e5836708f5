package org.ryzanstein.server.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import org.ryzanstein.server.http.dto.Health;
import org.ryzanstein.server.http.dto.ModelList;
import org.ryzanstein.server.report.ClusterView;
import org.ryzanstein.server.report.ProviderList;

/** The paths of the API. */
final class Routes {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private final ModelSlot slot;
    private final ChatEndpoint chat;
    private final CompletionEndpoint completions;

    Routes(ModelSlot slot, InFlight inFlight, int maxBodyBytes) {
        this.slot = slot;
        Responder responder = new Responder(inFlight);
        chat = new ChatEndpoint(slot, responder, maxBodyBytes);
        completions = new CompletionEndpoint(slot, responder, maxBodyBytes);
    }

    void install(RoutesConfig routes) {
        routes.post(CHAT, Errors.guarded(chat::handle));
        routes.post(COMPLETIONS, Errors.guarded(completions::handle));
        routes.get("/v1/models", this::models);
        routes.get("/v1/models/<id>", this::model);
        routes.get("/v1/backends", this::backends);
        routes.get("/v1/cluster", this::cluster);
        routes.get("/health/live", context -> json(context, new Health("live", null)));
        routes.get("/health/ready", this::ready);
    }

    /** The method of a path that is known. */
    static String allowedMethod(String path) {
        return path.equals(CHAT) || path.equals(COMPLETIONS) ? "POST" : "GET, HEAD";
    }

    private void models(Context context) {
        json(context, new ModelList("list", List.of(describe(slot.require()))));
    }

    private void model(Context context) {
        ServedModel model = slot.require();
        model.require(context.pathParam("id"));
        json(context, describe(model));
    }

    private void backends(Context context) {
        json(context, ProviderList.of(slot.require().engine()));
    }

    private void cluster(Context context) {
        json(context, ClusterView.of(slot.require().engine().cluster()));
    }

    private void ready(Context context) {
        try {
            slot.require();
            json(context, new Health("ready", null));
        } catch (ApiException e) {
            context.status(e.status());
            json(context, new Health("not ready", e.getMessage()));
        }
    }

    private static ModelList.Model describe(ServedModel model) {
        return new ModelList.Model(
                model.id(),
                "model",
                model.loaded().getEpochSecond(),
                "ryzanstein",
                model.contextLength(),
                model.engine().model().architecture(),
                model.engine().model().parameters());
    }

    private static void json(Context context, Object value) {
        context.contentType("application/json").result(Json.bytes(value));
    }
}
