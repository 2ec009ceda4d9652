-- Queues the delayed tasks that are due.
-- ARGV  release
-- reply the time until the next one is due (ms), -1 when there is none

return promote(ARGV[1])
