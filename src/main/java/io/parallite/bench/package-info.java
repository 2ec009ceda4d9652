/**
 * {@code parallite bench}: a load generator, so that users can measure their own machine.
 *
 * <p>{@link io.parallite.bench.BenchCommand} turns the command line into a {@code BenchPlan};
 * {@code LoadGenerator} runs it on one thread with one selector, over {@code Connection}s that
 * write frames stamped from a {@code BenchFrames} template and read replies as {@code wire} does;
 * what it saw gathers in {@code Measurements}, leaves as a {@code BenchResult}, and is printed by
 * {@code BenchReport}.
 *
 * <p>The generator shares the machine with what it measures, so it starts without the daemon's
 * framework and spends as little as it can on a task. It imports {@code config}, {@code units},
 * {@code task} and {@code wire}.
 */
@NullMarked
package io.parallite.bench;

import org.jspecify.annotations.NullMarked;
