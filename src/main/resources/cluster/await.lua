-- The outcome of a task; if it has not ended, registers the node as waiting for it.
-- ARGV  id, node
-- reply nothing when there is no such task; {state} while it is in flight; else {state, ok, kind, error, result,
--       signature}

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'ok', 'kind', 'error', 'result', 'rmac')
if not task[1] then
  return nil
end
if is_in_flight(task[1]) then
  permit_writes()
  redis.call('SADD', P .. 'w:' .. ARGV[1], ARGV[2])
  redis.call('PEXPIRE', P .. 'w:' .. ARGV[1], 86400000)
  return {task[1]}
end
return task
