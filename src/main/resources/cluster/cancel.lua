-- Cancels a task on any node. The node that runs it is notified, and learns of it by its next heartbeat at the latest.
-- ARGV  id, grace (ms)
-- reply nothing when there is no such task, else {1 when there was something to cancel, state before}; {0, state,
--       kind} when it had ended

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'node', 'kind')
if not task[1] then
  return nil
end
if not is_in_flight(task[1]) then
  return {0, task[1], task[3] or ''}
end
fail(ARGV[1], 'CANCELLED', task[1] == 'running' and 'task was cancelled while it ran' or 'task was cancelled before it ran')
if task[1] == 'running' then
  notify(task[2], 'cancel ' .. ARGV[2] .. ' ' .. ARGV[1])
end
return {1, task[1]}
