-- Returns a leased task to the queue, before those of normal and low priority that wait there.
-- ARGV  id, token
-- reply QUEUED, LOST

local task = redis.call('HMGET', task_key(ARGV[1]), 'state', 'token', 'release')
if task[1] ~= 'running' or task[2] ~= ARGV[2] then
  return 'LOST'
end
unlist(ARGV[1])
enqueue(ARGV[1], task[3], 'high')
return 'QUEUED'
