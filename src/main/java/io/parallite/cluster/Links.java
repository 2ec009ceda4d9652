package io.parallite.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Who has to do with a task beside its origin, in letters: {@code e} when its events are followed,
 * {@code o} when that is what it prints, too, {@code m} when there are messages to it. The node
 * that claims it gets them with it; later ones come by its inbox.
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
