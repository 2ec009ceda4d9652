-- Stores the outcome of an attempt, unless its lease is lost; or queues the task for a retry.
-- ARGV  id, token, state (completed|failed), how much of the delay before another attempt is waited (0 to 1), or
--       empty for
--       none, then name and value of each field of the outcome
-- reply DONE (also when it was stored before), LOST, or AGAIN and after how many ms the task is tried again

local LONGEST = 3600000

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'token', 'retries', 'tried', 'backoff', 'release')
if task[2] ~= ARGV[2] then
  return 'LOST'
end
if task[1] ~= 'running' then
  return 'DONE'
end
if ARGV[4] ~= '' and task[3] and tonumber(task[3]) > 0 then
  local tried = tonumber(task[4] or 0)
  local delay = math.floor(math.min(LONGEST, task[5] * 2 ^ tried) * ARGV[4])
  unlist(ARGV[1])
  redis.call('HSET', task_key(ARGV[1]), 'retries', task[3] - 1, 'tried', tried + 1)
  postpone(ARGV[1], task[6], delay)
  return 'AGAIN ' .. delay
end
local fields = {}
for i = 5, #ARGV do
  fields[#fields + 1] = ARGV[i]
end
finish(ARGV[1], ARGV[3], fields)
return 'DONE'
