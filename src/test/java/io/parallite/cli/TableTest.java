package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cli.Table.Column;
import org.junit.jupiter.api.Test;

class TableTest {

    private final Table table =
            new Table(Column.left("NAME"), Column.giving("TASK"), Column.right("DONE"));

    @Test
    void makesColumnsAsWideAsTheyMustBe() {
        table.add("work-1", "a", "7");
        table.add("w", "", "12,345");

        assertThat(table.lines(80))
                .containsExactly(
                        "NAME    TASK    DONE", //
                        "work-1  a          7",
                        "w             12,345");
    }

    @Test
    void cutsTheColumnThatGivesWay() {
        table.add("work-1", "a-task-with-a-long-name", "7");

        assertThat(table.lines(32))
                .containsExactly(
                        "NAME    TASK                DONE", //
                        "work-1  a-task-with-a-lon~     7");
    }

    @Test
    void leavesTheColumnThatGivesWayItsLeast() {
        table.add("work-1", "a-task-with-a-long-name", "7");

        assertThat(table.lines(5)).last().isEqualTo("work-1  a-task-~     7");
    }
}
