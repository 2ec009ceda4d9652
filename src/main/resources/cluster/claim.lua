-- Leases waiting tasks to a node, and wakes another node when more of them wait.
-- ARGV  node, release, prefix of the attempts' tokens, how many at most, order (high|low: which priority is served
--       first)
-- reply how many tasks still wait, then for each leased one {id, token, frame, signature, mode, once, links}
--
-- Entries of tasks that are not waiting are dropped, and so are awaited tasks whose origin is gone, since no client
-- waits for them.

local node, release, most = ARGV[1], ARGV[2], tonumber(ARGV[4])
local order = ARGV[5] == 'low' and {'low', 'normal', 'high'} or PRIORITIES
local leased = {}

local function lease(stream, entry, id)
  local task = redis.call('HMGET', task_key(id), 'state', 'entry', 'mode', 'origin', 'frame', 'mac', 'once', 'links')
  if task[1] ~= 'queued' or task[2] ~= entry then
    redis.call('XACK', stream, GROUP, entry)
    redis.call('XDEL', stream, entry)
    return
  end
  if task[3] == 'awaited' then
    if not is_alive(task[4]) then
      return fail(id, 'CANCELLED', 'the node on which it was submitted is gone')
    end
    notify(task[4], 'claimed ' .. id)
  end
  local token = ARGV[3] .. #leased
  redis.call('HSET', task_key(id), 'state', 'running', 'node', node, 'token', token, 'started', now())
  leased[#leased + 1] = {id, token, task[5], task[6], task[3], task[7], task[8] or ''}
end

promote(release)
for _, priority in ipairs(order) do
  local stream = stream_key(release, priority)
  if #leased < most and redis.call('XLEN', stream) > 0 then
    local read = redis.call('XREADGROUP', 'GROUP', GROUP, node, 'COUNT', most - #leased, 'STREAMS', stream, '>')
    for _, entry in ipairs(read and read[1][2] or {}) do
      lease(stream, entry[1], entry[2][2])
    end
  end
end
local waiting = backlog(release)
if waiting > 0 then
  ring(release)
end
return {waiting, unpack(leased)}
