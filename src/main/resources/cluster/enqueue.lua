-- Accepts a task: checks its id and the backlog, stores it and puts it into the stream of its release and priority.
-- ARGV  id, release, priority, mode (detached|awaited), once (1|0), origin node, fingerprint, frame, signature, limit
--       of
--       the backlog, delay (ms), how often it is tried again, delay before that (ms), key that one task has at a time,
--       what its origin follows (e: its events, o: its output, too; empty: nothing)
-- The origin of an awaited task is notified of its end.
-- reply QUEUED, KNOWN (the same task is here already), CONFLICT (another of that id is), FULL, TAKEN (another task has
--       the key)

local id, release, priority = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('HGET', task_key(id), 'fingerprint')
if known then
  return known == ARGV[7] and 'KNOWN' or 'CONFLICT'
end
if ARGV[14] ~= '' then
  local holder = redis.call('GET', unique_key(ARGV[14]))
  if holder and is_in_flight(redis.call('HGET', task_key(holder), 'state')) then
    return 'TAKEN'
  end
end
if backlog(release) + redis.call('ZCARD', later_key(release)) >= tonumber(ARGV[10]) then
  return 'FULL'
end
redis.call('HSET', task_key(id), 'release', release, 'mode', ARGV[4], 'once', ARGV[5], 'origin', ARGV[6],
  'fingerprint', ARGV[7], 'frame', ARGV[8], 'mac', ARGV[9], 'deaths', '0', 'submitted', now())
if ARGV[4] == 'awaited' then
  redis.call('SADD', P .. 'w:' .. id, ARGV[6])
  redis.call('PEXPIRE', P .. 'w:' .. id, 86400000)
end
if ARGV[14] ~= '' then
  redis.call('HSET', task_key(id), 'unique', ARGV[14])
  redis.call('SET', unique_key(ARGV[14]), id)
end
if ARGV[15] ~= '' then
  add_follower(id, ARGV[6], ARGV[15], 0)
  link(id, ARGV[15])
end
if ARGV[12] ~= '0' then
  redis.call('HSET', task_key(id), 'retries', ARGV[12], 'backoff', ARGV[13])
end
if ARGV[11] ~= '0' then
  redis.call('HSET', task_key(id), 'priority', priority)
  postpone(id, release, tonumber(ARGV[11]))
else
  enqueue(id, release, priority)
end
return 'QUEUED'
