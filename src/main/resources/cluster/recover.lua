-- Returns tasks that were leased to a node by a claim whose reply was lost with the connection.
-- ARGV  node, release, how many entries of a stream to look at, then the tokens of the attempts that it knows
-- reply how many tasks were put back; they have not run

local known = {}
for i = 4, #ARGV do
  known[ARGV[i]] = true
end
local returned = 0
for _, priority in ipairs(PRIORITIES) do
  local stream = stream_key(ARGV[2], priority)
  if redis.call('EXISTS', stream) == 1 then
    for _, pending in ipairs(redis.call('XPENDING', stream, GROUP, '-', '+', ARGV[3], ARGV[1])) do
      local found = redis.call('XRANGE', stream, pending[1], pending[1])[1]
      local id = found and found[2][2]
      local task = id and redis.call('HMGET', task_key(id), 'state', 'entry', 'token') or {}
      if task[1] == 'running' and task[2] == pending[1] and not known[task[3]] then
        unlist(id)
        enqueue(id, ARGV[2], 'high')
        returned = returned + 1
      end
    end
  end
end
return returned
