package io.parallite;

import io.parallite.cli.ExitCode;
import io.parallite.config.ConfigException;
import io.parallite.config.Platform;
import org.graalvm.nativeimage.RuntimeOptions;
import org.graalvm.nativeimage.VMRuntime;

/**
 * What a native executable does before all else. It has no launcher, and its runtime is built not
 * to look for options among the arguments ({@code -H:-ParseRuntimeOptions}): those are Parallite's,
 * or of a command that is submitted. On the JVM nothing is done.
 */
final class NativeStart {

    private NativeStart() {}

    /** Main thread, first of all. Ends the process when an option is wrong. */
    static void begin() {
        if (!Platform.isNative()) {
            return;
        }
        try {
            apply(NativeOptions.parse(System.getenv().getOrDefault(NativeOptions.VARIABLE, "")));
        } catch (ConfigException e) {
            System.exit(ServeFlags.refuse(ExitCode.CONFIG, e));
        }
        VMRuntime.initialize();
        Home.set();
    }

    private static void apply(NativeOptions options) {
        options.maxHeap().ifPresent(bytes -> RuntimeOptions.set("MaxHeapSize", bytes));
        // as lib/jvm.options has it
        System.setProperty("vertx.nettyIORatio", "100");
        options.properties().forEach(System::setProperty);
        for (String option : options.ignored()) {
            System.err.printf(
                    "parallite: %s in %s is ignored: a native executable knows -Xmx and -D%n",
                    option, NativeOptions.VARIABLE);
        }
    }
}
