package io.parallite.process.channel;

import io.parallite.wire.ReadBudget;

/**
 * What may be read from a worker.
 *
 * @param maxBody the longest frame in bytes; a longer one is taken for garbage
 * @param budget asked for room before a large frame is read
 */
public record ReplyLimits(int maxBody, ReadBudget budget) {}
