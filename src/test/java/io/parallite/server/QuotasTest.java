package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.engine.ManualEngine;
import io.parallite.server.Quotas.Charge;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.Terms;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QuotasTest {

    private static final ClientIdentity ALICE = new ClientIdentity("uid:1001", false);
    private static final ClientIdentity BOB = new ClientIdentity("uid:1002", false);
    private static final ClientIdentity WORKER = new ClientIdentity("uid:999", true);

    private final ManualEngine engine = new ManualEngine();
    private final Quotas quotas = new Quotas(engine, QuotaSettings.OFF);
    private final Quotas.Client alice = quotas.connect(ALICE);
    private final Quotas.Client bob = quotas.connect(BOB);

    private static Task task(String id, int bytes, @Nullable String parent) {
        TaskId above = parent == null ? null : new TaskId(parent);
        Terms terms = new Terms(Isolation.NONE, Priority.NORMAL, null, false, above);
        return new Task(new TaskId(id), new byte[bytes], 0, null, false, terms);
    }

    private static @Nullable Charge submit(Quotas.Client client, String id) {
        return client.charge(task(id, 100, null));
    }

    private static Map<String, Object> refusal(Quotas.Client client, Task task) {
        QuotaExceededException[] caught = new QuotaExceededException[1];
        assertThatExceptionOfType(QuotaExceededException.class)
                .isThrownBy(() -> client.charge(task))
                .satisfies(e -> caught[0] = e);
        return caught[0].toReply().fields();
    }

    private QuotaSnapshot.Client figures(ClientIdentity identity) {
        return quotas.snapshot().clients().stream()
                .filter(client -> client.identity().equals(identity.text()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void countsNothingWithoutQuotas() {
        assertThat(submit(alice, "a")).isNull();

        assertThat(figures(ALICE)).isEqualTo(new QuotaSnapshot.Client("uid:1001", 1, 0, 0, 0));
        assertThat(quotas.snapshot().figures().toString()).doesNotContain(" tasks=", " bytes=");
    }

    @Test
    void boundsTasksOfAllConnectionsOfAClientTogether() {
        quotas.configure(new QuotaSettings(2, 0, 0));
        Quotas.Client again = quotas.connect(ALICE);
        Charge first = submit(alice, "a");
        submit(again, "b");

        assertThat(refusal(alice, task("c", 1, null)))
                .containsEntry("task_id", "c")
                .containsEntry("error_code", "QUOTA_EXCEEDED")
                .containsEntry("quota", "quota_tasks")
                .containsEntry(
                        "error",
                        "client uid:1001 has 2 tasks in flight and quota_tasks=2; submit again when some have ended, or raise quota_tasks")
                .doesNotContainKey("retry_after_ms");
        assertThat(submit(bob, "d")).as("another client").isNotNull();
        first.release();
        first.release();
        assertThat(submit(alice, "e")).isNotNull();
        refusal(alice, task("f", 1, null));
        assertThat(figures(ALICE)).isEqualTo(new QuotaSnapshot.Client("uid:1001", 2, 2, 200, 2));
        assertThat(quotas.snapshot().refused()).isEqualTo(Map.of("quota_tasks", 2L));
    }

    @Test
    void boundsBytes() {
        quotas.configure(new QuotaSettings(0, 0, 250));
        Charge first = submit(alice, "a");
        submit(alice, "b");

        assertThat(refusal(alice, task("c", 51, null)))
                .containsEntry("quota", "quota_bytes")
                .doesNotContainKey("retry_after_ms");
        assertThat(alice.charge(task("d", 50, null))).as("what fits").isNotNull();
        first.release();
        assertThat(submit(alice, "e")).isNotNull();
        assertThat(figures(ALICE).bytes()).isEqualTo(250);
    }

    @Test
    void boundsTheRateWithABurstOfOneSecond() {
        quotas.configure(new QuotaSettings(0, 4, 0));
        for (int i = 0; i < 4; i++) {
            submit(alice, "a" + i).release();
        }

        assertThat(refusal(alice, task("b", 1, null)))
                .containsEntry("quota", "quota_tasks_per_second")
                .containsEntry("retry_after_ms", 250L);
        engine.advance(Duration.ofMillis(100));
        assertThat(refusal(alice, task("b", 1, null))).containsEntry("retry_after_ms", 150L);
        engine.advance(Duration.ofMillis(150));
        submit(alice, "c");
        refusal(alice, task("d", 1, null));
        assertThat(submit(bob, "e")).isNotNull();

        engine.advance(Duration.ofSeconds(60));
        for (int i = 0; i < 4; i++) {
            submit(alice, "f" + i);
        }
        refusal(alice, task("g", 1, null));
    }

    @Test
    void aRefusalTakesNothing() {
        quotas.configure(new QuotaSettings(1, 2, 0));
        Charge first = submit(alice, "a");
        refusal(alice, task("b", 1, null));
        refusal(alice, task("c", 1, null));
        first.release();

        assertThat(submit(alice, "d")).as("the second of this second").isNotNull();
    }

    @Test
    void aNewQuotaCountsAtOnceAndReleasesWhatTheOldOneCharged() {
        submit(alice, "uncounted");
        quotas.configure(new QuotaSettings(1, 0, 0));
        Charge counted = submit(alice, "a");
        refusal(alice, task("b", 1, null));

        quotas.configure(new QuotaSettings(2, 0, 0));
        Charge second = submit(alice, "c");
        quotas.configure(QuotaSettings.OFF);
        assertThat(submit(alice, "d")).isNull();
        counted.release();
        second.release();

        assertThat(figures(ALICE).tasks()).isZero();
        assertThat(figures(ALICE).bytes()).isZero();
    }

    @Test
    void chargesATaskOfATaskToTheClientOfThatOne() {
        quotas.configure(new QuotaSettings(3, 0, 0));
        Quotas.Client worker = quotas.connect(WORKER);
        submit(alice, "a");

        worker.charge(task("child", 1, "a"));
        worker.charge(task("grandchild", 1, "child"));

        assertThat(figures(ALICE).tasks()).isEqualTo(3);
        assertThat(figures(WORKER).tasks()).isZero();
        assertThat(refusal(worker, task("more", 1, "child")).get("error"))
                .asString()
                .contains("client uid:1001");
        assertThat(worker.charge(task("orphan", 1, "gone"))).isNotNull();
        assertThat(figures(WORKER).tasks()).as("its parent is not known").isEqualTo(1);
    }

    @Test
    void nobodyElseSubmitsInTheNameOfAnother() {
        quotas.configure(new QuotaSettings(2, 0, 0));
        submit(alice, "a");

        bob.charge(task("b", 1, "a"));

        assertThat(figures(ALICE).tasks()).isEqualTo(1);
        assertThat(figures(BOB).tasks()).isEqualTo(1);
    }

    @Test
    void rememberingClientsIsBounded() {
        quotas.configure(new QuotaSettings(1, 0, 0));
        List<Quotas.Client> gone = new ArrayList<>();
        for (int i = 0; i < 2 * Quotas.MOST_IDLE; i++) {
            gone.add(quotas.connect(new ClientIdentity("address:" + i, false)));
        }
        Charge detached = submit(gone.getFirst(), "goes-on");
        gone.forEach(Quotas.Client::disconnect);

        QuotaSnapshot snapshot = quotas.snapshot();
        assertThat(snapshot.clients()).hasSize(Quotas.MOST_SHOWN + 1);
        assertThat(snapshot.clients().getFirst().identity()).isEqualTo("address:0");
        assertThat(snapshot.clients().getLast())
                .isEqualTo(new QuotaSnapshot.Client("others", 0, 0, 0, 0));
        detached.release();
        assertThat(figures(BOB).connections()).as("who is connected stays").isEqualTo(1);
        assertThat(quotas.known()).isEqualTo(Quotas.MOST_IDLE + 2);
    }

    @Test
    void whoComesBackFindsItsQuotaAsItWas() {
        quotas.configure(new QuotaSettings(0, 1, 0));
        submit(alice, "a").release();
        alice.disconnect();

        refusal(quotas.connect(ALICE), task("b", 1, null));
    }
}
