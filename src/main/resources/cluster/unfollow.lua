-- Removes a node as a follower of a task.
-- ARGV  id, node
-- reply OK

drop_follower(ARGV[1], ARGV[2])
local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'node')
if task[1] == 'running' then
  notify(task[2], 'heard ' .. ARGV[1])
end
return 'OK'
