package io.parallite.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.parallite.task.FailureKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON (RFC 8259) by Jackson's streaming parser: values that the daemon does not need are skipped.
 */
final class JsonEncoding implements Encoding {

    /** How deep a request may be nested, and how long a number in it may be. */
    static final int MAX_DEPTH = 1000;

    private static final int MAX_NUMBER = 1000;

    /** Longer texts of a request are not read into memory: none that is meant is so long. */
    private static final int MAX_TEXT = 64 * 1024;

    /** How deep a reply may be nested: it is only passed over, which takes some bytes a level. */
    private static final int MAX_REPLY_DEPTH = 100_000;

    /** Digits of what is no number of a line. */
    private static final int LONG_LINE = 10;

    private static final JsonFactory REQUESTS = factory(MAX_DEPTH, MAX_TEXT, MAX_NUMBER);
    private static final JsonFactory REPLIES =
            factory(MAX_REPLY_DEPTH, Integer.MAX_VALUE, Integer.MAX_VALUE);
    private static final JsonFactory VALUES =
            factory(MAX_REPLY_DEPTH, Integer.MAX_VALUE, MAX_NUMBER);

    private static JsonFactory factory(int depth, int text, int number) {
        return new JsonFactoryBuilder()
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                .streamReadConstraints(
                        StreamReadConstraints.builder()
                                .maxNestingDepth(depth)
                                .maxStringLength(text)
                                .maxNumberLength(number)
                                .build())
                .build();
    }

    @Override
    public Request decode(byte[] frame) {
        Envelope envelope = new Envelope();
        try (JsonParser parser = open(REQUESTS, frame)) {
            expectMap(parser);
            for (String field = parser.nextFieldName(); field != null; ) {
                parser.nextToken();
                switch (field) {
                    case "payload", "command", "context", "cwd", "env" -> {
                        field = addContent(envelope, field, frame, parser);
                        continue;
                    }
                    case "type" -> envelope.type = text(envelope, field, parser);
                    case "task_id" -> envelope.taskId = id(envelope, field, parser);
                    case "timeout_ms" -> envelope.timeoutMs = number(envelope, parser);
                    case "detach" -> envelope.detach = flag(envelope, field, parser);
                    case "on_disconnect" -> envelope.onDisconnect = scalar(envelope, field, parser);
                    case "traceparent" -> trace(envelope, parser);
                    case "shared" -> envelope.options().put(field, texts(envelope, parser));
                    default -> {
                        if (RequestOptions.NAMES.contains(field)) {
                            envelope.options().put(field, scalar(envelope, field, parser));
                        } else {
                            parser.skipChildren();
                        }
                    }
                }
                field = parser.nextFieldName();
            }
            expectEnd(parser);
            return envelope.toRequest(frame);
        } catch (IOException e) {
            throw malformed(e, envelope.taskId);
        }
    }

