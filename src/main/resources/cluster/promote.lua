-- Has the tasks wait for a worker whose time has come.
-- ARGV  release
-- reply how long it is until the next one's (ms), -1 when there is none

return promote(ARGV[1])
