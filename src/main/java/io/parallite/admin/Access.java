package io.parallite.admin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may read the daemon's state over HTTP, and who may change it. Any thread.
 *
 * <p>With {@code http_token} set, each request must carry the token, which a page of another site
 * cannot know. Without, a request must come from this machine and address it by a loopback name. A
 * page whose own host name resolves to 127.0.0.1 (DNS rebinding) is refused because of that name,
 * and so is a request that a proxy forwards. A request for an action must then also carry {@link
 * #MARK}, which a browser lets a page of another site send only after a preflight request, which is
 * never granted; and it must not come from another origin.
 */
final class Access {

    /** The header that an action must have, with any value. */
    static final String MARK = "X-Parallite";

    private static final Pattern LOOPBACK_NAME =
            Pattern.compile(
                    "(localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1])(:\\d{1,5})?",
                    Pattern.CASE_INSENSITIVE);

    private static final String BEARER = "Bearer ";

    private final byte @Nullable [] token;

    Access(Optional<String> token) {
        this.token = token.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
    }

    /** Why a request is not served. */
    record Refusal(int status, String reason) {}

    /** Whether {@code caller} may not see tasks, workers and their errors. */
    Optional<Refusal> refuseReading(Caller caller) {
        return Optional.ofNullable(token == null ? strange(caller) : unknown(caller, token));
    }

    /** Whether {@code caller} may not reload workers or cancel tasks. */
    Optional<Refusal> refuseActing(Caller caller) {
        Optional<Refusal> refusal = refuseReading(caller);
        return refusal.isPresent() || token != null ? refusal : Optional.ofNullable(forged(caller));
    }

    private static @Nullable Refusal unknown(Caller caller, byte[] token) {
        String given = caller.authorization();
        if (given == null || !given.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return new Refusal(401, "send Authorization: Bearer, with the http_token");
        }
        byte[] bytes = given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(bytes, token)
                ? null
                : new Refusal(401, "that is not the http_token");
    }

    private static @Nullable Refusal strange(Caller caller) {
        if (!caller.loopback() || caller.forwarded()) {
            return new Refusal(
                    403, "only this machine is served; set http_token to be served from others");
        }
        String host = caller.host();
        return host != null && LOOPBACK_NAME.matcher(host).matches()
                ? null
                : new Refusal(
                        403,
                        "ask for 127.0.0.1 or localhost, or set http_token to use another name");
    }

    private static @Nullable Refusal forged(Caller caller) {
        if (!caller.marked()) {
            return new Refusal(403, "an action needs the header " + MARK + ": 1");
        }
        String site = caller.page().fetchSite();
        String origin = caller.page().origin();
        boolean foreign =
                (site != null && !site.equals("same-origin"))
                        || (origin != null && !sameHost(origin, caller.host()));
        return foreign ? new Refusal(403, "an action must come from the daemon's own page") : null;
    }

    /** Whether {@code origin} is {@code http} or {@code https} at {@code host}. */
    private static boolean sameHost(String origin, @Nullable String host) {
        int scheme = origin.indexOf("://");
        return scheme > 0 && origin.substring(scheme + 3).equalsIgnoreCase(host);
    }
}
