package io.parallite;

import io.parallite.config.Platform;
import io.parallite.engine.LibC;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * What makes a start short and can be done beside Quarkus' boot, on a thread of its own: the
 * compilers of the JVM give way to all other threads, and the calls into the C library are bound.
 * The daemon does without either; on Linux only.
 *
 * <p>At a start the compilers have the methods to compile that the AOT cache names, and would take
 * half of two cores from the boot. They stay at the higher nice value, which is a low one: a busy
 * machine would keep the first tasks waiting for compiled code.
 */
final class WarmUp implements Runnable {

    private static final Logger LOG = Logger.getLogger(WarmUp.class);

    private static final Path THREADS = Path.of("/proc/self/task");

    /** Two fifths of what others get where there is not enough for all. */
    private static final int NICE = 4;

    private WarmUp() {}

    /** Begins, where the system is one that it is for. */
    static void start() {
        if (Platform.isLinux() && !Platform.isNative()) {
            try {
                // with a stack of the usual size: method handles are linked on it
                Thread.ofPlatform().daemon().name("parallite-warm-up").start(new WarmUp());
            } catch (OutOfMemoryError e) {
                LOG.debug("no thread warms the daemon up");
            }
        }
    }

    @Override
    public void run() {
        try {
            haveCompilersGiveWay();
        } catch (IOException | RuntimeException | LinkageError e) { // a thread has ended meanwhile
            LOG.debug("compilers do not give way", e);
        }
        try {
            LibC.bind();
        } catch (RuntimeException | LinkageError e) {
            LOG.debug("the C library is bound when it is called", e);
        }
    }

    private static void haveCompilersGiveWay() throws IOException {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                if (isCompiler(Files.readString(thread.resolve("comm")))) {
                    LibC.addNice(Integer.parseInt(thread.getFileName().toString()), NICE);
                }
            }
        }
    }

    /** The kernel cuts names of threads after fifteen characters. */
    private static boolean isCompiler(String name) {
        return name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler");
    }
}
