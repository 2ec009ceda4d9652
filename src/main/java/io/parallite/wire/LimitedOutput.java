package io.parallite.wire;

import io.parallite.task.FailureKind;
import java.io.ByteArrayOutputStream;

/** A frame that is being written, with room for its length prefix, and a bound on its body. */
final class LimitedOutput extends ByteArrayOutputStream {

    private final int maxBody;

    /** An output that refuses more than {@code maxBody} bytes. */
    LimitedOutput(int maxBody) {
        super(256);
        this.maxBody = maxBody;
        super.write(new byte[FrameReader.HEADER], 0, FrameReader.HEADER);
    }

    @Override
    public synchronized void write(int b) {
        check(1);
        super.write(b);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        check(length);
        super.write(bytes, offset, length);
    }

    private void check(int more) {
        if (more > maxBody - (count - FrameReader.HEADER)) {
            throw new RequestException(
                    FailureKind.RESULT_NOT_ENCODABLE,
                    "result takes more than max_payload_bytes=%d in the other encoding; ask in the encoding of its submit, or raise max_payload_bytes"
                            .formatted(maxBody),
                    null);
        }
    }

    /** The frame, its length written into the prefix. */
    synchronized byte[] toFrame() {
        return Frames.putLength(toByteArray());
    }
}
