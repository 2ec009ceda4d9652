-- Reads the events of a task for a follower, and deletes those that the follower has read.
-- ARGV  id, node, how many events it has read so far, how many it takes, how many bytes it takes
-- reply nothing when the node is no follower of the task, else a list of events

local id, node = ARGV[1], ARGV[2]
local followers = followers_key(id)
local list = events_key(id, node)
local read = redis.call('HGET', followers, 'r:' .. node)
if not read then
  return nil
end
local done = ARGV[3] - read
if done > 0 then
  local bytes = 0
  for _, event in ipairs(redis.call('LRANGE', list, 0, done - 1)) do
    bytes = bytes + #event
  end
  redis.call('LTRIM', list, done, -1)
  redis.call('HSET', followers, 'r:' .. node, ARGV[3])
  redis.call('HINCRBY', followers, 'b:' .. node, -bytes)
  if redis.call('HDEL', followers, 'full') == 1 then
    local executor = redis.call('HGET', task_key(id), 'node')
    if executor then
      notify(executor, 'heard ' .. id)
    end
  end
end
local found, bytes = {}, 0
for _, event in ipairs(redis.call('LRANGE', list, 0, ARGV[4] - 1)) do
  bytes = bytes + #event
  if #found > 0 and bytes > tonumber(ARGV[5]) then
    break
  end
  found[#found + 1] = event
end
return found
