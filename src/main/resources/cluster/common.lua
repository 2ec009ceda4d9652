-- Prepended to each of the other scripts.
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
local function later_key(release) return P .. 'later:' .. release end
local function unique_key(key) return P .. 'u:' .. key end
local function stream_key(release, priority) return P .. 'q:' .. release .. ':' .. priority end

local function is_alive(node) return redis.call('EXISTS', node_key(node)) == 1 end
local function notify(node, message) redis.call('PUBLISH', P .. 'in:' .. node, message) end

-- How many tasks of a release and priority wait, and how many run.
local function tally(release, priority)
  local stream = stream_key(release, priority)
  local all = redis.call('XLEN', stream)
  if all == 0 then
    return 0, 0
  end
  local running = redis.call('XPENDING', stream, GROUP)[1]
  return all - running, running
end

-- How many tasks of a release wait, in all its streams.
local function backlog(release)
  local waiting = 0
  for _, priority in ipairs(PRIORITIES) do
    waiting = waiting + tally(release, priority)
  end
  return waiting
end

-- Has Redis run the rest of a script although its memory is full, as it does after a write that needs no memory.
local function permit_writes()
  redis.call('PEXPIRE', P .. 'pulse', 86400000)
end

-- Whether no heartbeat of any node has come for so long that Redis must have been unreachable: no node could renew
-- its leases.
-- There are three heartbeats to a lease; until nodes have had the time for one, no lease counts as lost.
local function was_away(validity)
  local pulse = redis.call('GET', P .. 'pulse')
  return not pulse or now() - pulse > validity * 2 / 3
end

-- Records the heartbeat of a node.
local function note_pulse(validity)
  if was_away(validity) then
    redis.call('SET', P .. 'respite', '1', 'PX', validity)
  end
  redis.call('SET', P .. 'pulse', now())
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

-- Delays a task until it may go into the stream; the hash must have its release, priority and payload.
local function postpone(id, release, delay)
  redis.call('HSET', task_key(id), 'state', 'delayed', 'entry', '', 'token', '', 'node', '')
  redis.call('ZADD', later_key(release), now() + delay, id)
  redis.call('SADD', P .. 'releases', release)
end

-- Moves the tasks that are due into the stream; returns the time until the next one is due (ms), -1 when there is none.
local function promote(release)
  local later = later_key(release)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now(), 'LIMIT', 0, 100)) do
    redis.call('ZREM', later, id)
    local task = redis.call('HMGET', task_key(id), 'state', 'priority')
    if task[1] == 'delayed' then
      enqueue(id, release, task[2])
    end
  end
  local first = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
  return first[2] and math.max(0, first[2] - now()) or -1
end

local function is_in_flight(state)
  return state == 'queued' or state == 'running' or state == 'delayed'
end

-- Removes a task from its stream, waiting or pending.
local function unlist(id)
  local at = redis.call('HMGET', task_key(id), 'release', 'priority', 'entry')
  if at[3] == '' then
    redis.call('ZREM', later_key(at[1]), id)
    return
  end
  local stream = stream_key(at[1], at[2])
  redis.call('XACK', stream, GROUP, at[3])
  redis.call('XDEL', stream, at[3])
end

-- The outcome of a task as published to nodes: each field as LENGTH:BYTES, or - for a missing one. Nothing when it is
-- too long for a message.
local LONGEST_OUTCOME = 65536
local function outcome(id)
  local encoded = {}
  local length = 0
  for i, field in ipairs(redis.call('HMGET', task_key(id), 'state', 'ok', 'kind', 'error', 'result', 'rmac')) do
    encoded[i] = field and #field .. ':' .. field or '-'
    length = length + #encoded[i]
  end
  return length <= LONGEST_OUTCOME and table.concat(encoded) or nil
end

-- Publishes the end of a task, with its outcome, to all waiting nodes.
local function announce(id)
  local waiting = P .. 'w:' .. id
  local nodes = redis.call('SMEMBERS', waiting)
  if #nodes > 0 then
    local how = not string.find(id, '\n', 1, true) and outcome(id)
    for _, node in ipairs(nodes) do
      notify(node, how and 'ended ' .. id .. '\n' .. how or 'done ' .. id)
    end
    redis.call('DEL', waiting)
  end
end

-- Frees the unique key of a task that has ended.
local function free_key(id)
  local unique = redis.call('HGET', task_key(id), 'unique')
  if unique and redis.call('GET', unique_key(unique)) == id then
    redis.call('DEL', unique_key(unique))
  end
end

-- Ends a task; `fields` are those of its outcome. The payload is deleted, the outcome is kept for the retention of
-- its mode.
local function finish(id, state, fields)
  local task = task_key(id)
  unlist(id)
  redis.call('HSET', task, 'state', state, 'finished', now(), unpack(fields))
  redis.call('HDEL', task, 'frame', 'mac')
  local is_awaited = redis.call('HGET', task, 'mode') == 'awaited'
  redis.call('PEXPIRE', task, is_awaited and 600000 or 86400000)
  free_key(id)
  announce(id)
end

-- Ends a task without a reply of a worker.
local function fail(id, kind, message)
  finish(id, 'failed', {'ok', '0', 'kind', kind, 'error', message, 'token', ''})
end

-- Moves a task to the dead letters, with its payload.
local function bury(id, kind, message)
  unlist(id)
  redis.call('HSET', task_key(id), 'state', 'dead', 'finished', now(), 'ok', '0', 'kind', kind, 'error', message, 'token', '')
  redis.call('ZADD', P .. 'dead', now(), id)
  free_key(id)
  announce(id)
end

-- The followers of a task: in f:ID a hash with w:NODE (e: events, o: its output, too), r:NODE (how many events it has
-- read), b:NODE (unread bytes), last (token and number of the last event). The unread events of a node are in the
-- list e:ID:NODE.
local function followers_key(id) return P .. 'f:' .. id end
local function events_key(id, node) return P .. 'e:' .. id .. ':' .. node end

-- Adds a node as a follower of a task that is being stored or in flight; 1 when it was none before.
local function add_follower(id, node, wish, position)
  local followers = followers_key(id)
  if redis.call('HSETNX', followers, 'w:' .. node, wish) == 0 and wish == 'o' then
    redis.call('HSET', followers, 'w:' .. node, wish)
  end
  local is_new = redis.call('HSETNX', followers, 'r:' .. node, position)
  redis.call('PEXPIRE', followers, 86400000)
  return is_new
end

local function drop_follower(id, node)
  local followers = followers_key(id)
  redis.call('HDEL', followers, 'w:' .. node, 'r:' .. node, 'b:' .. node)
  redis.call('DEL', events_key(id, node))
  for _, field in ipairs(redis.call('HKEYS', followers)) do
    if string.sub(field, 1, 2) == 'w:' then
      return
    end
  end
  redis.call('DEL', followers)
end

-- Records for the node that will claim a task that it is followed (e, o), or has messages (m).
local function link(id, sort)
  local links = redis.call('HGET', task_key(id), 'links') or ''
  if not string.find(links, sort, 1, true) then
    redis.call('HSET', task_key(id), 'links', links .. sort)
  end
end

-- Messages to a task: in m:ID a list of them, in i:ID a hash with w:NODE (number of the last that the node has
-- written),
-- a:NODE (number of its last delivered one), taken (how many were delivered), refusal (why none is accepted).
local function box_key(id) return P .. 'm:' .. id end
local function box_state_key(id) return P .. 'i:' .. id end
