-- The dead letters, the last first.
-- ARGV  how many at most, and an id when only that one is wanted
-- reply a list of {id, kind, error, node, deaths, submitted, finished, release}

local ids = ARGV[2] and {ARGV[2]} or redis.call('ZREVRANGE', P .. 'dead', 0, ARGV[1] - 1)
local letters = {}
for _, id in ipairs(ids) do
  local task = redis.call('HMGET', task_key(id), 'state', 'kind', 'error', 'node', 'deaths', 'submitted', 'finished', 'release')
  if task[1] == 'dead' then
    task[1] = id
    letters[#letters + 1] = task
  end
end
return letters
