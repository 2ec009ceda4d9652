package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.deploy.Tool;
import io.parallite.deploy.Workflow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code deploy/release}, in a clone of its own that pushes to a bare repository. */
final class ReleaseIT {

    private static final int REFUSED = 65;
    private static final int BAD_ARGUMENTS = 64;

    /** What the script reads or writes. */
    private static final List<String> FILES =
            List.of(
                    "pom.xml",
                    "CHANGELOG.md",
                    "README.md",
                    "php/README.md",
                    "php/composer.json",
                    "php/src/Worker/WorkerMain.php",
                    "src/docs/protocol.md",
                    "deploy/release",
                    "deploy/kubernetes/base/kustomization.yaml",
                    "deploy/kubernetes/sidecar/kustomization.yaml",
                    "deploy/kubernetes/standalone/kustomization.yaml");

    @TempDir Path directory;
    private Path remote;
    private Path clone;

    @BeforeEach
    void makeRepositories() throws IOException {
        assumeTrue(Tool.isInstalled("git"), "git is not installed");
        remote = directory.resolve("remote.git");
        clone = directory.resolve("clone");
        tool("git", "init", "--quiet", "--bare", "--initial-branch=main", remote).run().ok();
        tool("git", "init", "--quiet", "--initial-branch=main", clone).run().ok();
        for (String file : FILES) {
            Files.createDirectories(clone.resolve(file).getParent());
            Files.copy(project(file), clone.resolve(file));
        }
        addToChangelog("- This.");
        git("config", "user.name", "Somebody");
        git("config", "user.email", "somebody@example.org");
        git("remote", "add", "origin", remote.toString());
        commitAll("feat: begin");
        git("push", "--quiet", "--set-upstream", "origin", "main");
    }

    @Test
    void asksThenCommitsTagsAndPushes() throws IOException {
        Tool.Ended ended = release("v7.8.9\nThe seventh\nyes\n");

        assertThat(ended.ok())
                .contains("Version in pom.xml:", "Last released version: none", "Released v7.8.9");
        assertThat(remote("cat-file", "-t", "v7.8.9")).as("annotated").isEqualTo("tag");
        assertThat(remote("tag", "--list", "--format=%(contents:subject)", "v7.8.9"))
                .isEqualTo("The seventh");
        assertThat(remote("log", "-1", "--format=%s", "main")).isEqualTo("chore(release): v7.8.9");
        assertThat(remote("rev-parse", "main")).isEqualTo(remote("rev-parse", "v7.8.9^{commit}"));
        assertThat(remote("show", "v7.8.9:pom.xml"))
                .contains("<artifactId>parallite</artifactId>\n    <version>7.8.9</version>");
        assertThat(remote("show", "v7.8.9:CHANGELOG.md"))
                .contains("## [Unreleased]\n\n## [7.8.9] - 20")
                .doesNotContain("- Unreleased");
        assertThat(remote("show", "v7.8.9:php/src/Worker/WorkerMain.php"))
                .contains("VERSION = '7.8.9'");
        assertThat(remote("show", "v7.8.9:php/composer.json")).contains("\"version\": \"7.8.9\"");
        assertThat(remote("show", "v7.8.9:README.md")).contains("parallite-7.8.9.tar.gz");
        for (String overlay : List.of("sidecar", "standalone")) {
            assertThat(
                            remote(
                                    "show",
                                    "v7.8.9:deploy/kubernetes/" + overlay + "/kustomization.yaml"))
                    .contains("- name: parallite\n    newTag: 7.8.9");
        }
        assertThat(git("status", "--porcelain")).isEmpty();
    }

    @Test
    void theWorkflowFindsWhatTheChangelogSaysOfIt() {
        String says = Workflow.read("release").script("release", "Release, with");
        String notes = says.substring(0, says.indexOf("gh release"));

        release("", "--yes", "v7.8.9").ok();
        tool("sh", "-ec", notes).in(clone).env(Map.of("VERSION", "v7.8.9")).run().ok();

        assertThat(clone.resolve("notes.md"))
                .content()
                .contains("### Added", "- This.")
                .doesNotContain("## [7.8.9]", "Unreleased");
    }

    @Test
    void releasesAgainAndOnlyHigher() {
        release("", "--yes", "v7.9.0").ok();
        assertThat(release("", "--yes", "v7.9.1"))
                .matches(refused("CHANGELOG.md says nothing under Unreleased"));
        addToChangelog("- That.");
        commitAll("feat: go on");

        assertThat(release("", "--yes", "v7.9.0")).matches(refused("the tag v7.9.0 exists"));
        assertThat(release("", "--yes", "v7.8.10"))
                .matches(refused("v7.8.10 is not higher than v7.9.0"));
        assertThat(release("", "--yes", "v7.10.0", "Ten").ok()).contains("Released v7.10.0");
        assertThat(remote("tag", "--list")).isEqualTo("v7.10.0\nv7.9.0");
    }

    @ParameterizedTest
    @CsvSource({"1.2.3", "v1.2", "v1.2.3-rc1", "v01.2.3", "'v1.2.3 x'", "latest"})
    void refusesAnotherFormOfVersion(String version) {
        assertThat(release(version + "\n")).matches(refused("is not of the form v1.2.3"));
        assertNothingHappened();
    }

