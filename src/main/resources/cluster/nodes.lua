-- The state of the cluster: its nodes, and the waiting and running tasks of each release.
-- reply {time, {{node, {name, value, …}}, …}, {{release, waiting, running, delayed}, …}, number of dead letters}

local nodes = {}
for _, node in ipairs(redis.call('SMEMBERS', P .. 'nodes')) do
  if is_alive(node) then
    nodes[#nodes + 1] = {node, redis.call('HGETALL', node_key(node))}
  end
end
local releases = {}
for _, release in ipairs(redis.call('SMEMBERS', P .. 'releases')) do
  local running = 0
  for _, priority in ipairs(PRIORITIES) do
    local _, runs = tally(release, priority)
    running = running + runs
  end
  releases[#releases + 1] = {release, backlog(release), running, redis.call('ZCARD', later_key(release))}
end
return {now(), nodes, releases, redis.call('ZCARD', P .. 'dead')}
