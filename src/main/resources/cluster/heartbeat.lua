-- Renews a node's place in the registry and the leases of the tasks that it runs.
-- ARGV  node, how long it counts as alive without another heartbeat (ms), how long a lease is valid (ms), its release,
--       number of its fields, name and value of each, then id and token of each task
-- reply {{ids whose lease is lost: they belong to another attempt, have ended, or nobody waits for them},
--       {how many of the release wait with high, normal and low priority, how many of them run, dead letters, nodes,
--        ms until the next task's time has come, or -1}}

local node, release = ARGV[1], ARGV[4]
local fields = tonumber(ARGV[5])
-- first a write that needs no memory: Redis then runs the rest of the script although its memory is full
redis.call('PEXPIRE', node_key(node), ARGV[2])
note_pulse(tonumber(ARGV[3]))
redis.call('HSET', node_key(node), 'seen', now(), unpack(ARGV, 6, 5 + 2 * fields))
redis.call('PEXPIRE', node_key(node), ARGV[2])
redis.call('SADD', P .. 'nodes', node)
local lost = {}
for i = 6 + 2 * fields, #ARGV, 2 do
  local id = ARGV[i]
  local task = redis.call('HMGET', task_key(id), 'state', 'token', 'release', 'priority', 'entry', 'mode', 'origin')
  if task[1] ~= 'running' or task[2] ~= ARGV[i + 1] then
    lost[#lost + 1] = id
  elseif task[6] == 'awaited' and not is_alive(task[7]) then
    fail(id, 'CANCELLED', 'the node on which it was submitted is gone')
    lost[#lost + 1] = id
  else
    redis.call('XCLAIM', stream_key(task[3], task[4]), GROUP, node, 0, task[5], 'JUSTID')
  end
end
local figures = {}
local running = 0
for i, priority in ipairs(PRIORITIES) do
  local waits, runs = tally(release, priority)
  figures[i] = waits
  running = running + runs
end
figures[4], figures[5], figures[6] = running, redis.call('ZCARD', P .. 'dead'), redis.call('SCARD', P .. 'nodes')
figures[7] = promote(release)
return {lost, figures}
