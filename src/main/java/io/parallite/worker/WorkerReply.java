package io.parallite.worker;

/**
 * A worker's answer to its task.
 *
 * @param frame the whole frame, forwarded to clients byte for byte
 * @param ok what the reply says of itself
 */
@SuppressWarnings("ArrayRecordComponent") // identity is what is wanted: frames are never compared
public record WorkerReply(byte[] frame, boolean ok) {}
