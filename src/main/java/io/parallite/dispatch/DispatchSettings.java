package io.parallite.dispatch;

import java.time.Duration;

/**
 * The dispatcher's share of the configuration.
 *
 * @param timeout how long a task may run that does not say so itself
 */
public record DispatchSettings(Duration timeout) {}
