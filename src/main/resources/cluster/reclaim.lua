-- Reclaims the tasks of dead nodes: those of all releases whose lease has expired.
-- ARGV  idle time of an entry whose lease has expired (ms), how long a lease is valid (ms), how many nodes may die
--       while they run a task, how many entries of a stream to look at
-- reply {queued again, lost, dead}; nothing is found while leases could not be renewed because Redis was unreachable
--
-- A task that may run again goes to the front of the queue; one that must run once fails with NODE_LOST.

local counts = {0, 0, 0}
if was_away(tonumber(ARGV[2])) or redis.call('EXISTS', P .. 'respite') == 1 then
  return counts
end

permit_writes()
local function reclaim(release, stream, entry)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  local id = found and found[2][2]
  local task = id and redis.call('HMGET', task_key(id), 'state', 'entry', 'mode', 'once', 'node') or {}
  if task[1] ~= 'running' or task[2] ~= entry then
    redis.call('XACK', stream, GROUP, entry)
    redis.call('XDEL', stream, entry)
    return
  end
  local deaths = redis.call('HINCRBY', task_key(id), 'deaths', 1)
  local lost = 'node ' .. task[5] .. ' was lost while it ran the task'
  if task[3] == 'awaited' or task[4] == '1' then
    fail(id, 'NODE_LOST', lost .. ', which may have had effects and is not run again')
    counts[2] = counts[2] + 1
  elseif deaths >= tonumber(ARGV[3]) then
    bury(id, 'NODE_LOST', lost .. ', as were ' .. (deaths - 1) .. ' before')
    counts[3] = counts[3] + 1
  else
    unlist(id)
    enqueue(id, release, 'high')
    counts[1] = counts[1] + 1
  end
end

local function forget_dead_consumers(stream)
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, GROUP)) do
    if consumer[4] == 0 and not is_alive(consumer[2]) then
      redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer[2])
    end
  end
end

for _, node in ipairs(redis.call('SMEMBERS', P .. 'nodes')) do
  if not is_alive(node) then
    redis.call('SREM', P .. 'nodes', node)
  end
end
for _, release in ipairs(redis.call('SMEMBERS', P .. 'releases')) do
  for _, priority in ipairs(PRIORITIES) do
    local stream = stream_key(release, priority)
    if redis.call('EXISTS', stream) == 1 then
      for _, pending in ipairs(redis.call('XPENDING', stream, GROUP, 'IDLE', ARGV[1], '-', '+', ARGV[4])) do
        reclaim(release, stream, pending[1])
      end
      forget_dead_consumers(stream)
    end
  end
  if backlog(release) > 0 then
    ring(release)
  end
end
return counts
