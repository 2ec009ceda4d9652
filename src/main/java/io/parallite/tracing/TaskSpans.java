package io.parallite.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.parallite.config.NamedPools;
import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import io.parallite.engine.Engine;
import io.parallite.task.Task;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.Traceparent;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.worker.WorkerLease;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes the spans of tasks: one of the whole task, and below it one of the wait in the queue, with
 * the start of the worker, and one of the run.
 *
 * <p>The request to the worker carries the id of the run's span in place of the caller's. That id
 * is chosen when the task is submitted, since the frame may be in the pipe of a worker before the
 * worker is leased. The run's span is made with that id once the task has ended. A task that joins
 * another one, or is answered from the cache, has no spans, since it does not run. Owned by the
 * engine's thread.
 */
public final class TaskSpans implements TaskListener {

    private static final String SCOPE = "io.parallite";
    private static final String UNNAMED = "parallite.task";

    private static final AttributeKey<String> TASK = AttributeKey.stringKey("parallite.task.id");
    private static final AttributeKey<String> OUTCOME =
            AttributeKey.stringKey("parallite.task.outcome");
    private static final AttributeKey<String> POOL = AttributeKey.stringKey("parallite.pool");
    private static final AttributeKey<Boolean> DETACHED =
            AttributeKey.booleanKey("parallite.task.detached");
    private static final AttributeKey<Long> ATTEMPTS =
            AttributeKey.longKey("parallite.task.attempts");
    private static final AttributeKey<String> WORKER =
            AttributeKey.stringKey("parallite.worker.name");
    private static final AttributeKey<Long> PID = AttributeKey.longKey("parallite.worker.pid");
    private static final AttributeKey<Boolean> ELSEWHERE =
            AttributeKey.booleanKey("parallite.elsewhere");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> EXCEPTION = AttributeKey.stringKey("exception.type");
    private static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("exception.message");
    private static final AttributeKey<String> FILE = AttributeKey.stringKey("code.file.path");
    private static final AttributeKey<Long> LINE = AttributeKey.longKey("code.line.number");

    private static final String OK = "ok";

    private final Engine engine;
    private final InstantSource clock;
    private final PresetIds ids;
    private final Tracer tracer;
    private final SpanSender sender;
    private final int maxPayload;
    private final Map<TaskId, TracedTask> inFlight = new HashMap<>();

    private TaskSpans(
            Engine engine,
            InstantSource clock,
            PresetIds ids,
            Tracer tracer,
            SpanSender sender,
            int maxPayload) {
        this.engine = engine;
        this.clock = clock;
        this.ids = ids;
        this.tracer = tracer;
        this.sender = sender;
        this.maxPayload = maxPayload;
    }

    /**
     * Starts to send spans to the receiver in {@code settings}, which need not be reachable yet.
     */
    public static TaskSpans start(Engine engine, TracingSettings settings, String version) {
        SpanQueue queue = new SpanQueue();
        PresetIds ids = new PresetIds();
        SdkTracerProvider provider =
                SdkTracerProvider.builder()
                        .setResource(resource(settings, version))
                        .setIdGenerator(ids)
                        .setSampler(
                                Sampler.parentBased(
                                        Sampler.traceIdRatioBased(settings.sampleRatio())))
                        .addSpanProcessor(queue)
                        .build();
        SpanSender sender =
                SpanSender.start(queue, new OtlpHttp(settings.url(), settings.headers(), version));
        return new TaskSpans(
                engine,
                InstantSource.system(),
                ids,
                provider.tracerBuilder(SCOPE).setInstrumentationVersion(version).build(),
                sender,
                settings.maxPayload());
    }

    private static Resource resource(TracingSettings settings, String version) {
        return Resource.getDefault()
                .merge(
                        Resource.create(
                                Attributes.builder()
                                        .put("service.name", settings.serviceName())
                                        .put("service.version", version)
                                        .put("service.instance.id", UUID.randomUUID().toString())
                                        .put("process.pid", ProcessHandle.current().pid())
                                        .build()));
    }

    @Override
    public Task onSubmitted(Task task) {
        Traceparent caller = task.terms().traceparent();
        String name = task.terms().name();
        long now = epochNanos();
        String pool = task.terms().pool();
        Span span =
                tracer.spanBuilder(name == null ? UNNAMED : name)
                        .setSpanKind(task.detached() ? SpanKind.CONSUMER : SpanKind.SERVER)
                        .setParent(contextOf(caller))
                        .setStartTimestamp(now, TimeUnit.NANOSECONDS)
                        .setAttribute(TASK, task.id().value())
                        .setAttribute(DETACHED, task.detached())
                        .setAttribute(POOL, pool == null ? NamedPools.DEFAULT : pool)
                        .startSpan();
        SpanContext context = span.getSpanContext();
        if (context.isSampled()) {
            String runId = ids.generateSpanId();
            inFlight.put(task.id(), new TracedTask(span, runId, now, engine.nanoTime()));
            return within(task, context.getTraceId(), runId, context.getTraceFlags());
        }
        return caller != null
                ? task
                : within(
                        task,
                        context.getTraceId(),
                        context.getSpanId(),
                        context.getTraceFlags()); // so that its own tasks keep the sampling
        // decision
    }

