package io.parallite.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/split-php}, from a repository of this shape to another one. */
final class SplitPhpTest {

    @TempDir private Path directory;
    private Path repository;
    private Path remote;

    @BeforeEach
    void makeRepositories() throws IOException {
        assumeTrue(Tool.isInstalled("git"), "git is not installed");
        assumeTrue(
                Tool.tool("git", "subtree").run().output().contains("split"),
                "git subtree is not installed");
        repository = directory.resolve("clone");
        remote = directory.resolve("php.git");
        Tool.tool("git", "init", "--quiet", "--bare", "--initial-branch=main", remote).run().ok();
        Tool.tool("git", "init", "--quiet", "--initial-branch=main", repository).run().ok();
        git("config", "user.name", "Somebody");
        git("config", "user.email", "somebody@example.org");
        commit("pom.xml", "1");
        commit("php/composer.json", "{\"version\": \"1.0.0\"}");
        git("tag", "--annotate", "--message", "One", "v1.0.0");
    }

    @Test
    void givesThePackageARepositoryWithItsFilesAtTheRoot() throws IOException {
        assertThat(split("v1.0.0").ok()).contains("v1.0.0 is ");
        commit("php/src/Client.php", "<?php");
        commit("README.md", "more");
        git("tag", "v1.1.0");
        commit("php/later.php", "<?php");
        split("v1.1.0").ok();
        split("v1.1.0").ok();

        assertThat(remote("tag", "--list")).isEqualTo("v1.0.0\nv1.1.0");
        assertThat(remote("show", "v1.0.0:composer.json")).contains("1.0.0");
        assertThat(remote("ls-tree", "-r", "--name-only", "v1.1.0"))
                .isEqualTo("composer.json\nsrc/Client.php");
        assertThat(remote("rev-parse", "main")).isEqualTo(remote("rev-parse", "v1.1.0"));
        assertThat(remote("rev-list", "--count", "main")).isEqualTo("2");
    }

    @Test
    void refusesATagThatDoesNotExist() {
        assertThat(split("v9.9.9").exitCode()).isNotZero();
        assertThat(remote("tag", "--list")).isEmpty();
    }

    private Tool.Ended split(String tag) {
        return Tool.tool("sh", Tool.project("deploy/split-php"), remote, tag).in(repository).run();
    }

    private void commit(String file, String content) throws IOException {
        Path path = repository.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
        git("add", file);
        git("commit", "--quiet", "--message", "Add " + file);
    }

    private String git(Object... arguments) {
        return Tool.tool(Stream.concat(Stream.of("git"), Stream.of(arguments)).toArray())
                .in(repository)
                .run()
                .ok();
    }

    private String remote(String... arguments) {
        return Tool.tool(Stream.concat(Stream.of("git"), Stream.of(arguments)).toArray())
                .in(remote)
                .run()
                .ok()
                .strip();
    }
}
