-- Stands before each of the other scripts.
--
-- KEYS[1] is the prefix of all keys, "{parallite:NAME}:". The braces put them into one slot, so that a script
-- may work out the other keys it needs; io.parallite.cluster's package-info says what each of them holds.
--
-- Times are milliseconds since the epoch by the clock of Redis: those of the nodes do not matter.

local P = KEYS[1]
local GROUP = 'nodes'
local PRIORITIES = {'high', 'normal', 'low'}

local function now()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end

local function task_key(id) return P .. 't:' .. id end
local function node_key(node) return P .. 'n:' .. node end
local function stream_key(release, priority) return P .. 'q:' .. release .. ':' .. priority end

local function is_alive(node) return redis.call('EXISTS', node_key(node)) == 1 end
local function tell(node, message) redis.call('PUBLISH', P .. 'in:' .. node, message) end

-- How many tasks of a release wait, in all its streams.
local function backlog(release)
  local waiting = 0
  for _, priority in ipairs(PRIORITIES) do
    local stream = stream_key(release, priority)
    if redis.call('EXISTS', stream) == 1 then
      waiting = waiting + redis.call('XLEN', stream) - redis.call('XPENDING', stream, GROUP)[1]
    end
  end
  return waiting
end

-- Wakes one node that waits for tasks of a release.
local function ring(release)
  local bell = P .. 'bell:' .. release
  if redis.call('LLEN', bell) == 0 then
    redis.call('RPUSH', bell, '1')
  end
end

-- Puts a task at the end of a stream; the hash must have its id, release and payload.
local function enqueue(id, release, priority)
  local stream = stream_key(release, priority)
  if redis.call('EXISTS', stream) == 0 then
    redis.call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM')
    redis.call('SADD', P .. 'releases', release)
  end
  local entry = redis.call('XADD', stream, '*', 'id', id)
  redis.call('HSET', task_key(id), 'state', 'queued', 'priority', priority, 'entry', entry, 'token', '', 'node', '')
  ring(release)
end

-- Takes a task's entry out of its stream.
local function unlist(id)
  local at = redis.call('HMGET', task_key(id), 'release', 'priority', 'entry')
  local stream = stream_key(at[1], at[2])
  redis.call('XACK', stream, GROUP, at[3])
  redis.call('XDEL', stream, at[3])
end

-- Tells all who wait for a task that it has ended.
local function announce(id)
  local waiting = P .. 'w:' .. id
  for _, node in ipairs(redis.call('SMEMBERS', waiting)) do
    tell(node, 'done ' .. id)
  end
  redis.call('DEL', waiting)
end

-- Ends a task; `fields` are those of its outcome. The payload goes, the outcome stays for the retention of its mode.
local function finish(id, state, fields)
  local task = task_key(id)
  unlist(id)
  redis.call('HSET', task, 'state', state, 'finished', now(), unpack(fields))
  redis.call('HDEL', task, 'frame', 'mac')
  local is_awaited = redis.call('HGET', task, 'mode') == 'awaited'
  redis.call('PEXPIRE', task, is_awaited and 600000 or 86400000)
  announce(id)
end

-- Ends a task without a worker's answer.
local function fail(id, kind, message)
  finish(id, 'failed', {'ok', '0', 'kind', kind, 'error', message, 'token', ''})
end

-- Puts a task among the dead letters, payload and all.
local function bury(id, kind, message)
  unlist(id)
  redis.call('HSET', task_key(id), 'state', 'dead', 'finished', now(), 'ok', '0', 'kind', kind, 'error', message, 'token', '')
  redis.call('ZADD', P .. 'dead', now(), id)
  announce(id)
end
