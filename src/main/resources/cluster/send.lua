-- Stores messages to a task for the node that runs it, and returns the state of earlier ones.
-- ARGV  id, node that sends, then number and message of each; a node's numbers increase
-- reply {state, number of the last delivered one, why none is accepted}; nothing is stored when the task is not in
--       flight
--
-- Sent twice, because a reply was lost, a message is kept once.

local id, node = ARGV[1], ARGV[2]
local task = redis.call('HMGET', task_key(id), 'state', 'node')
local state = box_state_key(id)
local box = redis.call('HMGET', state, 'w:' .. node, 'a:' .. node, 'refusal')
local reply = {task[1] or '', box[2] or '0', box[3] or ''}
if not is_in_flight(task[1]) or box[3] or #ARGV == 2 then
  return reply
end
local last = tonumber(box[1] or 0)
for i = 3, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    last = tonumber(ARGV[i])
    redis.call('RPUSH', box_key(id), node .. ' ' .. ARGV[i] .. ' ' .. ARGV[i + 1])
  end
end
redis.call('HSET', state, 'w:' .. node, last)
redis.call('PEXPIRE', state, 86400000)
redis.call('PEXPIRE', box_key(id), 86400000)
link(id, 'm')
if task[1] == 'running' then
  notify(task[2], 'mail ' .. id)
end
return reply