    private static Context contextOf(@Nullable Traceparent caller) {
        if (caller == null) {
            return Context.root();
        }
        SpanContext parent =
                SpanContext.createFromRemoteParent(
                        caller.traceId(),
                        caller.spanId(),
                        TraceFlags.fromHex(caller.flags(), 0),
                        TraceState.getDefault());
        return Context.root().with(Span.wrap(parent));
    }

    /** The unchanged frame where there is no room for another field. */
    private Task within(Task task, String traceId, String spanId, TraceFlags flags) {
        String wanted = "00-%s-%s-%s".formatted(traceId, spanId, flags.asHex());
        byte[] frame = Encoding.withTraceparent(task.frame(), task.terms().traceparent(), wanted);
        return frame.length - FrameReader.HEADER > maxPayload ? task : task.withFrame(frame);
    }

    private long epochNanos() {
        Instant now = clock.instant();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    @Override
    public void onStarted(TaskRun run) {
        TracedTask traced = inFlight.get(run.task().id());
        WorkerLease lease = run.lease();
        if (traced != null && lease != null) {
            traced.start(lease);
        }
    }

    @Override
    public void onElsewhere(TaskRun run) {
        TracedTask traced = inFlight.get(run.task().id());
        if (traced != null) {
            traced.leave(engine.nanoTime());
        }
    }

    @Override
    public void onEnded(TaskRun run) {
        TracedTask traced = inFlight.remove(run.task().id());
        if (traced == null) {
            return;
        }
        long end = run.queuedNanos() + run.ranNanos();
        boolean isElsewhere = traced.left() != TracedTask.NEVER;
        long waited = isElsewhere ? Math.min(traced.left(), end) : run.queuedNanos();
        Context parent = Context.root().with(traced.span());
        Span queue = child("queue", parent, traced.at(0)).startSpan();
        if (!isElsewhere && run.worker() != null && traced.hasWaitedForStart()) {
            child("start", Context.root().with(queue), traced.at(traced.launched()))
                    .startSpan()
                    .end(traced.at(Math.min(traced.ready(), waited)), TimeUnit.NANOSECONDS);
        }
        queue.end(traced.at(waited), TimeUnit.NANOSECONDS);
        if (isElsewhere || run.worker() != null) {
            ids.expect(traced.runId());
            Span ran = child("run", parent, traced.at(waited)).startSpan();
            if (isElsewhere) {
                ran.setAttribute(ELSEWHERE, true);
            } else {
                ran.setAttribute(WORKER, String.valueOf(run.worker()));
                ran.setAttribute(PID, run.workerPid());
            }
            end(ran, run, traced.at(end));
        }
        traced.span().setAttribute(ATTEMPTS, (long) run.attempts());
        end(traced.span(), run, traced.at(end));
    }

    private SpanBuilder child(String name, Context parent, long since) {
        return tracer.spanBuilder(name)
                .setParent(parent)
                .setStartTimestamp(since, TimeUnit.NANOSECONDS);
    }

    /** A cancelled task has not failed. */
    private static void end(Span span, TaskRun run, long at) {
        TaskFailure failure = run.failure();
        span.setAttribute(OUTCOME, failure == null ? OK : failure.code());
        if (failure != null && run.outcome().state() != TaskState.CANCELLED) {
            span.setStatus(StatusCode.ERROR, failure.message());
            span.setAttribute(ERROR, failure.code());
            addException(span, failure, at);
        }
        span.end(at, TimeUnit.NANOSECONDS);
    }

    private static void addException(Span span, TaskFailure failure, long at) {
        String type = failure.place().type();
        if (type == null) {
            return;
        }
        var attributes = Attributes.builder().put(EXCEPTION, type).put(MESSAGE, failure.message());
        String file = failure.place().file();
        if (file != null) {
            attributes.put(FILE, file).put(LINE, (long) failure.place().line());
        }
        span.addEvent("exception", attributes.build(), at, TimeUnit.NANOSECONDS);
    }

    @Override
    public void stop(Duration patience) {
        sender.stop(patience);
    }
}
