package io.parallite.cli;

import io.parallite.engine.OsSignal;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The terminal as a full screen with single keys: {@code stty}, and escape sequences that every
 * terminal has. However the program ends, except by SIGKILL, the terminal is restored.
 *
 * <p>One thread draws; another reads keys.
 */
final class Terminal implements AutoCloseable {

    private static final int DEFAULT_WIDTH = 80;
    private static final int DEFAULT_HEIGHT = 24;

    private static final String ENTER = "\033[?1049h\033[?25l";
    private static final String LEAVE = "\033[?25h\033[?1049l";
    private static final String BEGIN = "\033[?2026h\033[H";
    private static final String END_OF_LINE = "\033[0m\033[K";
    private static final String END = "\033[J\033[?2026l";

    /** What a terminal can show at once. */
    record Size(int width, int height) {}

    /** A line in one style. */
    record Line(String text, Style style) {}

    /** How a line stands out; {@code NO_COLOR} leaves weight and inversion. */
    enum Style {
        PLAIN(""),
        BOLD("\033[1m"),
        DIM("\033[2m"),
        INVERSE("\033[7m"),
        ALARM("\033[1;31m");

        private final String sequence;

        Style(String sequence) {
            this.sequence = sequence;
        }

        String sequence() {
            return this == ALARM && System.getenv("NO_COLOR") != null ? BOLD.sequence : sequence;
        }
    }

    private final PrintStream out;
    private final String before;
    private final BlockingQueue<String> keys = new LinkedBlockingQueue<>();
    private final Thread restorer = new Thread(this::restore, "terminal-restorer");
    private volatile Size size;
    private boolean restored;

    private Terminal(PrintStream out, String before, Size size) {
        this.out = out;
        this.before = before;
        this.size = size;
    }

    /** Takes the terminal over, where standard output is one. */
    static Optional<Terminal> open(PrintStream out) {
        Size size = sizeOf();
        String before = size == null ? null : stty("-g");
        if (size == null || before == null || stty("-icanon -echo -isig min 1 time 0") == null) {
            return Optional.empty();
        }
        Terminal terminal = new Terminal(out, before, size);
        terminal.start();
        return Optional.of(terminal);
    }

    private void start() {
        Runtime.getRuntime().addShutdownHook(restorer);
        out.print(ENTER);
        out.flush();
        new OsSignal("WINCH")
                .handle(
                        number -> {
                            Size now = sizeOf();
                            size = now == null ? size : now;
                            keys.add("");
                        });
        Thread reader = new Thread(this::readKeys, "terminal-keys");
        reader.setDaemon(true);
        reader.start();
    }

    private void readKeys() {
        byte[] bytes = new byte[16];
        try (InputStream in = new FileInputStream("/dev/tty")) {
            for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
                keys.add(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // the terminal is closed: handled below
        }
        keys.add("\003");
    }

    Size size() {
        return size;
    }

    /**
     * The next key, as the terminal sends it; empty when it was resized.
     *
     * @return null when none came in time
     */
    @Nullable String key(Duration limit) throws InterruptedException {
        return keys.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Shows these lines and nothing else, in one write, so that nothing flickers. */
    void draw(List<Line> lines) {
        StringBuilder text = new StringBuilder(BEGIN);
        Size now = size;
        int shown = Math.min(lines.size(), now.height());
        for (int i = 0; i < shown; i++) {
            Line line = lines.get(i);
            text.append(line.style().sequence())
                    .append(Table.cut(line.text(), now.width()))
                    .append(END_OF_LINE)
                    .append(i + 1 < shown ? "\r\n" : "");
        }
        out.print(text.append(END));
        out.flush();
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(restorer);
        } catch (IllegalStateException e) {
            // the JVM is ending already: the hook finds nothing to do
        }
    }

    private synchronized void restore() {
        if (!restored) {
            restored = true;
            out.print(LEAVE);
            out.flush();
            stty(before);
        }
    }

    /**
     * How many characters fit on a line of standard output; more than enough where it is no
     * terminal.
     */
    static int width() {
        Size size = sizeOf();
        return size == null ? Integer.MAX_VALUE / 2 : size.width();
    }

    /** Null when standard output is no terminal. */
    private static @Nullable Size sizeOf() {
        String size = run("[ -t 1 ] && stty size </dev/tty >&2");
        if (size == null || !size.matches("\\d+ \\d+")) {
            return null;
        }
        String[] words = size.split(" ", 2);
        int height = Integer.parseInt(words[0]);
        int width = Integer.parseInt(words[1]);
        return new Size(width > 0 ? width : DEFAULT_WIDTH, height > 0 ? height : DEFAULT_HEIGHT);
    }

    private static @Nullable String stty(String arguments) {
        return run("stty " + arguments + " </dev/tty >&2");
    }

    /** The standard error of a shell command; {@code null} when it fails. */
    private static @Nullable String run(String command) {
        try {
            Process process =
                    new ProcessBuilder("sh", "-c", command)
                            .redirectOutput(Redirect.INHERIT)
                            .redirectInput(Redirect.INHERIT)
                            .start();
            String text =
                    new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? text.strip() : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
