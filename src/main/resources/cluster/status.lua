-- The status of a task.
-- ARGV  id
-- reply nothing when there is no such task, else {state, submitted, started, finished, node, kind, error, last
--       progress that was published to followers, its signature}

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'submitted', 'started', 'finished', 'node', 'kind', 'error',
  'progress', 'pmac')
return task[1] and task or nil
