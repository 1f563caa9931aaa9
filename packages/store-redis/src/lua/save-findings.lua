-- Saves findings, unless a later change of the same one is stored, and keeps the newest. With an auditor's id, findings
-- of a slot that another auditor holds are refused. O(findings saved).
-- KEYS: 1 findings (hash: id -> JSON)   2 their order (sorted set: id by the time of the last change)   3 leases (hash)
-- ARGV: 1 findings to keep   2 milliseconds that they live on   3 auditor or ""; then a finding: id, time of change,
--       slot, JSON
-- Reply: the ids of those that were taken
local findings, order, leases = KEYS[1], KEYS[2], KEYS[3]
local limit, ttl, auditor = tonumber(ARGV[1]), ARGV[2], ARGV[3]

local taken = {}
for i = 4, #ARGV, 4 do
  local owner = auditor ~= "" and redis.call("HGET", leases, "s" .. ARGV[i + 2])
  if not owner or owner == auditor then
    taken[#taken + 1] = ARGV[i]
    local stored = redis.call("ZSCORE", order, ARGV[i])
    if not stored or tonumber(stored) <= tonumber(ARGV[i + 1]) then
      redis.call("HSET", findings, ARGV[i], ARGV[i + 3])
      redis.call("ZADD", order, ARGV[i + 1], ARGV[i])
    end
  end
end
if #taken == 0 then return taken end
redis.call("HINCRBY", leases, "w", 1)
local excess = redis.call("ZCARD", order) - limit
if excess > 0 then
  for _, id in ipairs(redis.call("ZRANGE", order, 0, excess - 1)) do redis.call("HDEL", findings, id) end
  redis.call("ZREMRANGEBYRANK", order, 0, excess - 1)
end
for _, key in ipairs({ findings, order, leases }) do redis.call("PEXPIRE", key, ttl) end
return taken
