package io.parallite.process;

import io.parallite.wire.ReadBudget;

/**
 * What may be read from a worker.
 *
 * @param maxBody the longest frame in bytes; a longer one is taken for garbage
 * @param budget asked for room before a large frame is read
 */
record ReplyLimits(int maxBody, ReadBudget budget) {}
