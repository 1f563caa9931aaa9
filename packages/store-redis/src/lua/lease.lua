-- One auditor's sign of life and its share of the lanes. Drops auditors whose number still is what somebody saw stand
-- still, frees what nobody holds any more, and gives the caller what it keeps and what is free. O(slots).
-- KEYS: 1 leases (hash: "a" + auditor = number, "s" + slot = auditor, "w" counts the writes of findings)
-- ARGV: 1 auditor   2 its number   3 slots to hold at most, "0" = it leaves   4 count of all slots
--       5 milliseconds that the table lives on   6 how many slots it keeps; then these; then a dead one: id, number
-- Reply: the writes of findings, the count of its slots, these ascending; then each auditor: id, number
local leases, me, number = KEYS[1], ARGV[1], ARGV[2]
local most, slotCount, ttl, keepCount = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])

for i = 7 + keepCount, #ARGV, 2 do
  if redis.call("HGET", leases, "a" .. ARGV[i]) == ARGV[i + 1] then redis.call("HDEL", leases, "a" .. ARGV[i]) end
end
if most > 0 then redis.call("HSET", leases, "a" .. me, number) else redis.call("HDEL", leases, "a" .. me) end

local auditors, owners, written, fields = {}, {}, "0", redis.call("HGETALL", leases)
for i = 1, #fields, 2 do
  local kind, rest = string.sub(fields[i], 1, 1), string.sub(fields[i], 2)
  if kind == "a" then auditors[rest] = fields[i + 1] end
  if kind == "s" then owners[tonumber(rest)] = fields[i + 1] end
  if kind == "w" then written = fields[i + 1] end
end

local mine, count = {}, 0
local function take(slot)
  local owner = owners[slot]
  if count >= most or mine[slot] or (owner and owner ~= me and auditors[owner]) then return end
  mine[slot], count = true, count + 1
end
for i = 7, 6 + keepCount do take(tonumber(ARGV[i])) end
for slot = 0, slotCount - 1 do take(slot) end

local reply = { written, tostring(count) }
for slot = 0, slotCount - 1 do
  local field, owner = "s" .. slot, owners[slot]
  if mine[slot] then
    reply[#reply + 1] = tostring(slot)
    if owner ~= me then redis.call("HSET", leases, field, me) end
  elseif owner and (owner == me or not auditors[owner]) then
    redis.call("HDEL", leases, field)
  end
end
for id, known in pairs(auditors) do
  reply[#reply + 1] = id
  reply[#reply + 1] = known
end
redis.call("PEXPIRE", leases, ttl)
return reply