    /**
     * Notes the bytes of the value the parser stands on, unless it is {@code null} or an empty
     * context; answers the name of the next field.
     */
    private static @Nullable String addContent(
            Envelope envelope, String field, byte[] frame, JsonParser parser) throws IOException {
        JsonToken value = parser.currentToken();
        int from = FrameReader.HEADER + (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        String next = parser.nextFieldName();
        int to = FrameReader.HEADER + (int) parser.currentTokenLocation().getByteOffset();
        while (isBetweenFields(frame[to - 1])) {
            to--;
        }
        Fingerprint content = new Fingerprint();
        if (value == JsonToken.VALUE_STRING) {
            JsonStrings.addUnescaped(content, frame, from + 1, to - 1);
        } else {
            content.add(frame, from, to);
        }
        boolean isEmpty = value.isStructStart() && to - from == 2;
        if (value != JsonToken.VALUE_NULL && !(isEmpty && field.equals("context"))) {
            envelope.addContent(field, content);
        }
        return next;
    }

    private static void trace(Envelope envelope, JsonParser parser) throws IOException {
        int quote = (int) parser.currentTokenLocation().getByteOffset();
        envelope.trace(scalar(envelope, "traceparent", parser), FrameReader.HEADER + quote + 1);
    }

    private static boolean isBetweenFields(byte b) {
        return b == ',' || b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    @Override
    public ReplyEnvelope decodeReply(byte[] frame) {
        String taskId = null;
        Boolean ok = null;
        boolean workerEnds = false;
        FailureFields failure = null;
        String event = null;
        try (JsonParser parser = open(REPLIES, frame)) {
            expectMap(parser);
            for (String field = parser.nextFieldName();
                    field != null;
                    field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (field.equals("task_id") && value == JsonToken.VALUE_STRING) {
                    taskId = parser.getText();
                } else if (field.equals("ok") && value.isBoolean()) {
                    ok = value == JsonToken.VALUE_TRUE;
                } else if (field.equals("worker_ends")) {
                    workerEnds = value == JsonToken.VALUE_TRUE;
                    parser.skipChildren();
                } else if (field.equals("event") && value == JsonToken.VALUE_STRING) {
                    event = parser.getText();
                } else if (value == JsonToken.VALUE_STRING && FailureFields.isText(field)) {
                    failure = failure == null ? new FailureFields() : failure;
                    failure.put(field, JsonStrings.wellFormed(parser.getText()));
                } else if (value == JsonToken.VALUE_NUMBER_INT && FailureFields.isNumber(field)) {
                    failure = failure == null ? new FailureFields() : failure;
                    failure.line(line(parser));
                } else {
                    parser.skipChildren();
                }
            }
            expectEnd(parser);
        } catch (IOException e) {
            throw malformed(e, taskId);
        }
        return ReplyEnvelope.of(taskId, ok, workerEnds, failure, event);
    }

    private static int line(JsonParser parser) throws IOException {
        return parser.getTextLength() < LONG_LINE ? parser.getIntValue() : 0;
    }

    @Override
    public Map<String, Object> pick(byte[] frame, Set<String> wanted) {
        Map<String, Object> picked = new HashMap<>();
        try (JsonParser parser = open(REPLIES, frame)) {
            expectMap(parser);
            for (String field = parser.nextFieldName();
                    field != null;
                    field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (value == JsonToken.VALUE_STRING && wanted.contains(field)) {
                    picked.put(field, JsonStrings.wellFormed(parser.getText()));
                } else if (value == JsonToken.VALUE_NUMBER_INT && wanted.contains(field)) {
                    picked.put(field, line(parser));
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw malformed(e, null);
        }
        return picked;
    }

    @Override
    @SuppressWarnings({"unchecked", "cast"}) // redundant for javac, not for NullAway
    public Map<String, Object> decodeAll(byte[] frame) {
        try (JsonParser parser = open(VALUES, frame)) {
            expectMap(parser);
            return (Map<String, Object>) JsonValues.readMap(parser, 0);
        } catch (IOException e) {
            throw malformed(e, null);
        }
    }

    @Override
    public byte[] encode(Map<String, ?> fields) {
        ByteArrayOutputStream out = Frames.begin(256);
        try (JsonGenerator json = generator(out)) {
            JsonValues.write(json, fields);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Frames.finish(out);
    }

    static String text(Object value) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = REPLIES.createGenerator(out)) {
            JsonValues.write(json, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    @Override
    public byte[] payload(byte[] frame) {
        try (JsonParser parser = open(REPLIES, frame)) {
            expectMap(parser);
            byte[] payload = null;
            for (String field = parser.nextFieldName();
                    field != null;
                    field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (field.equals("payload")) {
                    payload =
                            value == JsonToken.VALUE_STRING
                                    ? parser.getText().getBytes(StandardCharsets.UTF_8)
                                    : null;
                }
                parser.skipChildren();
            }
            if (payload != null) {
                return payload;
            }
        } catch (IOException e) {
            throw malformed(e, null);
        }
        throw noText();
    }

    /** The exception for a payload that is no string. */
    static RequestException noText() {
        return new RequestException(FailureKind.INVALID_REQUEST, "payload must be a string", null);
    }

    @Override
    public byte[] withBenchmark(byte[] frame) {
        byte[] field = "\"enable_benchmark\":true,".getBytes(StandardCharsets.UTF_8);
        int brace = FrameReader.HEADER;
        while (frame[brace] != '{') {
            brace++;
        }
        byte[] out = new byte[frame.length + field.length];
        System.arraycopy(frame, 0, out, 0, brace + 1);
        System.arraycopy(field, 0, out, brace + 1, field.length);
        System.arraycopy(frame, brace + 1, out, brace + 1 + field.length, frame.length - brace - 1);
        return Frames.putLength(out);
    }

    @Override
    public byte[] withField(byte[] frame, String field, String value) {
        byte[] more = ",\"%s\":\"%s\"".formatted(field, value).getBytes(StandardCharsets.UTF_8);
        int brace = frame.length - 1;
        while (frame[brace] != '}') {
            brace--;
        }
        byte[] out = new byte[frame.length + more.length];
        System.arraycopy(frame, 0, out, 0, brace);
        System.arraycopy(more, 0, out, brace, more.length);
        System.arraycopy(frame, brace, out, brace + more.length, frame.length - brace);
        return Frames.putLength(out);
    }

    @Override
    public byte[] translate(byte[] replyFrame, int maxBody) {
        return JsonToMessagePack.translate(replyFrame, maxBody);
    }

    /** What writes JSON to {@code out}. */
    static JsonGenerator generator(OutputStream out) throws IOException {
        return REPLIES.createGenerator(out);
    }

    /** A parser of the value that begins at {@code from} in a worker's frame. */
    static JsonParser openReply(byte[] frame, int from) throws IOException {
        return VALUES.createParser(frame, from, frame.length - from);
    }

    private static JsonParser open(JsonFactory factory, byte[] frame) throws IOException {
        return factory.createParser(frame, FrameReader.HEADER, frame.length - FrameReader.HEADER);
    }

    private static void expectMap(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new IOException("expected a JSON object");
        }
    }

    private static void expectEnd(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw new IOException("expected a field name or '}'");
        }
        if (parser.nextToken() != null) {
            throw new IOException("something follows the JSON object");
        }
    }

    /** A text that is compared with others must be one in UTF-8, too, or two would be the same. */
    private static @Nullable String id(Envelope envelope, String field, JsonParser parser)
            throws IOException {
        boolean isText = parser.currentToken() == JsonToken.VALUE_STRING;
        if (isText && !JsonStrings.isWellFormed(text(parser, envelope, field))) {
            throw envelope.wrongType(
                    field, "a string of whole characters, which has a form in UTF-8");
        }
        return text(envelope, field, parser);
    }

    private static String text(JsonParser parser, Envelope envelope, String field)
            throws IOException {
        try {
            return parser.getText();
        } catch (StreamConstraintsException e) {
            throw envelope.invalid(
                    "%s is longer than %d characters; use a shorter one"
                            .formatted(field, MAX_TEXT));
        }
    }

    private static @Nullable String text(Envelope envelope, String field, JsonParser parser)
            throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> JsonStrings.wellFormed(text(parser, envelope, field));
            case VALUE_NULL -> null;
            default -> throw envelope.wrongType(field, "a string");
        };
    }

    private static @Nullable Long number(Envelope envelope, JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> (long) parser.getDoubleValue();
            case VALUE_NULL -> null;
            default -> throw envelope.wrongType("timeout_ms", "a number of milliseconds");
        };
    }

    private static boolean flag(Envelope envelope, String field, JsonParser parser) {
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE, VALUE_NULL -> false;
            default -> throw envelope.wrongType(field, "true or false");
        };
    }

