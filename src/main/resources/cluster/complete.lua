-- Stores the outcome of an attempt, unless its lease is lost.
-- ARGV  id, token, state (completed|failed), then name and value of each field of the outcome
-- reply DONE (also when it was stored before), LOST

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'token')
if task[2] ~= ARGV[2] then
  return 'LOST'
end
if task[1] == 'running' then
  local fields = {}
  for i = 4, #ARGV do
    fields[#fields + 1] = ARGV[i]
  end
  finish(ARGV[1], ARGV[3], fields)
end
return 'DONE'
