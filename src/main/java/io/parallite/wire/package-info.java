/**
 * Frames and what is in them: {@link io.parallite.wire.FrameReader} cuts a byte stream into frames,
 * {@link io.parallite.wire.FrameWriter} puts frames on a stream under back-pressure, and an {@link
 * io.parallite.wire.Encoding} reads a frame's envelope into a {@link io.parallite.wire.Request} or
 * writes a {@link io.parallite.wire.Reply}. Payloads and results are opaque: they are skipped, and
 * forwarded byte for byte. Imports {@code task} and {@code engine}.
 */
@NullMarked
package io.parallite.wire;

import org.jspecify.annotations.NullMarked;
