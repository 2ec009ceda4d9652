package io.parallite.history;

/**
 * How tasks have fared in the last minute; any thread may read it.
 *
 * @param perSecond how many ended in the last second that is over
 * @param perSecondOfMinute how many ended a second, on the average of the last minute
 * @param queued how long tasks that got a worker had waited for it
 * @param ran how long they were on it
 */
public record TaskFigures(
        double perSecond, double perSecondOfMinute, Percentiles queued, Percentiles ran) {}
