package io.parallite.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Which nodes beside its origin are connected with a task, in letters: {@code e} when its events
 * are followed, {@code o} when its output is followed, too, {@code m} when there are messages to
 * it. The claim returns them; later ones come through the inbox.
 */
record Links(String letters) {

    boolean isFollowed() {
        return letters.contains("e") || wantsOutput();
    }

    boolean wantsOutput() {
        return letters.contains("o");
    }

    boolean hasMessages() {
        return letters.contains("m");
    }

    Links and(@Nullable Links others) {
        return others == null ? this : new Links(letters + others.letters);
    }
}
