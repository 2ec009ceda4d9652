package io.parallite.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that remembers what went wrong with it: {@link PrintStream} swallows that, and a
 * command whose output is lost on a full disk must not succeed. For the main thread.
 */
public final class StandardOutput extends FilterOutputStream {

    private @Nullable IOException failure;

    StandardOutput(OutputStream out) {
        super(out);
    }

    /** Makes it what {@link System#out} writes to. */
    public static StandardOutput install() {
        StandardOutput output =
                new StandardOutput(
                        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        System.setOut(new PrintStream(output, false, System.out.charset()));
        return output;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            throw remember(e);
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw remember(e);
        }
    }

    private IOException remember(IOException e) {
        if (failure == null) {
            failure = e;
        }
        return e;
    }

    /**
     * The exit code of a command that ended with {@code exitCode}, once its output is written;
     * {@link ExitCode#OUTPUT} when the command succeeded and some of its output was lost, which is
     * reported on standard error. A reader that closes early, like {@code head}, loses nothing that
     * it wanted.
     */
    public int check(int exitCode) {
        System.out.flush();
        IOException lost = failure;
        if (lost == null) {
            return exitCode;
        }
        String why = String.valueOf(lost.getMessage());
        if (!why.toLowerCase(Locale.ROOT).contains("broken pipe")) {
            System.err.println("parallite: output is lost, standard output: " + why);
        }
        return exitCode == ExitCode.OK ? ExitCode.OUTPUT : exitCode;
    }
}
