package io.parallite.server;

/**
 * The client at the other end of a connection.
 *
 * @param described for the log; its text is made when it is written
 * @param quota what it has in flight
 */
record Peer(Object described, Quotas.Client quota) {}
