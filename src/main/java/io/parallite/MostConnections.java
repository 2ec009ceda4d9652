package io.parallite;

import io.parallite.cli.OpenFiles;

/**
 * How many clients may be connected: as many as there are descriptors for beside those that the
 * daemon needs itself, and as much heap as connections may take.
 */
final class MostConnections {

    /** Bytes of heap that a connection may take without what it sends and gets. */
    private static final int HEAP = 12 * 1024;

    private static final int LEAST = 8;

    private MostConnections() {}

    /** For this process, beside {@code workers} workers and the connections of HTTP. */
    static int of(int workers, boolean servesHttp) {
        return of(OpenFiles.forClients(workers, servesHttp), Runtime.getRuntime().maxMemory());
    }

    /** For a process with so many descriptors for clients, and a heap of {@code heap} bytes. */
    static int of(long descriptors, long heap) {
        return (int) Math.max(LEAST, Math.min(descriptors, heap / 4 / HEAP));
    }
}
