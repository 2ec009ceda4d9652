package io.parallite.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of PHP by which processes of its command line share compiled code: they have no
 * memory in common, so opcache's file cache is what is left. A PHP without opcache ignores them.
 */
public final class CompiledCode {

    private CompiledCode() {}

    /** Whether {@code options} say themselves what opcache shall do. */
    public static boolean isConfigured(List<String> options) {
        return options.stream().anyMatch(option -> option.contains("opcache."));
    }

    /** {@code options}, and before them those for a cache in {@code directory}. */
    public static List<String> in(Path directory, List<String> options) {
        List<String> all = new ArrayList<>();
        all.addAll(List.of("-d", "opcache.enable_cli=1"));
        all.addAll(List.of("-d", "opcache.file_cache_only=1"));
        all.addAll(List.of("-d", "opcache.file_cache=" + directory));
        all.addAll(options);
        return all;
    }
}
