package io.parallite.engine;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * A signal of the operating system, and who handles it in this process. Any thread may use it.
 *
 * <p>It is {@code sun.misc.Signal}, by reflection: javac warns of every mention of that class,
 * which no annotation silences, and a warning breaks our build.
 */
public final class OsSignal {

    private final Object signal;

    /**
     * @param name without {@code SIG}, for example {@code TERM}
     * @throws IllegalArgumentException if there is no such signal here
     */
    public OsSignal(String name) {
        try {
            signal = signalClass().getConstructor(String.class).newInstance(name);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no signal " + name + " on this system", e);
        }
    }

    /** Who handled a signal before; to be given to {@link #restore}. */
    public record Former(Object handler) {}

    /**
     * Has {@code handler} handle it from now on, on a thread that exists already (see {@link
     * SignalThreads}); where that is not possible, on a new thread of the JVM's.
     *
     * @param handler called with the number of the signal
     * @throws IllegalArgumentException if the JVM or the system keeps it to itself
     */
    @SuppressWarnings("ReferenceEquality") // that is what equal handlers are
    public Former handle(IntConsumer handler) {
        InvocationHandler invocation =
                (proxy, method, arguments) ->
                        switch (method.getName()) {
                            case "handle" -> {
                                handler.accept(number());
                                yield null;
                            }
                            case "equals" -> proxy == arguments[0];
                            case "hashCode" -> System.identityHashCode(proxy);
                            default -> "handler of " + signal;
                        };
        Class<?>[] type = {handlerClass()};
        Former former =
                new Former(
                        install(
                                Proxy.newProxyInstance(
                                        OsSignal.class.getClassLoader(), type, invocation)));
        SignalThreads.intercept(number());
        return former;
    }

    /** Has {@code former} handle it again. */
    public void restore(Former former) {
        install(former.handler());
    }

    /** Sends it to this process. */
    public void raise() {
        call(() -> signalClass().getMethod("raise", signalClass()).invoke(null, signal));
    }

    private int number() {
        return (int) call(() -> signalClass().getMethod("getNumber").invoke(signal));
    }

    private Object install(Object handler) {
        return call(
                () -> {
                    Method handle =
                            signalClass().getMethod("handle", signalClass(), handlerClass());
                    return handle.invoke(null, signal, handler);
                });
    }

    @FunctionalInterface
    private interface Call {
        Object run() throws ReflectiveOperationException;
    }

    @SuppressWarnings("NullAway") // what has nothing to return returns null, which nobody reads
    private static Object call(Call call) {
        try {
            return call.run();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(e.getCause() == null ? e : e.getCause());
        }
    }

    private static Class<?> signalClass() {
        return named("sun.misc.Signal");
    }

    private static Class<?> handlerClass() {
        return named("sun.misc.SignalHandler");
    }

    private static Class<?> named(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this Java has no module jdk.unsupported", e);
        }
    }
}
