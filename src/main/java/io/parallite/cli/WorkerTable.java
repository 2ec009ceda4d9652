package io.parallite.cli;

import io.parallite.cli.DaemonStats.Worker;
import io.parallite.cli.Table.Column;
import io.parallite.units.HumanUnits;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** A line for each worker: who it is and what it does, and then what the caller adds. */
final class WorkerTable {

    private static final List<Column> COLUMNS =
            List.of(
                    Column.left("NAME"),
                    Column.right("PID"),
                    Column.left("STATE"),
                    Column.giving("TASK"),
                    Column.right("FOR"),
                    Column.right("DONE"),
                    Column.right("MEMORY"));

    /** Where there are several. */
    private static final List<Column> POOL = List.of(Column.left("POOL"));

    private WorkerTable() {}

    /**
     * @param added the further columns
     * @param cells what a worker has in them
     */
    static Table of(
            List<Worker> workers, List<Column> added, Function<Worker, List<String>> cells) {
        boolean hasPools = workers.stream().anyMatch(worker -> !worker.pool().isEmpty());
        Table table =
                new Table(
                        Stream.of(
                                        hasPools ? POOL.stream() : Stream.<Column>empty(),
                                        COLUMNS.stream(),
                                        added.stream())
                                .flatMap(each -> each)
                                .toArray(Column[]::new));
        for (Worker worker : workers) {
            table.add(
                    Stream.of(
                                    hasPools ? Stream.of(worker.pool()) : Stream.<String>empty(),
                                    own(worker),
                                    cells.apply(worker).stream())
                            .flatMap(each -> each)
                            .toArray(String[]::new));
        }
        return table;
    }

    private static Stream<String> own(Worker worker) {
        return Stream.of(
                worker.name(),
                String.valueOf(worker.pid()),
                worker.state(),
                worker.task(),
                worker.taskAgeText(),
                HumanUnits.count(worker.served()),
                worker.memoryText());
    }
}
