package io.parallite.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureGroup;
import io.parallite.task.FailureKind;
import io.parallite.task.FailurePlace;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.wire.ReplyDetail;
import io.parallite.wire.TestFrames;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of failures, and how they are counted. */
class FailureBookTest {

    private static final String EXCEPTION =
            "{'task_id':'%s','ok':false,'error':'no stock','error_code':'EXCEPTION',"
                    + "'class':'App\\\\Broken','file':'/srv/Job.php','line':%d,'trace':'#0 {main}',"
                    + "'output':'%s'}";

    private final FailureBook book = new FailureBook();
    private long now = 1000;

    @Test
    void countsFailuresOfOneKindAtOnePlaceTogether() {
        fail("a", thrown("a", 12, ""));
        fail("b", thrown("b", 12, ""));
        fail("c", thrown("c", 13, ""));
        fail("d", new TaskResult.Failed(FailureKind.TIMEOUT, "too long"));
        fail("e", thrown("e", 12, ""));

        List<FailureGroup> groups = book.groups(10);

        assertThat(groups).extracting(FailureGroup::count).containsExactly(3L, 1L, 1L);
        FailureGroup first = groups.getFirst();
        assertThat(first.failure().place())
                .isEqualTo(new FailurePlace("App\\Broken", "/srv/Job.php", 12));
        assertThat(first.newest()).isEqualTo(new TaskId("e"));
        assertThat(first.firstAt()).isEqualTo(1001);
        assertThat(first.lastAt()).isEqualTo(1005);
        assertThat(groups.get(1).failure().code()).isEqualTo("TIMEOUT");
        assertThat(book.groups(1)).containsExactly(first);
    }

    @Test
    void knowsTheGroupsThatWereMetLast() {
        for (int line = 1; line <= FailureBook.GROUPS; line++) {
            fail("t" + line, thrown("t", line, ""));
        }
        fail("again", thrown("again", 1, ""));
        fail("new", thrown("new", 9999, ""));

        assertThat(book.groups(1000)).hasSize(FailureBook.GROUPS);
        assertThat(book.groups(1000))
                .extracting(group -> group.failure().place().line())
                .startsWith(9999, 1, FailureBook.GROUPS)
                .doesNotContain(2);
        assertThat(book.groups(2).getLast().count()).isEqualTo(2);
    }

    @Test
    void keepsWhatTheWorkerSaidOfTheLastOnes() {
        fail("first", thrown("first", 1, "printed"));
        assertThat(ReplyDetail.of(book.find(new TaskId("first")).reply()))
                .containsEntry("class", "App\\Broken")
                .containsEntry("file", "/srv/Job.php")
                .containsEntry("line", 1)
                .containsEntry("trace", "#0 {main}")
                .containsEntry("output", "printed");

        for (int i = 0; i < FailureBook.KEPT; i++) {
            fail("t" + i, thrown("t" + i, 1, ""));
        }

        assertThat(book.find(new TaskId("first"))).isNull();
        assertThat(book.newestFirst()).hasSize(FailureBook.KEPT);
        assertThat(book.newestFirst().getFirst().id()).isEqualTo(new TaskId("t99"));
    }

    @Test
    void keepsOfALongReplyItsLastWords() {
        String printed = "x".repeat(200_000) + "the end";
        fail("long", thrown("long", 1, printed));
        fail("longest", thrown("longest", 1, "y".repeat(2 << 20)));

        byte[] reply = book.find(new TaskId("long")).reply();

        assertThat(reply).hasSizeLessThan(FailureBook.WHOLE);
        assertThat(ReplyDetail.of(reply).get("output"))
                .asString()
                .startsWith("…xxx")
                .endsWith("the end");
        assertThat(ReplyDetail.of(reply)).containsEntry("trace", "#0 {main}");
        assertThat(book.find(new TaskId("longest")).reply()).isNull();
        assertThat(book.find(new TaskId("longest")).status().failure().code())
                .isEqualTo("EXCEPTION");
    }

    private static TaskResult thrown(String id, int line, String output) {
        return new TaskResult.Replied(
                TestFrames.json(EXCEPTION.formatted(id, line, output)), false);
    }

    private void fail(String id, TaskResult result) {
        now++;
        TaskStatus failed =
                new TaskStatus(new TaskId(id), TaskState.FAILED, 1000, 1000, now, "work-1");
        book.add(failed.with(Failures.in(result)), result);
    }
}
