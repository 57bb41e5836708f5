package org.ryzanstein.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the JSON object that a request carries, within limits. */
final class RequestBody {
    private RequestBody() {}

    /**
     * The members of the body.
     *
     * @throws ApiException if it is of another type, too large, or no JSON object
     * @throws ClientGoneException if it ended before its announced length
     */
    static Fields read(Context context, int maxBytes) throws ClientGoneException {
        requireJson(context.contentType());
        String encoding = context.header("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw ApiException.request(
                    415, null, "Content-Encoding: found " + Fields.quote(encoding) + ", expected an uncompressed body");
        }
        if (context.req().getContentLengthLong() > maxBytes) {
            throw tooLarge(maxBytes);
        }
        byte[] body;
        try {
            body = context.req().getInputStream().readNBytes(maxBytes + 1);
        } catch (IOException e) {
            throw new ClientGoneException("the body broke off: " + e.getMessage());
        }
        if (body.length > maxBytes) {
            throw tooLarge(maxBytes);
        }
        return new Fields(parse(body), "");
    }

    private static void requireJson(@Nullable String contentType) {
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        int end = type.indexOf(';');
        String media = (end < 0 ? type : type.substring(0, end)).strip();
        String parameters =
                end < 0 ? "" : type.substring(end + 1).replace("\"", "").replace(" ", "");
        boolean utf8 = !parameters.contains("charset=") || parameters.contains("charset=utf-8");
        if (!media.equals("application/json") || !utf8) {
            String found = contentType == null ? "none" : Fields.quote(contentType);
            throw ApiException.request(
                    415, null, "Content-Type: found " + found + ", expected application/json in UTF-8");
        }
    }

    private static ApiException tooLarge(int maxBytes) {
        return ApiException.request(
                413, "request_too_large", "the request body is larger than the limit of " + maxBytes + " bytes");
    }

    private static JsonNode parse(byte[] body) {
        try {
            JsonNode node = Json.mapper().readTree(body);
            if (!node.isObject()) {
                throw ApiException.request(
                        400,
                        "invalid_json",
                        "the request body: found " + Fields.describe(node) + ", expected an object");
            }
            return node;
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw ApiException.request(
                    400, "invalid_json", "the request body is not valid JSON" + place + ": " + e.getOriginalMessage());
        } catch (IOException e) {
            throw ApiException.request(400, "invalid_json", "the request body is not valid UTF-8: " + e.getMessage());
        }
    }
}
