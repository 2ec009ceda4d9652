package io.parallite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.parallite.config.DaemonAddress;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A daemon's socket in this process; each connection runs the behaviour a test gives it. */
final class FakeDaemon implements AutoCloseable {

    private static final Pattern ID = Pattern.compile("bench-[0-9a-f-]+");

    private final ServerSocketChannel server;
    private final Path socket;
    private final Behaviour behaviour;

    /** What a connection does until it returns, which closes it. */
    interface Behaviour {
        void serve(Session session) throws IOException;
    }

    /** One connection, seen from the daemon. */
    static final class Session {

        private final SocketChannel channel;
        private final DataInputStream in;

        private Session(SocketChannel channel) {
            this.channel = channel;
            this.in = new DataInputStream(Channels.newInputStream(channel));
        }

        /** The task id of the next request, or null at the end. */
        @Nullable String next() {
            try {
                byte[] body = in.readNBytes(in.readInt());
                Matcher matcher = ID.matcher(new String(body, UTF_8));
                return matcher.find() ? matcher.group() : "none";
            } catch (IOException e) {
                return null;
            }
        }

        void reply(String json) throws IOException {
            write(frame(json.getBytes(UTF_8)));
        }

        void succeed(String id) throws IOException {
            reply("{\"task_id\":\"" + id + "\",\"ok\":true,\"result\":42}");
        }

        void write(byte[] bytes) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
    }

    /** Listens in a directory. */
    FakeDaemon(Path directory, Behaviour behaviour) throws IOException {
        this.behaviour = behaviour;
        this.socket = directory.resolve("d.sock");
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().daemon().start(this::accept);
    }

    /** Answers every task with success. */
    static void echo(Session session) throws IOException {
        for (String id = session.next(); id != null; id = session.next()) {
            session.succeed(id);
        }
    }

    static byte[] frame(byte[] body) {
        return ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array();
    }

    DaemonAddress target() {
        return DaemonAddress.find(socket.toString(), null, Map.of(), socket.getParent());
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = server.accept();
                Thread.ofPlatform().daemon().start(() -> serve(channel));
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            behaviour.serve(new Session(channel));
        } catch (IOException e) {
            // The generator has left.
        }
    }
}
