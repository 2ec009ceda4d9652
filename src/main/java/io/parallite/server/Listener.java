package io.parallite.server;

import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetSocket;
import java.util.Optional;

/** One address at which clients connect. Owned by the engine's thread. */
sealed interface Listener permits UnixListener, InheritedListener, TcpListener {

    /** Who serves the clients of a listener. */
    interface Clients {

        /** A connection of {@code who} that may ask for whatever it likes, from now. */
        ClientSession admit(NetSocket socket, ClientIdentity who);

        /** There are as many connections as there may be at this address. */
        void onFull();
    }

    /**
     * Makes sure that no other daemon has the address, as far as that can be known beforehand.
     *
     * @throws ListenException when one has it
     */
    void claim();

    /**
     * Starts to accept connections, after {@link #claim}.
     *
     * <p>Fails with a {@link ListenException} when the address is taken or cannot be used.
     */
    Uni<Void> listen();

    /** New clients find the address no longer; connections go on. */
    void stop();

    /** Removes the socket's file, where there is one. Any thread. */
    void removeFile();

    /** Closes the address and the connections that are left. */
    void close();

    /** Whether other clients have to wait. */
    boolean isFull();

    /** Why a new client cannot connect; empty when it can. */
    Optional<String> unreachable();
}
