-- Reads the next messages for a running task, and notifies the senders of the delivered ones.
-- ARGV  id, token, how many messages of the task were delivered so far (-1: not known yet), how many at most, why the
--       task accepts none (empty when it does)
-- reply nothing when the lease is lost, else a list of how many were delivered before and the messages after them

local id = ARGV[1]
local task = redis.call('HMGET', task_key(id), 'state', 'token')
if task[1] ~= 'running' or task[2] ~= ARGV[2] then
  return nil
end
local state, box = box_state_key(id), box_key(id)
local taken = tonumber(redis.call('HGET', state, 'taken') or 0)
local delivered = {}
for _ = taken + 1, ARGV[3] do
  local message = redis.call('LPOP', box)
  if message then
    local node, number = string.match(message, '^(%S+) (%d+) ')
    redis.call('HSET', state, 'a:' .. node, number)
    delivered[node] = number
  end
  taken = taken + 1
end
redis.call('HSET', state, 'taken', taken)
redis.call('PEXPIRE', state, 86400000)
if ARGV[5] ~= '' then
  redis.call('HSET', state, 'refusal', ARGV[5])
  for _, message in ipairs(redis.call('LRANGE', box, 0, -1)) do
    delivered[string.match(message, '^(%S+) ')] = '0'
  end
  redis.call('DEL', box)
end
for node, number in pairs(delivered) do
  notify(node, 'sent ' .. id)
end
return {taken, unpack(redis.call('LRANGE', box, 0, ARGV[4] - 1))}
