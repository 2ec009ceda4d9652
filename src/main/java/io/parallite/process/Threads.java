package io.parallite.process;

import java.util.concurrent.ThreadFactory;

/** Names for the threads that wait for processes. */
final class Threads {

    private static final long SMALL_STACK = 128 * 1024;

    private Threads() {}

    /** Daemon platform threads of this name, with small stacks. */
    static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().name(name).daemon().stackSize(SMALL_STACK).factory();
    }

    static void startDaemon(String name, Runnable body) {
        daemon(name).newThread(body).start();
    }
}
