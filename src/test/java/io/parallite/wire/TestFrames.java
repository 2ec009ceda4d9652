package io.parallite.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** Frames as tests write them. */
public final class TestFrames {

    /** Writes one value. */
    @FunctionalInterface
    public interface Packing {
        void to(MessageBufferPacker packer) throws IOException;
    }

    private TestFrames() {}

    /** {@code body} behind its length. */
    public static byte[] frame(byte... body) {
        byte[] frame = new byte[FrameReader.HEADER + body.length];
        System.arraycopy(body, 0, frame, FrameReader.HEADER, body.length);
        return Frames.putLength(frame);
    }

    /** A text as a frame; single quotes stand for double ones. */
    public static byte[] json(String text) {
        return frame(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    /** A MessagePack value as a frame. */
    public static byte[] msgpack(Packing packing) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packing.to(packer);
            return frame(packer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is behind a frame's length. */
    public static byte[] body(byte[] frame) {
        return Arrays.copyOfRange(frame, FrameReader.HEADER, frame.length);
    }

    /** The body of a frame as text. */
    public static String text(byte[] frame) {
        return new String(body(frame), StandardCharsets.UTF_8);
    }

    /** A reply as our worker writes it. */
    public static byte[] reply(String taskId, boolean ok) {
        String rest = ok ? "'result':1" : "'error':'boom','error_code':'EXCEPTION'";
        return json("{'task_id':'%s','ok':%s,%s}".formatted(taskId, ok, rest));
    }
}