    @Test
    void refusesATreeWithChanges() throws IOException {
        Files.writeString(clone.resolve("new"), "file");

        assertThat(release("", "--yes", "v7.8.9")).matches(refused("the tree has changes"));
        Files.delete(clone.resolve("new"));
        assertNothingHappened();
    }

    @Test
    void refusesABranchThatIsBehind() throws IOException {
        Path other = directory.resolve("other");
        tool("git", "clone", "--quiet", remote, other).run().ok();
        Files.writeString(other.resolve("new"), "file");
        for (List<String> step :
                List.of(
                        List.of("add", "new"),
                        List.of(
                                "-c",
                                "user.name=x",
                                "-c",
                                "user.email=x@example.org",
                                "commit",
                                "--quiet",
                                "-m",
                                "feat: go on"),
                        List.of("push", "--quiet"))) {
            run(other, step.toArray(String[]::new));
        }

        assertThat(release("", "--yes", "v7.8.9")).matches(refused("main lacks commits of"));
        assertThat(remote("tag")).isEmpty();
    }

    @Test
    void leavesAllAsItWasWhenTheBuildFails() {
        Tool.Ended ended =
                release(Map.of("RELEASE_BUILD", "echo broken; false"), "", "--yes", "v7.8.9");

        assertThat(ended.exitCode()).isOne();
        assertThat(ended.output()).contains("broken", "the build failed", "the tree is as it was");
        assertNothingHappened();
    }

    @Test
    void takesCommitAndTagBackWhenThePushFails() throws IOException {
        Path hook = remote.resolve("hooks/pre-receive");
        Files.createDirectories(hook.getParent());
        Files.writeString(hook, "#!/bin/sh\necho protected\nexit 1\n");
        assertThat(hook.toFile().setExecutable(true)).isTrue();

        Tool.Ended ended = release("", "--yes", "v7.8.9");

        assertThat(ended.exitCode()).isOne();
        assertThat(ended.output()).contains("protected", "are taken back");
        assertNothingHappened();
    }

    @Test
    void changesNothingInADryRun() {
        Map<String, String> build =
                Map.of("RELEASE_BUILD", "grep '<version>7.8.9</version>' pom.xml");

        assertThat(release(build, "", "--dry-run", "--yes", "v7.8.9").ok())
                .contains("Dry run", "<version>7.8.9</version>")
                .doesNotContain("Released");
        assertNothingHappened();
    }

    @Test
    void stopsWhenTheAnswerIsNo() {
        assertThat(release("v7.8.9\n\nno\n")).matches(refused("nothing was changed"));
        assertThat(release("v7.8.9\n")).matches(refused("no message was given"));
        assertThat(release("")).matches(refused("no version was given"));
        assertThat(release("", "--yes").exitCode()).isEqualTo(BAD_ARGUMENTS);
        assertThat(release("", "--hurry").exitCode()).isEqualTo(BAD_ARGUMENTS);
        assertNothingHappened();
    }

    @Test
    void theBuildDoesNotLearnWhereTheReleaseIsPushed() {
        Map<String, String> environment =
                Map.of(
                        "RELEASE_REMOTE", "origin",
                        "RELEASE_BUILD", "test -z \"${RELEASE_REMOTE+set}${RELEASE_BUILD+set}\"");

        assertThat(release(environment, "", "--dry-run", "--yes", "v7.8.9").exitCode()).isZero();
        assertNothingHappened();
    }

    private void assertNothingHappened() {
        assertThat(git("status", "--porcelain")).isEmpty();
        assertThat(git("log", "-1", "--format=%s")).isEqualTo("feat: begin");
        assertThat(git("tag")).isEmpty();
        assertThat(remote("log", "-1", "--format=%s", "main")).isEqualTo("feat: begin");
        assertThat(remote("tag")).isEmpty();
    }

    private static Predicate<Tool.Ended> refused(String why) {
        return ended -> ended.exitCode() == REFUSED && ended.output().contains(why);
    }

    private Tool.Ended release(String input, String... arguments) {
        return release(Map.of("RELEASE_BUILD", "true"), input, arguments);
    }

    private Tool.Ended release(Map<String, String> environment, String input, String... arguments) {
        Object[] command = new Object[arguments.length + 1];
        command[0] = clone.resolve("deploy/release");
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Map<String, String> all = new HashMap<>(environment);
        all.putIfAbsent("RELEASE_REMOTE", "origin"); // this build may be that of a release
        return tool(command).env(all).run(input);
    }

    /** A change that is worth a release. */
    private void addToChangelog(String line) {
        try {
            Path changes = clone.resolve("CHANGELOG.md");
            Files.writeString(
                    changes,
                    Files.readString(changes)
                            .replaceFirst(
                                    "(?m)^(## .*Unreleased.*)$", "$1\n\n### Added\n\n" + line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void commitAll(String message) {
        git("add", "--all");
        git("commit", "--quiet", "--message", message);
    }

    private String git(String... arguments) {
        return run(clone, arguments);
    }

    private String remote(String... arguments) {
        return run(remote, arguments);
    }

    private static String run(Path directory, String... arguments) {
        Object[] command = new Object[arguments.length + 1];
        command[0] = "git";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return tool(command).in(directory).run().ok().strip();
    }
}
