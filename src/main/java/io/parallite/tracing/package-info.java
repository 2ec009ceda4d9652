/**
 * Spans of tasks for distributed traces: {@link io.parallite.tracing.TaskSpans} observes tasks and
 * makes spans, {@link io.parallite.tracing.SpanQueue} is a bounded queue of ended spans, and {@link
 * io.parallite.tracing.SpanSender} sends them by OTLP/HTTP on a thread of its own. No class of this
 * package, nor of OpenTelemetry, is loaded unless {@code otel_endpoint} is set. Imports {@code
 * dispatch}, {@code worker}, {@code wire}, {@code task}, {@code engine} and {@code config}.
 *
 * <pre>
 * the caller's span, or none
 *  └─ NAME               from submission to the end; not the parent that a worker gets
 *      ├─ queue          from submission until a worker, or another node, has the task
 *      │   └─ start      of the worker, where that began while the task waited
 *      └─ run            on the worker: Task::traceparent(), parent of the task's own spans
 * </pre>
 */
@NullMarked
package io.parallite.tracing;

import org.jspecify.annotations.NullMarked;
