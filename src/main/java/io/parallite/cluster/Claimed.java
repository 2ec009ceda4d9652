package io.parallite.cluster;

/**
 * A task that this node has leased, as it came out of Redis.
 *
 * @param frame its request, not to be trusted before {@code signature} is checked
 * @param links who has to do with it beside its origin
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Claimed(Lease lease, byte[] frame, byte[] signature, Links links) {}
