-- Takes over the signs of consumers that are newer than the stored ones. O(consumers of the queue) where one closed.
-- KEYS: 1 queue (hash: "token", "w" counts the writes, and "c" + consumer = number;write;state;deliveries;client)
-- ARGV: 1 milliseconds that it lives on   2 closed consumers to keep; then a sign: consumer, number, state, deliveries,
--       client
-- Reply: "ok"
local queue, ttl, maxClosed = KEYS[1], ARGV[1], tonumber(ARGV[2])

for i = 3, #ARGV, 5 do
  local field = "c" .. ARGV[i]
  local stored = string.match(redis.call("HGET", queue, field) or "", "^(%d+);")
  if not stored or tonumber(ARGV[i + 1]) > tonumber(stored) then
    local write = string.format("%.0f", redis.call("HINCRBY", queue, "w", 1))
    local sign = { ARGV[i + 1], write, ARGV[i + 2], ARGV[i + 3], ARGV[i + 4] }
    redis.call("HSET", queue, field, table.concat(sign, ";"))
  end
end
redis.call("PEXPIRE", queue, ttl)

local closed, fields = {}, redis.call("HGETALL", queue)
for i = 1, #fields, 2 do
  local write = string.match(fields[i + 1], "^%d+;(%d+);c;")
  if write then closed[#closed + 1] = { field = fields[i], write = tonumber(write) } end
end
table.sort(closed, function(a, b) return a.write < b.write end)
for i = 1, #closed - maxClosed do redis.call("HDEL", queue, closed[i].field) end
return "ok"
