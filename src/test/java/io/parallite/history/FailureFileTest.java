package io.parallite.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.config.ConfigException;
import io.parallite.task.FailurePlace;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.wire.ReplyDetail;
import io.parallite.wire.TestFrames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures that outlive their daemon. */
class FailureFileTest {

    @TempDir private Path directory;

    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("failures.jsonl");
    }

    @Test
    void keepsFailuresForTheNextDaemon() {
        append(failed("a"), failed("b"));

        List<TaskDetail> kept = read();

        assertThat(kept).hasSize(2);
        assertThat(kept.getLast().status()).isEqualTo(failed("b").status());
        assertThat(ReplyDetail.of(kept.getLast().reply()))
                .isEqualTo(ReplyDetail.of(failed("b").reply()));
    }

    @Test
    void keepsAFailureOfWhichOnlyTheKindIsKnown() {
        TaskStatus status =
                new TaskStatus(new TaskId("x"), TaskState.FAILED, 1000, 0, 2000, null)
                        .named("import")
                        .with(new TaskFailure("QUEUE_TIMEOUT", "no\nworker \u2028"))
                        .withProgress(new TaskProgress(0.25, "a quarter"));
        append(new TaskDetail(status, null));

        assertThat(read()).containsExactly(new TaskDetail(status, null));
    }

    @Test
    void isReadableForItsOwnerOnly() throws IOException {
        assumeTrue(Files.getFileStore(directory).supportsFileAttributeView("posix"));
        append(failed("a"));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void readsPastBrokenLinesAndOneThatWasCutOff() throws IOException {
        append(failed("a"));
        Files.writeString(
                path,
                "rubbish\n\n{\"task_id\":\"no code\"}\n[1]\n{\"task_id\":\"cut off\",\"err",
                StandardOpenOption.APPEND);
        append(failed("b"));

        assertThat(read()).extracting(one -> one.status().id().value()).containsExactly("a", "b");
    }

    @Test
    void beginsAnewWhereItIsFullAndKeepsTheOneBefore() throws IOException {
        append(failed("first"));
        String line = Files.readString(path);
        int lines = (int) (FailureFile.MOST / line.length());
        Files.writeString(path, line.repeat(lines));
        append(failed("second"));
        assertThat(Files.readString(path)).contains("second").doesNotContain("first");
        assertThat(read()).hasSize(lines + 1);

        Files.writeString(path, Files.readString(path).repeat(lines));
        append(failed("third"));

        assertThat(read().getFirst().status().id().value()).isEqualTo("second");
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void goesOnWithoutTheFileThatWasRemoved() throws IOException {
        FailureFile file = new FailureFile(path);
        Files.delete(path);
        file.append(failed("a"));
        file.close();

        assertThat(read()).hasSize(1);
    }

    @Test
    void losesWhatADiskHasNoRoomFor() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full");
        FailureFile file = new FailureFile(full);

        file.append(failed("a"));
        file.append(failed("b"));
        file.close();

        assertThat(Files.exists(Path.of("/dev/full.1"))).isFalse();
    }

    @Test
    void refusesWhatCannotBeWrittenAndWhatIsALink() throws IOException {
        Path nowhere = directory.resolve("none/failures");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> new FailureFile(nowhere))
                .withMessageContaining("failures_file=" + nowhere);

        Path link = Files.createSymbolicLink(directory.resolve("link"), path);
        assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> new FailureFile(link));
        assertThat(path).doesNotExist();
    }

    private void append(TaskDetail... failures) {
        FailureFile file = new FailureFile(path);
        List.of(failures).forEach(file::append);
        file.close();
    }

    private List<TaskDetail> read() {
        List<TaskDetail> kept = new ArrayList<>();
        FailureFile file = new FailureFile(path);
        file.read(kept::add);
        file.close();
        return kept;
    }

    private static TaskDetail failed(String id) {
        byte[] reply =
                TestFrames.json(
                        "{'task_id':'a','ok':false,'class':'App\\\\Broken','file':'/srv/Jöb.php',"
                                + "'line':12,'code':7,'trace':'#0 a\\n#1 {main}','output':'printed'}");
        TaskFailure failure =
                new TaskFailure(
                        "EXCEPTION",
                        "no stock",
                        new FailurePlace("App\\Broken", "/srv/Jöb.php", 12));
        TaskStatus status =
                new TaskStatus(new TaskId(id), TaskState.FAILED, 1000, 1010, 1030, "work-1")
                        .on(4711)
                        .with(failure);
        return new TaskDetail(status, reply);
    }
}
