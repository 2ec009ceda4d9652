package io.parallite.it;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux tells about processes, see proc(5). */
final class Processes {

    private static final Path PROC = Path.of("/proc");

    private static final List<String> WITH_ALL_SIGNALS = allSignals("env", "--default-signal");

    private Processes() {}

    private static List<String> allSignals(String... command) {
        boolean isKnown = Tool.tool(command[0], command[1], "true").run().exitCode() == 0;
        return isKnown ? List.of(command) : List.of();
    }

    /** The living processes that were started with {@code variable} (NAME=value), at any depth. */
    static List<Long> withVariable(String variable) {
        String wanted = "\0" + variable + "\0";
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .filter(pid -> ("\0" + text(pid, "environ")).contains(wanted))
                    .map(Long::parseLong)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the process is there and not a zombie. */
    static boolean isAlive(long pid) {
        String stat = text(Long.toString(pid), "stat");
        return !stat.isEmpty() && stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    }

    /** Processor time used so far, in ticks of 10 ms. */
    static long ticks(long pid) {
        String stat = text(Long.toString(pid), "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /**
     * A size out of {@code /proc/PID/status} in bytes: VmRSS is resident memory, VmHWM its peak.
     */
    static long memory(long pid, String figure) {
        return text(Long.toString(pid), "status")
                        .lines()
                        .filter(line -> line.startsWith(figure + ":"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow()
                * 1024;
    }

    /** The threads of all processes of the user that a process runs as: what its limit counts. */
    static long ofTheUserOf(long pid) {
        String user = real(Long.toString(pid), "Uid");
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .filter(each -> real(each, "Uid").equals(user))
                    .mapToLong(each -> Long.parseLong("0" + real(each, "Threads")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first word of a line of {@code /proc/PID/status}; nothing where it has ended. */
    private static String real(String pid, String figure) {
        return text(pid, "status")
                .lines()
                .filter(line -> line.startsWith(figure + ":"))
                .map(line -> line.substring(figure.length() + 1).strip().split("\\s")[0])
                .findFirst()
                .orElse("");
    }

    /** What the open files of a process are: paths, {@code socket:[…]}, {@code pipe:[…]}. */
    static List<String> openFiles(long pid) {
        try (Stream<Path> entries = Files.list(PROC.resolve(pid + "/fd"))) {
            return entries.map(Processes::target).toList();
        } catch (NoSuchFileException e) {
            return List.of(); // ended meanwhile
        } catch (AccessDeniedException e) {
            if (isAlive(pid)) {
                throw new UncheckedIOException(e);
            }
            return List.of(); // a zombie's are root's
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The TCP ports that a process listens on. */
    static List<Integer> listeningPorts(long pid) {
        List<String> sockets = openFiles(pid);
        return Stream.of("net/tcp", "net/tcp6")
                .flatMap(table -> text(Long.toString(pid), table).lines().skip(1))
                .map(line -> line.strip().split("\\s+"))
                .filter(entry -> entry[3].equals("0A")) // LISTEN
                .filter(entry -> sockets.contains("socket:[" + entry[9] + "]"))
                .map(entry -> Integer.parseInt(entry[1].split(":")[1], 16))
                .toList();
    }

    /**
     * What a command begins with to have all signals: a process in the background of a script, or
     * under {@code nohup}, ignores some, and so do all that it starts. Nothing where there is no
     * such {@code env}.
     */
    static List<String> withAllSignals() {
        return WITH_ALL_SIGNALS;
    }

    /** Sends a signal, for example {@code KILL}; does nothing when the process is gone. */
    static void signal(long pid, String name) {
        try {
            new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    private static String text(String pid, String file) {
        try {
            return new String(
                    Files.readAllBytes(PROC.resolve(pid).resolve(file)),
                    StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // ended meanwhile
        }
    }
}
