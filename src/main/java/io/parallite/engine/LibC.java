package io.parallite.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The calls into the C library that the JDK lacks, all of them: with the constants and structures
 * of 64-bit Linux, so that they are for {@link io.parallite.config.Platform#isLinux} only.
 *
 * <p>Each call either succeeds or gives the negative {@code errno}, as the kernel does. A function
 * is looked up when it is first called; a system that lacks it answers {@link #ENOSYS}. Any thread
 * may call; none of the calls blocks, except {@link #poll}.
 */
public final class LibC {

    public static final int EPERM = 1;
    public static final int ESRCH = 3;
    public static final int ENOSYS = 38;

    public static final int SIGUSR2 = 12;
    public static final int SIGKILL = 9;

    /** Flags of open(2) and pipe(7). */
    static final int O_RDWR = 2;

    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    /** Keeps what is written at a time together as a packet; 0 where its value is not known. */
    static final int O_DIRECT =
            switch (System.getProperty("os.arch")) {
                case "amd64", "riscv64" -> 0x4000;
                case "aarch64" -> 0x10000;
                default -> 0;
            };

    private static final int F_SETFL = 4;
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int RLIMIT_LOCKS = 10;
    private static final int PRIO_PROCESS = 0;
    private static final int P_PID = 1;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int CLD_EXITED = 1;
    private static final int SIGNALLED = 128;
    private static final int STILL_THERE = Integer.MIN_VALUE;

    /** Fields of siginfo_t for a child, and its size. */
    private static final int SI_CODE = 8;

    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int SIGINFO_BYTES = 128;

    /** The same on all architectures, as all system calls since Linux 5.1. */
    private static final long SYS_PIDFD_SEND_SIGNAL = 424;

    private static final long SYS_PIDFD_OPEN = 434;

    private static final short POLLIN = 1;
    private static final long POLLFD_BYTES = 8;
    private static final long EVENTS = 4;
    private static final long REVENTS = 6;

    private LibC() {}

    /** A function, its form, and how it is called. */
    @SuppressWarnings("ImmutableEnumChecker") // nobody changes the options
    private enum Function {
        MKFIFO(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)),
        OPEN(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)),
        CLOSE(FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
        FCNTL(
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                Linker.Option.firstVariadicArg(2)),
        SOCKET(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)),
        SENDTO(
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT)),
        PRCTL(
                FunctionDescriptor.of(
                        JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1)),
        PRLIMIT(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS)),
        KILL(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT)),
        GETPGID(FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
        GETEUID(FunctionDescriptor.of(JAVA_INT)),
        GETPRIORITY(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT)),
        SETPRIORITY(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)),
        UMASK(FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
        WAITID(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)),
        EVENTFD(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT)),
        POLL(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)),
        SYSCALL(
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1));

        private final FunctionDescriptor form;
        private final Linker.Option[] options;

        Function(FunctionDescriptor form, Linker.Option... options) {
            this.form = form;
            this.options = options;
        }

        private String symbol() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The forms of all calls, which a native build must know of beforehand. */
    public static Set<FunctionDescriptor> forms() {
        Set<FunctionDescriptor> forms = new LinkedHashSet<>(List.of(Calls.TRANSFER));
        for (Function function : Function.values()) {
            forms.add(function.form);
        }
        return forms;
    }

    /** Looks up all functions, which takes a tenth of a second of a start that would need them. */
    public static void bind() {
        for (Function function : Function.values()) {
            Calls.handle(function);
        }
    }

    // ---- files and pipes

    static int mkfifo(String path, int mode) {
        return onPath(Function.MKFIFO, path, mode);
    }

    static int open(String path, int flags) {
        return onPath(Function.OPEN, path, flags);
    }

    private static int onPath(Function function, String path, int argument) {
        return (int)
                call(
                        function,
                        (arena, errno, handle) ->
                                (int)
                                        handle.invokeExact(
                                                errno, arena.allocateFrom(path), argument));
    }

    public static int close(int descriptor) {
        return (int)
                call(
                        Function.CLOSE,
                        (arena, errno, handle) -> (int) handle.invokeExact(errno, descriptor));
    }

    static int setFlags(int descriptor, int flags) {
        return (int)
                call(
                        Function.FCNTL,
                        (arena, errno, handle) ->
                                (int) handle.invokeExact(errno, descriptor, F_SETFL, flags));
    }

    /** Writes to a descriptor that does not block; the number of bytes, or -1. */
    public static long write(int descriptor, byte[] bytes) {
        return transfer(Calls.WRITE, descriptor, bytes);
    }

    /** Reads from a descriptor that does not block; the number of bytes, or -1. */
    public static long read(int descriptor, byte[] room) {
        return transfer(Calls.READ, descriptor, room);
    }

    private static long transfer(MethodHandle call, int descriptor, byte[] bytes) {
        MemorySegment segment = MemorySegment.ofArray(bytes);
        try {
            return (long) call.invokeExact(descriptor, segment, segment.byteSize());
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** A descriptor that can be read once eight bytes were written to it; see eventfd(2). */
    public static int eventDescriptor() {
        return (int)
                call(
                        Function.EVENTFD,
                        (arena, errno, handle) ->
                                (int) handle.invokeExact(errno, 0, O_NONBLOCK | O_CLOEXEC));
    }

    /** Sets the process's mask for new files, and gives the one before. */
    public static int umask(int mask) {
        return (int)
                call(
                        Function.UMASK,
                        (arena, errno, handle) -> (int) handle.invokeExact(errno, mask));
    }

    /** The user that files of this process belong to. */
    public static int effectiveUser() {
        return (int)
                call(Function.GETEUID, (arena, errno, handle) -> (int) handle.invokeExact(errno));
    }

    // ---- datagrams

    /** Opens a datagram domain socket. */
    public static int datagramSocket() {
        return (int)
                call(
                        Function.SOCKET,
                        (arena, errno, handle) ->
                                (int)
                                        handle.invokeExact(
                                                errno, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    }

    /**
     * Sends one datagram.
     *
     * @param name what {@code sun_path} is, up to its last byte
     */
    public static long send(int socket, byte[] bytes, int flags, byte[] name) {
        return call(
                Function.SENDTO,
                (arena, errno, handle) -> {
                    MemorySegment address = arena.allocate(Short.BYTES + name.length, Short.BYTES);
                    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
                    MemorySegment.copy(name, 0, address, JAVA_BYTE, Short.BYTES, name.length);
                    return (long)
                            handle.invokeExact(
                                    errno,
                                    socket,
                                    arena.allocateFrom(JAVA_BYTE, bytes),
                                    (long) bytes.length,
                                    flags,
                                    address,
                                    (int) address.byteSize());
                });
    }

    // ---- processes

    /**
     * Has a thread give way to others: adds to its nice value.
     *
     * @param thread its id in Linux, of a thread of this process
     */
    public static int addNice(int thread, int more) {
        int nice =
                (int)
                        call(
                                Function.GETPRIORITY,
                                (arena, errno, handle) ->
                                        (int) handle.invokeExact(errno, PRIO_PROCESS, thread));
        return (int)
                call(
                        Function.SETPRIORITY,
                        (arena, errno, handle) ->
                                (int) handle.invokeExact(errno, PRIO_PROCESS, thread, nice + more));
    }

    /** Has this process become the parent of descendants whose own parent has ended. */
    public static int becomeSubreaper() {
        return (int)
                call(
                        Function.PRCTL,
                        (arena, errno, handle) ->
                                (int)
                                        handle.invokeExact(
                                                errno, PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L));
    }

    /** Sends a signal to a process or, when {@code pid} is negative, to a process group. */
    public static int kill(int pid, int signal) {
        return (int)
                call(
                        Function.KILL,
                        (arena, errno, handle) -> (int) handle.invokeExact(errno, pid, signal));
    }

    /** The process group of a process. */
    public static int groupOf(int pid) {
        return (int)
                call(
                        Function.GETPGID,
                        (arena, errno, handle) -> (int) handle.invokeExact(errno, pid));
    }

    /** A descriptor that stands for a process, whatever becomes of its id; see pidfd_open(2). */
    public static int openProcess(int pid) {
        return (int) syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
    }

    /** Sends a signal to the process that {@link #openProcess} was called for. */
    public static int signalProcess(int processDescriptor, int signal) {
        return (int) syscall(SYS_PIDFD_SEND_SIGNAL, processDescriptor, signal, 0, 0);
    }

    private static long syscall(long number, long a, long b, long c, long d) {
        return call(
                Function.SYSCALL,
                (arena, errno, handle) -> (long) handle.invokeExact(errno, number, a, b, c, d));
    }

    /**
     * Takes note of the end of a child, which then is gone.
     *
     * @return the exit status as a shell would say; negative when it runs, or is none
     */
    public static int reap(int pid) {
        return (int)
                call(
                        Function.WAITID,
                        (arena, errno, handle) -> {
                            MemorySegment info = arena.allocate(SIGINFO_BYTES, Long.BYTES);
                            int failed =
                                    (int)
                                            handle.invokeExact(
                                                    errno, P_PID, pid, info, WEXITED | WNOHANG);
                            if (failed != 0 || info.get(JAVA_INT, SI_PID) == 0) {
                                return STILL_THERE;
                            }
                            int status = info.get(JAVA_INT, SI_STATUS);
                            boolean exited = info.get(JAVA_INT, SI_CODE) == CLD_EXITED;
                            return exited ? status : SIGNALLED + status;
                        });
    }

    /**
     * The soft limit of a process on file locks, which Linux has not enforced since 2.4 and passes
     * on to all descendants; empty when the process is gone or not ours to look at.
     *
     * @param pid 0 for this process
     */
    public static OptionalLong lockLimit(int pid) {
        long[] limits = lockLimits(pid);
        return limits == null ? OptionalLong.empty() : OptionalLong.of(limits[0]);
    }

    /** Sets this process's own soft limit on file locks; the hard one stays. */
    public static boolean setLockLimit(long soft) {
        return setLockLimit(0, soft);
    }

    /** The same for another process. */
    public static boolean setLockLimit(int pid, long soft) {
        long[] limits = lockLimits(pid);
        return limits != null && prlimit(pid, new long[] {soft, limits[1]}, null) == 0;
    }

    private static long @Nullable [] lockLimits(int pid) {
        long[] limits = new long[2];
        return prlimit(pid, null, limits) == 0 ? limits : null;
    }

    private static int prlimit(int pid, long @Nullable [] set, long @Nullable [] got) {
        return (int)
                call(
                        Function.PRLIMIT,
                        (arena, errno, handle) -> {
                            MemorySegment next =
                                    set == null
                                            ? MemorySegment.NULL
                                            : arena.allocateFrom(JAVA_LONG, set);
                            MemorySegment now = arena.allocate(JAVA_LONG, 2);
                            int failed =
                                    (int) handle.invokeExact(errno, pid, RLIMIT_LOCKS, next, now);
                            if (got != null) {
                                MemorySegment.copy(now, JAVA_LONG, 0, got, 0, 2);
                            }
                            return failed;
                        });
    }

    /**
     * Waits until one of the descriptors can be read, or the process has ended that one of them
     * stands for; negative ones are passed over.
     *
     * @param millis how long at most; negative for ever
     * @return which of them
     */
    public static boolean[] poll(int[] descriptors, int millis) {
        return poll(descriptors, descriptors.length, millis);
    }

    /**
     * The same, where only the first {@code readable} may be ready by what can be read: the others
     * are when nobody is left who could write.
     */
    public static boolean[] poll(int[] descriptors, int readable, int millis) {
        boolean[] ready = new boolean[descriptors.length];
        long _ =
                call(
                        Function.POLL,
                        (arena, errno, handle) -> {
                            MemorySegment entries =
                                    arena.allocate(
                                            Math.max(1, descriptors.length) * POLLFD_BYTES,
                                            Integer.BYTES);
                            for (int i = 0; i < descriptors.length; i++) {
                                entries.set(JAVA_INT, i * POLLFD_BYTES, descriptors[i]);
                                entries.set(
                                        JAVA_SHORT,
                                        i * POLLFD_BYTES + EVENTS,
                                        i < readable ? POLLIN : 0);
                            }
                            int count =
                                    (int)
                                            handle.invokeExact(
                                                    errno,
                                                    entries,
                                                    (long) descriptors.length,
                                                    millis);
                            for (int i = 0; i < descriptors.length; i++) {
                                ready[i] = entries.get(JAVA_SHORT, i * POLLFD_BYTES + REVENTS) != 0;
                            }
                            return count;
                        });
        return ready;
    }

    // ---- calling

    /** A call, given memory that it frees afterwards, a place for errno, and the function. */
    private interface Call {
        long run(Arena arena, MemorySegment errno, MethodHandle handle) throws Throwable;
    }

    private static long call(Function function, Call call) {
        MethodHandle handle = Calls.handle(function);
        if (handle == null) {
            return -ENOSYS;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(Calls.ERRNO);
            long result = call.run(arena, errno, handle);
            return result == -1 ? -errno.get(JAVA_INT, 0) : result;
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("the C library cannot be called", cause);
    }

    /** The handles of the functions, made when they are first asked for. */
    private static final class Calls {

        static final MemoryLayout ERRNO = Linker.Option.captureStateLayout();
        static final FunctionDescriptor TRANSFER =
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

        /** Without errno, and on the Java heap: these are called for every task. */
        static final MethodHandle WRITE = transfer("write");

        static final MethodHandle READ = transfer("read");

        private static final @Nullable MethodHandle[] HANDLES =
                new MethodHandle[Function.values().length];

        private Calls() {}

        /** Two threads may both make one, which then are as good as each other. */
        @SuppressWarnings("EnumOrdinal") // an array of final length needs no lock
        static @Nullable MethodHandle handle(Function function) {
            MethodHandle known = HANDLES[function.ordinal()];
            if (known != null) {
                return known;
            }
            MethodHandle made = find(function);
            HANDLES[function.ordinal()] = made;
            return made;
        }

        @SuppressWarnings("restricted") // the point of this class
        private static @Nullable MethodHandle find(Function function) {
            Linker.Option[] options =
                    Stream.concat(
                                    Stream.of(function.options),
                                    Stream.of(Linker.Option.captureCallState("errno")))
                            .toArray(Linker.Option[]::new);
            Linker linker = Linker.nativeLinker();
            try {
                return linker.defaultLookup()
                        .find(function.symbol())
                        .map(symbol -> linker.downcallHandle(symbol, function.form, options))
                        .orElse(null);
            } catch (LinkageError e) {
                return null; // a native executable that was built without this form of call
            }
        }

        @SuppressWarnings("restricted")
        private static MethodHandle transfer(String name) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name),
                    TRANSFER,
                    Linker.Option.critical(true));
        }
    }
}
