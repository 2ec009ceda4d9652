-- Queues a dead letter again, under its id, with its count of dead nodes reset.
-- ARGV  id
-- reply 1, or 0 when there is no such dead letter

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'release')
if task[1] ~= 'dead' then
  return 0
end
redis.call('ZREM', P .. 'dead', ARGV[1])
redis.call('HSET', task_key(ARGV[1]), 'deaths', '0')
redis.call('HDEL', task_key(ARGV[1]), 'ok', 'kind', 'error', 'started', 'finished')
enqueue(ARGV[1], task[2], 'normal')
return 1
