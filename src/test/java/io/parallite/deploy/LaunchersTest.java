package io.parallite.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The launcher for Windows does what the one for Unix does; that one is run by other tests. */
final class LaunchersTest {

    /** Windows keeps a directory that is somebody's current one. */
    private static final List<String> ONLY_OF_UNIX =
            List.of(
                    "the current directory has been deleted",
                    "files may be open",
                    "processes and threads are allowed");

    private static final Path BIN = Tool.project("src/main/dist/bin");

    private final String unix = read("parallite");
    private final String windows = read("parallite.bat");

    @Test
    void bothStartJavaTheSameWay() {
        assertThat(words(command(windows, "\"%java%\" ")))
                .isEqualTo(
                        words(command(unix, "exec \"$java\" ")).stream()
                                .filter(word -> !word.contains("aot"))
                                .toList());
    }

    @Test
    void bothTakeTheSameJarsForTheSameCommands() {
        assertThat(jars(windows)).isEqualTo(jars(unix)).isNotEmpty();
        assertThat(windows).contains("\"%first%\"==\"bench\"");
        for (String option : List.of("-h", "--help", "-V", "--version")) {
            assertThat(unix).contains(option);
            assertThat(windows).containsPattern("in \\([^)]*" + option);
        }
    }

    @Test
    void bothWantTheSameJavaAndSayTheSame() {
        assertThat(first(windows, "set \"java_needed=(\\d+)\""))
                .isEqualTo(first(unix, "(?m)^java_needed=(\\d+)$"));
        List<String> common =
                messages(unix).stream()
                        .filter(text -> ONLY_OF_UNIX.stream().noneMatch(text::contains))
                        .toList();

        assertThat(messages(windows)).isEqualTo(common).hasSize(2);
        assertThat(messages(unix)).hasSize(5);
        assertThat(all(windows, "exit /b (78)")).hasSize(2);
        assertThat(all(unix, "exit (78)")).hasSize(5);
    }

    @Test
    void everyLabelThatIsJumpedToExists() {
        Set<String> jumps = new TreeSet<>(all(windows, "(?:goto|call) :?(\\w+)"));

        assertThat(new TreeSet<>(all(windows, "(?m)^:(\\w+)"))).containsAll(jumps);
        assertThat(jumps).contains("look_at", "run");
    }

    @Test
    void windowsGetsItsLineEndings() throws IOException {
        String raw = Files.readString(BIN.resolve("parallite.bat"));

        assertThat(raw.replace("\r\n", "")).doesNotContain("\n");
    }

    @Test
    void theJvmKeepsWarningsOfOtherSystemsToItself() throws IOException {
        List<String> options =
                Files.readAllLines(BIN.resolveSibling("lib/jvm.options")).stream()
                        .filter(line -> line.startsWith("-"))
                        .toList();

        assertThat(options)
                .as("only Linux with glibc can trim; a warning on stdout would break --json")
                .anyMatch(option -> option.startsWith("-XX:TrimNativeHeapInterval="))
                .contains("-Xlog:trimnative=off", "-Xlog:aot=off", "-Xlog:cds=off");
    }

    /** The text from {@code start} to the end of the command, its lines joined. */
    private static String command(String script, String start) {
        String joined = script.replaceAll("\\\\\n\\s*", "");
        return joined.substring(joined.lastIndexOf(start)).lines().findFirst().orElseThrow();
    }

    /** Its words, without what tells the shells apart. */
    private static List<String> words(String command) {
        return Stream.of(
                        command.replace("exec ", "")
                                .replaceAll("\\$\\{(\\w+):[+-][^}]*}", "\\$$1")
                                .replaceAll("%(\\w+)%", "\\$$1")
                                .replace("%*", "$@")
                                .replace('\\', '/')
                                .replace("\"", "")
                                .split("\\s+"))
                .toList();
    }

    private static Set<String> jars(String script) {
        return new TreeSet<>(all(script, "jar=([\\w.-]+\\.jar)"));
    }

    private static List<String> messages(String script) {
        return all(script, "echo \"?parallite: (.*)").stream()
                .map(line -> line.replaceAll("\" >&2", "").replaceAll("[$%](\\w+)%?", "$1"))
                .sorted()
                .toList();
    }

    private static String first(String script, String pattern) {
        return all(script, pattern).getFirst();
    }

    private static List<String> all(String script, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(script);
        return matcher.results().map(result -> result.group(1)).toList();
    }

    private static String read(String name) {
        try {
            return Files.readString(BIN.resolve(name)).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
