package io.parallite.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * Which nodes beside its origin are connected with a task, in letters: {@code e} when its events
 * are followed, {@code o} when its output is followed, too, {@code m} when there are messages to
 * it. The claim returns them; later ones come through the inbox.
 */
public record Links(String letters) {

    /** Whether a node follows the task. */
    public boolean isFollowed() {
        return letters.contains("e") || wantsOutput();
    }

    /** Whether one of them wants what the task prints. */
    public boolean wantsOutput() {
        return letters.contains("o");
    }

    /** Whether messages wait for the task. */
    public boolean hasMessages() {
        return letters.contains("m");
    }

    /** These and {@code others}, if there are others. */
    public Links and(@Nullable Links others) {
        return others == null ? this : new Links(letters + others.letters);
    }
}
