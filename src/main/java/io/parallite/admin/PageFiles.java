package io.parallite.admin;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files of the page. They hold no figures, so every client of the port may read them; only
 * those that are listed here (and in {@code reachability-metadata.json}, for native executables)
 * are served. Read by several of HTTP's threads, written by none.
 */
final class PageFiles {

    /** Nothing from elsewhere, nothing inline, in no frame. */
    static final String CONTENT_SECURITY_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'";

    private static final String CHARTS = "META-INF/resources/webjars/uplot/1.6.30/dist/";

    /** Path to resource. */
    private static final Map<String, String> FILES =
            Map.ofEntries(
                    Map.entry("/", "web/index.html"),
                    Map.entry("/assets/icon.svg", "web/icon.svg"),
                    Map.entry("/assets/page.css", "web/page.css"),
                    Map.entry("/assets/page.js", "web/page.js"),
                    Map.entry("/assets/pools.js", "web/pools.js"),
                    Map.entry("/assets/api.js", "web/api.js"),
                    Map.entry("/assets/charts.js", "web/charts.js"),
                    Map.entry("/assets/cluster.js", "web/cluster.js"),
                    Map.entry("/assets/control.js", "web/control.js"),
                    Map.entry("/assets/detail.js", "web/detail.js"),
                    Map.entry("/assets/settings.js", "web/settings.js"),
                    Map.entry("/assets/dialogs.js", "web/dialogs.js"),
                    Map.entry("/assets/dom.js", "web/dom.js"),
                    Map.entry("/assets/format.js", "web/format.js"),
                    Map.entry("/assets/tables.js", "web/tables.js"),
                    Map.entry("/assets/theme.js", "web/theme.js"),
                    Map.entry("/assets/uPlot.css", CHARTS + "uPlot.min.css"),
                    Map.entry("/assets/uPlot.js", CHARTS + "uPlot.iife.min.js"));

    private final Map<String, Asset> assets = new LinkedHashMap<>();

    PageFiles() {
        FILES.forEach((path, resource) -> assets.put(path, Asset.read(resource)));
    }

    void install(Router router) {
        assets.forEach((path, asset) -> router.get(path).handler(context -> send(context, asset)));
    }

    private static void send(RoutingContext context, Asset asset) {
        HttpServerResponse response = context.response();
        response.putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.VARY, "Accept-Encoding")
                .putHeader(HttpHeaders.ETAG, asset.tag());
        if (asset.tag().equals(context.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
            response.setStatusCode(304).end();
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, asset.contentType());
        String encodings = context.request().getHeader(HttpHeaders.ACCEPT_ENCODING);
        if (encodings != null && encodings.contains("gzip")) {
            response.putHeader(HttpHeaders.CONTENT_ENCODING, "gzip")
                    .end(Buffer.buffer(asset.gzip()));
        } else {
            response.end(Buffer.buffer(asset.body()));
        }
    }
}
