package io.parallite.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * A receiver of spans: OTLP/HTTP at {@code /v1/traces}, whose requests it decodes from protobuf by
 * the field numbers of {@code opentelemetry/proto/trace/v1/trace.proto}. It answers what a test
 * wants, and when.
 */
final class OtlpReceiver implements AutoCloseable {

    /**
     * A span as it came.
     *
     * @param parentId empty for the first one of a trace
     * @param start nanoseconds since the epoch
     * @param status 0: unset, 1: ok, 2: error
     * @param resource attributes of who sent it
     */
    record Span(
            String traceId,
            String id,
            String parentId,
            String name,
            int kind,
            long start,
            long end,
            Map<String, Object> attributes,
            List<Map<String, Object>> events,
            int status,
            String message,
            Map<String, Object> resource) {

        String traceparent() {
            return "00-" + traceId + "-" + id + "-01";
        }

        boolean isChildOf(Span parent) {
            return traceId.equals(parent.traceId) && parentId.equals(parent.id);
        }
    }

    private static final int ALWAYS = 1_000_000;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> headers = new CopyOnWriteArrayList<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private final Semaphore turns = new Semaphore(ALWAYS);
    private volatile int refusal = 503;

    private OtlpReceiver(int port) {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/traces", this::take);
        server.start();
    }

    static OtlpReceiver start() {
        return at(0);
    }

    /** On a port that {@link #url} has told before. */
    static OtlpReceiver at(int port) {
        return new OtlpReceiver(port);
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    /** Answers the next {@code requests} with this status. */
    OtlpReceiver refuse(int requests, int status) {
        refusal = status;
        refusals.set(requests);
        return this;
    }

    /** Keeps all requests waiting until {@link #goOn}. */
    OtlpReceiver hold() {
        turns.drainPermits();
        return this;
    }

    void goOn() {
        turns.release(ALWAYS);
    }

    /** How many requests have come. */
    int requests() {
        return headers.size();
    }

    /** The headers of the last request. */
    Map<String, List<String>> lastHeaders() {
        return headers.getLast();
    }

    List<Span> spans() {
        return List.copyOf(spans);
    }

    /** The spans of the task of this id, once all {@code count} of them are there. */
    TaskSpans await(String taskId, int count) {
        Predicate<Span> isTask = span -> taskId.equals(span.attributes().get("parallite.task.id"));
        Awaitility.await()
                .until(
                        () ->
                                spans.stream()
                                        .filter(isTask)
                                        .anyMatch(task -> below(task).size() == count - 1));
        Span task = spans.stream().filter(isTask).findFirst().orElseThrow();
        return new TaskSpans(task, below(task));
    }

    private List<Span> below(Span top) {
        List<Span> below = new ArrayList<>();
        for (Span span : spans) {
            if (span.isChildOf(top) && isOurs(span)) {
                below.add(span);
                spans.stream()
                        .filter(inner -> inner.isChildOf(span) && isOurs(inner))
                        .forEach(below::add);
            }
        }
        return below;
    }

    private static boolean isOurs(Span span) {
        return List.of("queue", "start", "run").contains(span.name());
    }

    /** What was recorded of one task. */
    record TaskSpans(Span task, List<Span> below) {
        Span named(String name) {
            return below.stream()
                    .filter(span -> span.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + name + " in " + below));
        }
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        headers.add(Map.copyOf(exchange.getRequestHeaders()));
        turns.acquireUninterruptibly();
        turns.release();
        boolean isRefused = refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        if (!isRefused) {
            decode(body);
        }
        exchange.sendResponseHeaders(isRefused ? refusal : 200, -1);
        exchange.close();
    }

    private void decode(byte[] body) {
        for (Message resourceSpans : Message.of(body).messages(1)) {
            Map<String, Object> resource =
                    attributes(resourceSpans.messages(1).getFirst().messages(1));
            for (Message scopeSpans : resourceSpans.messages(2)) {
                scopeSpans.messages(2).forEach(span -> spans.add(span(span, resource)));
            }
        }
    }

    private static Span span(Message span, Map<String, Object> resource) {
        List<Map<String, Object>> events =
                span.messages(11).stream().map(event -> attributes(event.messages(3))).toList();
        List<Message> status = span.messages(15);
        return new Span(
                span.hex(1),
                span.hex(2),
                span.hex(4),
                span.text(5),
                (int) span.number(6),
                span.number(7),
                span.number(8),
                attributes(span.messages(9)),
                events,
                status.isEmpty() ? 0 : (int) status.getFirst().number(3),
                status.isEmpty() ? "" : status.getFirst().text(2),
                resource);
    }

    private static Map<String, Object> attributes(List<Message> pairs) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (Message pair : pairs) {
            Message value = pair.messages(2).getFirst();
            Object told =
                    value.has(1)
                            ? value.text(1)
                            : value.has(2) ? (Object) (value.number(2) == 1) : value.number(3);
            attributes.put(pair.text(1), told);
        }
        return attributes;
    }

    /** A protobuf message: what each field has, in its order; numbers as {@code Long}. */
    private record Message(Map<Integer, List<Object>> fields) {

        static Message of(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            Map<Integer, List<Object>> fields = new LinkedHashMap<>();
            while (in.hasRemaining()) {
                long tag = varint(in);
                fields.computeIfAbsent((int) (tag >>> 3), field -> new ArrayList<>())
                        .add(value(in, (int) (tag & 7)));
            }
            return new Message(fields);
        }

        private static Object value(ByteBuffer in, int type) {
            return switch (type) {
                case 0 -> varint(in);
                case 1 -> in.getLong();
                case 2 -> {
                    byte[] bytes = new byte[(int) varint(in)];
                    in.get(bytes);
                    yield bytes;
                }
                case 5 -> (long) in.getInt();
                default -> throw new AssertionError("wire type " + type);
            };
        }

        private static long varint(ByteBuffer in) {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = in.get();
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }

        boolean has(int field) {
            return fields.containsKey(field);
        }

        List<Message> messages(int field) {
            return fields.getOrDefault(field, List.of()).stream()
                    .map(bytes -> of((byte[]) bytes))
                    .toList();
        }

        private byte[] bytes(int field) {
            return has(field) ? (byte[]) fields.get(field).getLast() : new byte[0];
        }

        String text(int field) {
            return new String(bytes(field), StandardCharsets.UTF_8);
        }

        String hex(int field) {
            return HexFormat.of().formatHex(bytes(field));
        }

        long number(int field) {
            return has(field) ? (Long) fields.get(field).getLast() : 0;
        }
    }

    @Override
    public void close() {
        goOn();
        server.stop(0);
        threads.shutdownNow();
    }
}
