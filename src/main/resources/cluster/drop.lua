-- Deletes a dead letter.
-- ARGV  id
-- reply 1, or 0 when there is no such dead letter

if redis.call('HGET', task_key(ARGV[1]), 'state') ~= 'dead' then
  return 0
end
redis.call('ZREM', P .. 'dead', ARGV[1])
redis.call('DEL', task_key(ARGV[1]))
return 1
