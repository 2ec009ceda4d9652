package io.parallite.it;

import static io.parallite.deploy.Tool.tool;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program on a terminal that script(1) of util-linux makes; keys go in, what it draws comes out.
 */
final class PseudoTerminal implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 60;

    /** What {@code top} begins a picture with: home. */
    private static final String HOME = "\033[H";

    private static final String ESCAPES = "\033\\[[0-9;?]*[A-Za-z]";

    private final Process script;
    private final StringBuffer output = new StringBuffer();

    PseudoTerminal(Process script) {
        this.script = script;
        Thread reader = new Thread(this::readAll, "pseudo-terminal");
        reader.setDaemon(true);
        reader.start();
    }

    /** Whether this machine can make terminals. */
    static boolean isAvailable() {
        return Programs.find("script") != null
                && System.getProperty("os.name").startsWith("Linux")
                && tool(command("true").toArray()).run().exitCode() == 0;
    }

    static List<String> command(String line) {
        return List.of("script", "-qefc", line, "/dev/null");
    }

    private void readAll() {
        try (Reader reader =
                new InputStreamReader(script.getInputStream(), StandardCharsets.UTF_8)) {
            char[] chars = new char[4096];
            for (int count = reader.read(chars); count > 0; count = reader.read(chars)) {
                output.append(chars, 0, count);
            }
        } catch (IOException e) {
            output.append("\n(it cannot be read any more: ").append(e).append(")");
        }
    }

    /** Everything that was drawn, as it came. */
    String output() {
        return output.toString();
    }

    /** The last picture, as text. */
    String screen() {
        String all = output();
        int from = all.lastIndexOf(HOME);
        return from < 0 ? "" : all.substring(from).replaceAll(ESCAPES, "").replace("\r", "");
    }

    void type(String keys) {
        try {
            script.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
            script.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the end; the exit code of what ran. */
    int awaitEnd() {
        try {
            if (!script.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it does not end; the screen shows:\n" + screen());
            }
            return script.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        script.descendants().forEach(ProcessHandle::destroyForcibly);
        script.destroyForcibly();
    }
}
