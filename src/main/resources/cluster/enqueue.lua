-- Accepts a task: checks its id and the backlog, stores it and puts it into the stream of its release and priority.
-- ARGV  id, release, priority, mode (detached|awaited), once (1|0), origin node, fingerprint, frame, signature, limit of the backlog
-- An awaited task's origin is told of its end.
-- reply QUEUED, KNOWN (the same task is here already), CONFLICT (another of that id is), FULL

local id, release, priority = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('HGET', task_key(id), 'fingerprint')
if known then
  return known == ARGV[7] and 'KNOWN' or 'CONFLICT'
end
if backlog(release) >= tonumber(ARGV[10]) then
  return 'FULL'
end
redis.call('HSET', task_key(id), 'release', release, 'mode', ARGV[4], 'once', ARGV[5], 'origin', ARGV[6],
  'fingerprint', ARGV[7], 'frame', ARGV[8], 'mac', ARGV[9], 'deaths', '0', 'submitted', now())
if ARGV[4] == 'awaited' then
  redis.call('SADD', P .. 'w:' .. id, ARGV[6])
  redis.call('PEXPIRE', P .. 'w:' .. id, 86400000)
end
enqueue(id, release, priority)
return 'QUEUED'
