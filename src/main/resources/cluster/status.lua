-- Where a task stands.
-- ARGV  id
-- reply nothing when there is no such task, else {state, submitted, started, finished, node, kind, error}

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'submitted', 'started', 'finished', 'node', 'kind', 'error')
return task[1] and task or nil
