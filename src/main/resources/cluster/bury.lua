-- Moves a leased task to the dead letters: its payload must not be run.
-- ARGV  id, token, kind, message
-- reply DEAD, LOST

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'token')
if task[1] ~= 'running' or task[2] ~= ARGV[2] then
  return 'LOST'
end
bury(ARGV[1], ARGV[3], ARGV[4])
return 'DEAD'
