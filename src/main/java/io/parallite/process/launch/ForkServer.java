package io.parallite.process.launch;

import io.parallite.process.TemplateSnapshot;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Template}s that workers are forked from: one for the present command, and during a
 * reload one for the new command. Owned by the engine's thread.
 */
final class ForkServer {

    private final SocketTransport transport;
    private final WorkerLauncher launcher;
    private final StartMethod method;
    private final IdentityHashMap<WorkerCommand, Template> templates = new IdentityHashMap<>();
    private int made;
    private long forks;
    private @Nullable Template latest;

    ForkServer(SocketTransport transport, WorkerLauncher launcher, StartMethod method) {
        this.method = method;
        this.transport = transport;
        this.launcher = launcher;
    }

    /** What starts the workers that run {@code command}. */
    WorkerStarter of(WorkerCommand command) {
        Template known = templates.get(command);
        return known != null && known.isAlive() ? known : boot(command);
    }

    private Template boot(WorkerCommand command) {
        made++;
        Template template =
                new Template(
                        transport,
                        launcher,
                        transport.file("template-" + made + ".php"),
                        method,
                        () -> forks++);
        latest = template;
        templates.put(command, template);
        template.boot(new WorkerName("template-" + made, true, true), command);
        return template;
    }

    /** Whether no template has said that it must not be forked. */
    boolean isForking() {
        for (Template template : templates.values()) {
            if (template.isUnfit()) {
                return false;
            }
        }
        return true;
    }

    /** The template that was booted last. */
    TemplateSnapshot snapshot() {
        Template template = latest;
        return template == null
                ? new TemplateSnapshot("none", 0, made, forks, null)
                : template.snapshot(made, forks);
    }

    /** Workers are started from {@code command} only from now on. */
    void keepOnly(WorkerCommand command) {
        Template kept = templates.get(command);
        templates.values().stream().filter(template -> template != kept).forEach(Template::dismiss);
        templates.clear();
        if (kept != null) {
            templates.put(command, kept);
        }
    }

    /** Lets all templates end; the next worker has one booted. */
    void dismissAll() {
        templates.values().forEach(Template::dismiss);
        templates.clear();
    }
}
