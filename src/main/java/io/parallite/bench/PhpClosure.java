package io.parallite.bench;

import java.nio.charset.StandardCharsets;

/** A PHP closure's source as the payload that laravel/serializable-closure makes of it. */
final class PhpClosure {

    private PhpClosure() {}

    /**
     * Serializes a closure that uses no outer variable, for example {@code fn () => 42}.
     *
     * <p>The form is PHP's {@code serialize()} of {@code SerializableClosure} around its unsigned
     * {@code Native} serializer; a worker with a signing key refuses it.
     */
    static String serialize(String source) {
        int bytes = source.getBytes(StandardCharsets.UTF_8).length;
        return "O:47:\"Laravel\\SerializableClosure\\SerializableClosure\":1:{"
                + "s:12:\"serializable\";"
                + "O:46:\"Laravel\\SerializableClosure\\Serializers\\Native\":5:{"
                + "s:3:\"use\";a:0:{}"
                + ("s:8:\"function\";s:" + bytes + ":\"" + source + "\";")
                + "s:5:\"scope\";N;s:4:\"this\";N;"
                + "s:4:\"self\";s:32:\"00000000000000000000000000000000\";}}";
    }
}
