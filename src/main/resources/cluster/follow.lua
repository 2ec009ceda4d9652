-- Adds a node as a follower of a task: from now on its events are stored for the node until it has read them.
-- Idempotent.
-- ARGV  id, node, wish (e: events, o: its output, too), how many events of the task the node has read so far
-- reply nothing when there is no such task, else {state, submitted, started, finished, node, kind, error, last
--       progress, its
--       signature, 1 when the node has not followed it before}; nothing is followed when it has ended

local id, node, wish = ARGV[1], ARGV[2], ARGV[3]
local task = redis.call('HMGET', task_key(id), 'state', 'submitted', 'started', 'finished', 'node', 'kind', 'error',
  'progress', 'pmac')
if not task[1] then
  return nil
end
if is_in_flight(task[1]) then
  permit_writes()
  task[10] = add_follower(id, node, wish, ARGV[4])
  link(id, wish)
  if task[1] == 'running' then
    notify(task[5], 'follow ' .. wish .. ' ' .. id)
  end
end
return task
