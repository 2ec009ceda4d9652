-- Takes an awaited task out of the cluster for its origin, which has a worker for it now.
-- ARGV  id, token of the attempt when the origin has claimed it itself, else empty
-- reply 1, or 0 when another node has claimed it or it has ended
--
-- Other nodes that await it are notified: it is no longer in the cluster.

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'token', 'links', 'origin')
if task[1] ~= 'queued' and (task[1] ~= 'running' or task[2] ~= ARGV[2]) then
  return 0
end
unlist(ARGV[1])
local waiting = redis.call('SMEMBERS', P .. 'w:' .. ARGV[1])
redis.call('DEL', task_key(ARGV[1]), P .. 'w:' .. ARGV[1])
for _, node in ipairs(waiting) do
  if node ~= task[4] then
    notify(node, 'done ' .. ARGV[1])
  end
end
if task[3] then
  redis.call('DEL', followers_key(ARGV[1]), events_key(ARGV[1], task[4]), box_key(ARGV[1]), box_state_key(ARGV[1]))
end
return 1
