package io.parallite.bench;

import java.nio.charset.StandardCharsets;

/** A PHP closure's source as the payload that the PHP client makes of it. */
final class PhpClosure {

    private PhpClosure() {}

    /**
     * Serializes a closure that uses no outer variable, for example {@code fn () => 42}.
     *
     * <p>The form is that of {@code B7s\Parallite\Value\LoneClosure}: the length of what follows,
     * and PHP's {@code serialize()} of the code, its scope and its called class. The code is a
     * list: source, file, line, imports, flags, used and static variables, class, function.
     */
    static String serialize(String source) {
        String code =
                "a:9:{i:0;"
                        + string(source.strip())
                        + ("i:1;" + string("{closure}"))
                        + "i:2;i:1;i:3;s:0:\"\";i:4;i:0;i:5;a:0:{}i:6;a:0:{}i:7;s:0:\"\";"
                        + ("i:8;" + string("{closure}") + "}");
        String head = "a:3:{i:0;" + code + "i:1;N;i:2;N;}";
        return "parallite:2:c:" + head.getBytes(StandardCharsets.UTF_8).length + ":" + head;
    }

    private static String string(String text) {
        return "s:" + text.getBytes(StandardCharsets.UTF_8).length + ":\"" + text + "\";";
    }
}