    private static @Nullable Object scalar(Envelope envelope, String field, JsonParser parser)
            throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> JsonStrings.wellFormed(text(parser, envelope, field));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> {
                parser.skipChildren();
                yield RequestOptions.COMPOUND;
            }
        };
    }

    /** A list of strings; COMPOUND when it is something else. */
    private static @Nullable Object texts(Envelope envelope, JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            return scalar(envelope, "shared", parser);
        }
        List<String> texts = new ArrayList<>();
        boolean areTexts = true;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            areTexts &= parser.currentToken() == JsonToken.VALUE_STRING;
            if (areTexts && texts.size() < RequestOptions.MOST_TEXTS) {
                texts.add(text(parser, envelope, "shared"));
            }
            parser.skipChildren();
        }
        return areTexts ? texts : RequestOptions.COMPOUND;
    }

    static RequestException malformed(IOException cause, @Nullable String taskId) {
        return new RequestException(
                FailureKind.MALFORMED_FRAME, "frame is not a JSON object: " + what(cause), taskId);
    }

    private static String what(IOException cause) {
        if (cause instanceof StreamConstraintsException) {
            String limit = String.valueOf(cause.getMessage());
            if (limit.contains("nesting depth")) {
                return "it is nested deeper than %d levels".formatted(MAX_DEPTH);
            }
            if (limit.startsWith("Number value") || limit.startsWith("String value")) {
                return "it holds a number of more than %d digits; send it as a string"
                        .formatted(MAX_NUMBER);
            }
        }
        String what =
                cause instanceof JsonProcessingException known
                        ? known.getOriginalMessage()
                        : cause.getMessage();
        return String.valueOf(what).lines().findFirst().orElse("it is none");
    }
}
