package io.parallite.cluster.store;

/**
 * A task that this node has leased, as read from Redis.
 *
 * @param frame its request; untrusted until {@code signature} is verified
 * @param links the nodes that follow it or send messages to it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Claimed(Lease lease, byte[] frame, byte[] signature, Links links) {}
