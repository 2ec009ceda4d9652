package io.parallite.config;

import java.util.List;
import java.util.Optional;

/**
 * Who may connect to a domain socket.
 *
 * @param mode permissions in octal digits, for example {@code 0660}
 * @param group name or number of the file's group; empty for the daemon's own
 * @param users names or numbers of those who may connect, beside the daemon's user and root; empty
 *     for all who have permission
 */
public record SocketAccess(String mode, Optional<String> group, List<String> users) {

    /** For the daemon's user alone. */
    public static final SocketAccess OWNER = new SocketAccess("0600", Optional.empty(), List.of());

    public SocketAccess {
        users = List.copyOf(users);
    }

    /** The permissions as a number. */
    public int permissions() {
        return Integer.parseInt(mode, 8);
    }
}
