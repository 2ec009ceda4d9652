package io.parallite.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.wire.TestFrames;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One line for each task that has failed, and no flood of them. */
class FailureLogTest {

    private static final Logger LOGGER = Logger.getLogger(FailureLog.class.getName());

    private final FailureLog log = new FailureLog();
    private final List<String> lines = new ArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    String message =
                            record instanceof ExtLogRecord ext
                                    ? ext.getFormattedMessage()
                                    : record.getMessage();
                    lines.add(record.getLevel().getName() + " " + message);
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        LOGGER.setLevel(Level.ALL);
        LOGGER.addHandler(handler);
    }

    @AfterEach
    void forget() {
        LOGGER.removeHandler(handler);
    }

    @Test
    void saysWhyWhereOnWhichWorkerAndAfterHowLong() {
        byte[] frame =
                TestFrames.json(
                        "{'task_id':'a','ok':false,'error':'secret words','error_code':'EXCEPTION',"
                                + "'class':'App\\\\Broken','file':'/srv/my app/Job.php','line':12}");

        TaskFailure failure = Failures.in(new TaskResult.Replied(frame, false));
        log.add(status("a", "EXCEPTION").with(failure), 0);

        assertThat(lines)
                .containsExactly(
                        "WARN task failed kind=EXCEPTION class=App\\Broken at=/srv/my_app/Job.php:12"
                                + " queued_ms=0 ran_ms=30 worker=work-1 task=a");
    }

    @Test
    void saysWhatTheTaskIsCalled() {
        log.add(status("a", "TIMEOUT").named("import orders\u202e"), 0);

        assertThat(lines)
                .singleElement()
                .asString()
                .startsWith("WARN task failed kind=TIMEOUT name=import_orders_ queued_ms=0");
    }

    @Test
    void limitsTheLinesOfEachKindAndSaysHowManyThereWereMore() {
        for (int i = 0; i < FailureLog.LINES_A_SECOND + 7; i++) {
            log.add(status("t" + i, "TIMEOUT"), 0);
        }
        assertThat(lines).hasSize(FailureLog.LINES_A_SECOND);

        log.add(status("x", "WORKER_CRASHED"), 0);
        log.add(status("y", "TIMEOUT"), TimeUnit.SECONDS.toNanos(2));

        assertThat(lines).hasSize(FailureLog.LINES_A_SECOND + 2);
        assertThat(lines.getLast()).contains("task failed (and 7 more of this kind) kind=TIMEOUT");
    }

    @Test
    void cancelledTasksHaveNotFailed() {
        log.add(status("a", "CANCELLED"), 0);

        assertThat(lines).isEmpty();
    }

    @Test
    void aDefectIsAnError() {
        log.add(status("a", "INTERNAL"), 0);

        assertThat(lines).singleElement().asString().startsWith("ERROR task failed kind=INTERNAL");
    }

    private static TaskStatus status(String id, String code) {
        return new TaskStatus(new TaskId(id), TaskState.FAILED, 1000, 1000, 1030, "work-1")
                .with(new TaskFailure(code, "words"));
    }
}
