package io.parallite.server;

/** Receives the cost of a request, for its session. Owned by the engine's thread. */
interface Turn {

    /** So many bytes have been copied or read; after enough of them others have their turn. */
    void spend(int bytes);

    /** An answer takes long: the next request is not begun before it is there. */
    void onLongBegun();

    /** The answer that took long is there. */
    void onLongDone();
}
