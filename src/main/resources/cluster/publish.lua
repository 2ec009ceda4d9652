-- Stores the events of a running task for each follower, and notifies those that have read all earlier ones.
-- ARGV  id, token, number of the first event, how many entries, and how many bytes, are too many unread, last
--       progress and
--       its signature (empty when there is none among them), then the events
-- reply nothing when the lease is lost, else {how many nodes follow, most entries unread, most bytes unread}
--
-- An event that is sent twice, because a reply was lost, is stored once. Nodes that are gone are removed as followers.

local id, token, first = ARGV[1], ARGV[2], tonumber(ARGV[3])
local task = redis.call('HMGET', task_key(id), 'state', 'token')
if task[1] ~= 'running' or task[2] ~= token then
  return nil
end
local followers = followers_key(id)
local last = redis.call('HGET', followers, 'last') or ''
local known = string.sub(last, 1, #token + 1) == token .. ' ' and tonumber(string.sub(last, #token + 2)) or 0
local from = 8 + math.max(0, known - first + 1)
local bytes = 0
for i = from, #ARGV do
  bytes = bytes + #ARGV[i]
end

local count, entries, size = 0, 0, 0
local function keep(node)
  if not is_alive(node) then
    return drop_follower(id, node)
  end
  local list = events_key(id, node)
  local unread, held
  if bytes > 0 then
    for i = from, #ARGV do
      unread = redis.call('RPUSH', list, ARGV[i])
    end
    held = redis.call('HINCRBY', followers, 'b:' .. node, bytes)
    redis.call('PEXPIRE', list, 86400000)
    if unread == #ARGV - from + 1 then
      notify(node, 'events ' .. id)
    end
  else
    unread = redis.call('LLEN', list)
    held = tonumber(redis.call('HGET', followers, 'b:' .. node) or 0)
  end
  count, entries, size = count + 1, math.max(entries, unread), math.max(size, held)
end

for _, field in ipairs(redis.call('HKEYS', followers)) do
  if string.sub(field, 1, 2) == 'w:' then
    keep(string.sub(field, 3))
  end
end
if bytes > 0 and count > 0 then
  redis.call('HSET', followers, 'last', token .. ' ' .. (first + #ARGV - 8))
  if ARGV[6] ~= '' then
    redis.call('HSET', task_key(id), 'progress', ARGV[6], 'pmac', ARGV[7])
  end
end
if entries >= tonumber(ARGV[4]) or size >= tonumber(ARGV[5]) then
  redis.call('HSET', followers, 'full', '1')
end
return {count, entries, size}
