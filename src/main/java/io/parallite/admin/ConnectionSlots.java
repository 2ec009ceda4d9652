package io.parallite.admin;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the open connections of HTTP: a new one replaces the one that has been without a request
 * for longest.
 *
 * <p>So a client that connects and sends a request gets an answer, however many connections are
 * idle or send a request byte by byte: a request counts when its headers are complete. A connection
 * whose request is being handled keeps its slot until the response is sent; when all slots are
 * taken by such connections, new ones are refused. While too many are being closed, others wait in
 * the system's backlog, so that a burst uses no more descriptors than the limit.
 *
 * <p>It is a handler of the listening channel. Any thread.
 */
@Sharable
final class ConnectionSlots extends ChannelInboundHandlerAdapter {

    private final int most;
    private final int atOnce;

    /**
     * The number of running requests of each connection; the one that has been without a request
     * for longest is the first.
     */
    private final Map<Channel, Integer> running = new LinkedHashMap<>();

    private int open;
    private @Nullable Channel listening;

    /**
     * Slots for connections.
     *
     * @param descriptors how many there may be, with those that are being closed
     */
    ConnectionSlots(int descriptors) {
        this.atOnce = descriptors;
        this.most = Math.max(1, descriptors - Math.max(1, descriptors / 4));
    }

    /** Counts what this channel accepts from now on. On its event loop. */
    synchronized void watch(Channel listens) {
        listening = listens;
        listens.pipeline().addFirst(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        if (accepted instanceof Channel connection && !admit(connection)) {
            connection.unsafe().closeForcibly(); // it has no event loop yet
            return;
        }
        context.fireChannelRead(accepted);
    }

    private boolean admit(Channel connection) {
        Channel silent = null;
        synchronized (this) {
            if (running.size() >= most) {
                silent = takeSilent();
                if (silent == null) {
                    return false;
                }
            }
            running.put(connection, 0);
            open++;
            acceptOrWait();
        }
        var _ = connection.closeFuture().addListener(ignored -> onClosed(connection));
        if (silent != null) {
            var _ = silent.close();
        }
        return true;
    }

    private @Nullable Channel takeSilent() {
        Iterator<Map.Entry<Channel, Integer>> entries = running.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Channel, Integer> entry = entries.next();
            if (entry.getValue() == 0) {
                entries.remove();
                return entry.getKey();
            }
        }
        return null;
    }

    private synchronized void onClosed(Channel connection) {
        running.remove(connection);
        open--;
        acceptOrWait();
    }

    private void acceptOrWait() {
        if (listening != null) {
            listening.config().setAutoRead(open < atOnce);
        }
    }

    /** A request has come. */
    synchronized void onAsked(Channel connection) {
        move(connection, 0);
    }

    /** A request is allowed to run: the connection stays until {@link #onAnswered}. */
    synchronized void onRunning(Channel connection) {
        move(connection, 1);
    }

    /** The end of {@link #onRunning}. */
    synchronized void onAnswered(Channel connection) {
        move(connection, -1);
    }

    private void move(Channel connection, int more) {
        Integer requests = running.remove(connection);
        if (requests != null) { // else its place was taken
            running.put(connection, requests + more);
        }
    }
}
