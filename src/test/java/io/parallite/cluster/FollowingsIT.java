package io.parallite.cluster;

import static io.parallite.cluster.store.ClusterFixture.detached;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cluster.store.ClusterFixture;
import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.RedisLink;
import io.parallite.cluster.store.RedisServer;
import io.parallite.cluster.store.Scripts;
import io.parallite.cluster.store.TaskStore;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Watchers of tasks that run on another node, while the connection to a real Redis comes and goes.
 */
final class FollowingsIT {

    private static final TaskId ID = new TaskId("a");

    @Test
    void givesEachWatcherTheStatusOnceWhenTheConnectionIsOpen() throws Exception {
        try (RedisServer redis = RedisServer.start();
                ClusterFixture cluster = new ClusterFixture(redis)) {
            TaskStore tasks = cluster.node("there");
            cluster.node("here");
            cluster.await(() -> tasks.enqueue(detached("a")));
            cluster.await(() -> tasks.claim(1, false));
            Watched node = new Watched(cluster);
            Watcher first = new Watcher();
            Watcher gone = new Watcher();
            cluster.engine.execute(() -> node.followings.follow(ID, first));
            cluster.engine.execute(() -> node.followings.follow(ID, gone).remove(gone));

            cluster.engine.execute(node.link::open);
            assertThat(first.next().state()).isEqualTo(TaskState.RUNNING);

            Watcher second = new Watcher();
            cluster.engine.execute(() -> node.followings.follow(ID, second));
            assertThat(second.next().state()).isEqualTo(TaskState.RUNNING);
            assertThat(List.of(first.states.size(), gone.states.size())).containsOnly(0);
        }
    }

    /** A node whose connection is not open yet. */
    private static final class Watched {

        final RedisLink link;
        final Followings followings;

        Watched(ClusterFixture cluster) {
            ClusterSettings settings = cluster.settings("r1", 100);
            link = cluster.closedLink(settings, this::lookAtAll);
            Scripts scripts = new Scripts(link, settings.prefix());
            followings =
                    new Followings(
                            new EventStore(scripts, settings.signer(), "here"),
                            new TaskStore(scripts, settings, "here"),
                            settings.signer());
        }

        private void lookAtAll() {
            followings.lookAtAll();
        }
    }

    private static final class Watcher implements TaskWatcher {

        final BlockingQueue<TaskStatus> states = new LinkedBlockingQueue<>();

        @Override
        public void onStarted(TaskStatus status) {
            states.add(status);
        }

        @Override
        public void onEvent(String name, byte[] frame) {}

        @Override
        public boolean isBehind() {
            return false;
        }

        TaskStatus next() throws InterruptedException {
            TaskStatus state = states.poll(1, TimeUnit.MINUTES);
            assertThat(state).as("a status").isNotNull();
            return state;
        }
    }
}
