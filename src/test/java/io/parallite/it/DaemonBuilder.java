package io.parallite.it;

import io.parallite.deploy.Php;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** A daemon to be: flags, environment and files, in a directory of its own. */
final class DaemonBuilder {

    private final Path directory;
    private final List<String> flags = new ArrayList<>();
    private final List<String> wrapper = new ArrayList<>();
    private Path launcher;
    private final Map<String, String> environment = new HashMap<>();
    private final String mark = UUID.randomUUID().toString();
    private SocketAddress address;

    private DaemonBuilder() {
        try {
            directory = Files.createTempDirectory("pl-it-");
            Files.createDirectory(directory.resolve("project"));
            Files.createDirectory(directory.resolve("run"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        address = UnixDomainSocketAddress.of(socket());
        flags("--socket", socket().toString());
    }

    /** A daemon with these flags, on a socket in its own directory. */
    static DaemonBuilder daemon(String... flags) {
        return new DaemonBuilder().flags(flags);
    }

    DaemonBuilder flags(String... more) {
        flags.addAll(List.of(more));
        return this;
    }

    /** Runs this worker script. */
    DaemonBuilder script(Path script) {
        return flags("--worker-script", script.toString());
    }

    /** Listens at {@code socket}, where it is then connected to at {@code where}. */
    DaemonBuilder listeningAt(String socket, SocketAddress where) {
        address = where;
        flags.set(flags.indexOf("--socket") + 1, socket);
        return this;
    }

    /** Gives no flag for the socket: some other setting does. */
    DaemonBuilder withoutSocketFlag() {
        int at = flags.indexOf("--socket");
        flags.subList(at, at + 2).clear();
        return this;
    }

    DaemonBuilder env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Options for the JVM. */
    DaemonBuilder jvm(String options) {
        return env("PARALLITE_JAVA_OPTS", options);
    }

    /** Settings, as the content of {@code parallite.json} in the current directory. */
    DaemonBuilder json(String content) {
        return file("parallite.json", content);
    }

    /** A file under the daemon's current directory. */
    DaemonBuilder file(String name, String content) {
        try {
            Path file = project().resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A program and its arguments that the launcher is given to. */
    DaemonBuilder under(String... program) {
        wrapper.addAll(List.of(program));
        return this;
    }

    /** Starts it by this launcher, not that of the distribution, and on the Java that it brings. */
    DaemonBuilder launchedBy(Path other) {
        launcher = other;
        return this;
    }

    /** The daemon's current directory. */
    Path project() {
        return directory.resolve("project");
    }

    Path socket() {
        return directory.resolve("parallite.sock");
    }

    /** Starts it and waits until it accepts connections. */
    DaemonProcess start() {
        return launch().whenReady(DaemonProcess::awaitAccepting);
    }

    /** Starts it and waits until its workers are there and everything else is quiet. */
    DaemonProcess startAtRest() {
        return start().whenReady(DaemonProcess::awaitRest);
    }

    /** Runs it to an end that it must come to by itself. */
    DaemonProcess.Ended run() {
        return run(socket -> {});
    }

    /**
     * Runs it to an end that it must come to by itself, then looks at what is at the socket's path.
     */
    DaemonProcess.Ended run(Consumer<Path> look) {
        try (DaemonProcess daemon = launch()) {
            DaemonProcess.Ended ended = daemon.awaitRefusal();
            look.accept(socket());
            return ended;
        }
    }

    /** Starts the process and waits for nothing. */
    DaemonProcess launch() {
        Php.assumeUsable();
        List<String> command = new ArrayList<>(Processes.withAllSignals());
        command.addAll(wrapper);
        command.add((launcher == null ? Distribution.launcher() : launcher).toString());
        command.addAll(flags);
        File log = directory.resolve("log").toFile();
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(project().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log);
        Map<String, String> env = builder.environment();
        env.keySet().removeIf(name -> name.startsWith("PARALLITE_"));
        if (launcher == null) {
            env.put("PARALLITE_JAVA", System.getProperty("java.home"));
        }
        env.put("XDG_RUNTIME_DIR", directory.resolve("run").toString());
        env.put(DaemonProcess.MARK, mark);
        env.putAll(environment);
        try {
            return new DaemonProcess(builder.start(), directory, address, mark);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
