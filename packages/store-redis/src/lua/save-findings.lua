-- Saves findings, unless a later change of the same one is stored, and keeps the newest. O(findings saved).
-- KEYS: 1 findings (hash: id -> JSON)   2 their order (sorted set: id by the time of the last change)
-- ARGV: 1 findings to keep   2 milliseconds that they live on; then a finding: id, time of change, JSON
-- Reply: "ok"
local findings, order = KEYS[1], KEYS[2]
local limit, ttl = tonumber(ARGV[1]), ARGV[2]

for i = 3, #ARGV, 3 do
  local stored = redis.call("ZSCORE", order, ARGV[i])
  if not stored or tonumber(stored) <= tonumber(ARGV[i + 1]) then
    redis.call("HSET", findings, ARGV[i], ARGV[i + 2])
    redis.call("ZADD", order, ARGV[i + 1], ARGV[i])
  end
end
local excess = redis.call("ZCARD", order) - limit
if excess > 0 then
  for _, id in ipairs(redis.call("ZRANGE", order, 0, excess - 1)) do redis.call("HDEL", findings, id) end
  redis.call("ZREMRANGEBYRANK", order, 0, excess - 1)
end
redis.call("PEXPIRE", findings, ttl)
redis.call("PEXPIRE", order, ttl)
return "ok"
