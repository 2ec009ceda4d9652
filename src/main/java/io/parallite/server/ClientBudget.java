package io.parallite.server;

import io.parallite.engine.Guard;
import io.parallite.wire.ReadBudget;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * The one place that counts what clients can make the daemon keep in memory.
 *
 * <p>There are two shares of the same size, so that requests that wait never keep replies from
 * being read, which is what ends tasks and frees room:
 *
 * <ul>
 *   <li>requests: frames that are being read, tasks from their submit to the moment at which
 *       nothing refers to their frame, and requests that wait for an answer;
 *   <li>replies: large frames that are being read from workers, and what clients have not read yet,
 *       the network's own copy of it included.
 * </ul>
 *
 * <p>A claim that finds no room waits, in the order of claims; its connection is not read
 * meanwhile. A claim that is larger than a share is granted when it is alone. One connection gets
 * {@link #ofOne} of the requests' share at most. What a connection holds is in its {@link Account};
 * a {@link Claim} is released once, whatever happens between. Owned by the engine's thread.
 */
public final class ClientBudget implements ReadBudget {

    /**
     * What a task takes beside its frame, its entry in the queue included. Measured: 880 bytes of
     * heap; the rest is for one that is followed, and for what a collection has not freed yet.
     */
    static final int TASK = 1536;

    /** What an unanswered request takes that refers to a task. */
    static final int REFERENCE = 32;

    /** What an unanswered request takes that is one of a kind. */
    static final int REQUEST = 512;

    private static final long LEAST = 1 << 20;

    private final Share requests;
    private final Share replies;
    private Runnable onContended = () -> {};

    /**
     * A budget of two shares.
     *
     * @param share how many bytes each of them has
     */
    public ClientBudget(long share) {
        requests = new Share(share);
        replies = new Share(share);
    }

    /**
     * The share of a daemon that is allowed {@code configured} bytes and has a heap of {@code
     * heap}: no more than a quarter of that, so that both shares leave half of it for everything
     * else.
     */
    public static long share(long configured, long heap) {
        return Math.max(LEAST, Math.min(configured, heap / 4));
    }

    /** How many bytes one connection may have of a share of {@code share}. */
    static long ofOne(long share) {
        return share - share / 8;
    }

    /**
     * Down to how many bytes a connection that had them all must come before it is read again: a
     * quarter less, so that it does not go on by one request at a time.
     */
    static long lowWater(long share) {
        return ofOne(share) / 4 * 3;
    }

    /** Runs {@code action} when a claim begins to wait for room. */
    void onContended(Runnable action) {
        onContended = action;
    }

    /** The account of a new connection. */
    Account open(Runnable onRoom) {
        return new Account(onRoom);
    }

    @Override
    public Room claim(long bytes, Runnable onGranted) {
        Claim claim = new Claim(replies, null, bytes, onGranted);
        replies.enter(claim);
        return claim;
    }

    /** Whether a connection waits for room to send a request. */
    boolean isShortOfRequests() {
        return !requests.waiting.isEmpty();
    }

    /** Whether a worker waits for room for its reply. */
    boolean isShortOfReplies() {
        return !replies.waiting.isEmpty();
    }

    /** Bytes that requests hold. */
    public long requestBytes() {
        return requests.used;
    }

    /** Bytes that replies hold. */
    public long replyBytes() {
        return replies.used;
    }

    /** How many bytes each share has. */
    public long share() {
        return requests.limit;
    }

    /** One of the two shares, and the claims that wait for room in it. */
    private final class Share {

        private final long limit;
        private final LinkedHashSet<Claim> waiting = new LinkedHashSet<>();
        private long used;
        private boolean granting;

        Share(long limit) {
            this.limit = limit;
        }

        private boolean fits(long bytes) {
            return used == 0 || used + bytes <= limit;
        }

        private void enter(Claim claim) {
            if (waiting.isEmpty() && fits(claim.bytes)) {
                claim.grant();
            } else {
                waiting.add(claim);
                onContended.run();
            }
        }

        private void give(long bytes) {
            used -= bytes;
            grantWaiting();
        }

        /** In a loop, because a claim that is granted may be released at once. */
        private void grantWaiting() {
            if (granting) {
                return;
            }
            granting = true;
            while (!waiting.isEmpty()) {
                Claim next = waiting.getFirst();
                if (!fits(next.bytes)) {
                    break;
                }
                waiting.removeFirst();
                next.grant();
                Guard.run("reading on", next.onGranted);
            }
            granting = false;
        }
    }

    /** Bytes of a share, granted, waited for, or given back. */
    static final class Claim implements Room {

        private final Share share;
        private final @Nullable Account account;
        private final Runnable onGranted;
        private long bytes;
        private boolean granted;
        private boolean released;
        private @Nullable Runnable onReleased;

        private Claim(Share share, @Nullable Account account, long bytes, Runnable onGranted) {
            this.share = share;
            this.account = account;
            this.bytes = bytes;
            this.onGranted = onGranted;
        }

        private void grant() {
            granted = true;
            share.used += bytes;
        }

        /** Adds to what is claimed, without asking: for what is small and bounded otherwise. */
        void grow(long more) {
            if (granted && !released) {
                bytes += more;
                share.used += more;
                if (account != null) {
                    account.hold(more);
                }
            }
        }

        /** Runs {@code action} once when this is released. */
        void releaseWith(Runnable action) {
            onReleased = action;
        }

        @Override
        public boolean isGranted() {
            return granted;
        }

        @Override
        public void release() {
            if (released) {
                return;
            }
            released = true;
            if (onReleased != null) {
                onReleased.run();
            }
            if (!granted) {
                share.waiting.remove(this);
                share.grantWaiting(); // it may have stood before others that fit
            } else {
                share.give(bytes);
            }
            if (account != null) {
                account.onReleased(this);
            }
        }
    }

    /** What one connection holds. */
    final class Account {

        private final Runnable onRoom;
        private long held;
        private long unread;
        private boolean isFull;
        private @Nullable Claim postponed;

        private Account(Runnable onRoom) {
            this.onRoom = onRoom;
        }

        /** Whether the connection has all that one may have, and must not be read from. */
        boolean isFull() {
            return isFull;
        }

        private void hold(long more) {
            held += more;
            if (held >= ofOne(requests.limit)) {
                isFull = true;
            } else if (held <= lowWater(requests.limit)) {
                isFull = false;
            }
        }

        /** Claims room for a request; see {@link ReadBudget#claim}. */
        Claim claim(long bytes, Runnable onGranted) {
            Claim claim = new Claim(requests, this, bytes, onGranted);
            if (held > 0 && (isFull || held + bytes > ofOne(requests.limit))) {
                postponed = claim;
                isFull = true;
            } else {
                requests.enter(claim);
            }
            hold(bytes);
            return claim;
        }

        /** Claims room for a request that has been read; {@code null} when there is none. */
        @Nullable Claim tryClaim(long bytes) {
            if (!requests.fits(bytes)) {
                return null;
            }
            return owe(bytes);
        }

        /** Takes room without asking, for a request that is small and waits for its answer. */
        Claim owe(long bytes) {
            Claim claim = new Claim(requests, this, bytes, () -> {});
            claim.grant();
            hold(bytes);
            return claim;
        }

        /**
         * Notes that so many bytes, or the network's copies of them, wait to be read by the client.
         */
        void setUnread(long bytes) {
            long change = bytes - unread;
            if (change != 0) {
                unread = bytes;
                replies.used += change;
                if (change < 0) {
                    replies.grantWaiting();
                }
            }
        }

        /** Bytes that the client has not read. */
        long unread() {
            return unread;
        }

        private void onReleased(Claim claim) {
            boolean wasFull = isFull;
            hold(-claim.bytes);
            Claim next = postponed;
            if (next == claim) {
                postponed = null;
            } else if (next != null && mayEnter(next)) {
                postponed = null;
                isFull = held >= ofOne(requests.limit);
                enterLate(next);
            }
            if (wasFull && !isFull) {
                onRoom.run();
            }
        }

        private boolean mayEnter(Claim claim) {
            long others = held - claim.bytes;
            return others == 0
                    || (others <= lowWater(requests.limit) && held <= ofOne(requests.limit));
        }

        private void enterLate(Claim claim) {
            requests.enter(claim);
            if (claim.granted) {
                Guard.run("reading on", claim.onGranted);
            }
        }
    }
}
