package io.parallite.dispatch;

import io.smallrye.mutiny.Uni;

/** What a task has in the place of its worker while another node may run it. */
interface Elsewhere {

    /** The task has one more follower. */
    void onWatched(boolean output);

    /** Its last follower has gone. */
    void onUnwatched();

    /** Some watcher takes events again, or takes no more. */
    void holdOrRelease();

    /** Sends a message to the task; completes when its worker has it. */
    Uni<Void> send(byte[] frame);
}
