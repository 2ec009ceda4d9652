-- Removes a node from the registry at once.
-- ARGV  node
-- reply OK

redis.call('DEL', node_key(ARGV[1]))
redis.call('SREM', P .. 'nodes', ARGV[1])
return 'OK'
