-- Merges what one RabbitMQ consumer reports of a lane for its queue. O(ranges of the report), and of the record only
-- from the report's lowest sequences on.
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl   2 queue   3 consumer   4 number   5 nonce   6 the nonce it builds on   7 "1" = whole   8 state
--       9 client   10 totals   11 highest first deliveries (text); then a stream:
--       producer, received, first deliveries, first-delivered twice, processed, rejected, dead letters
--       (letter:ranges;...)
-- Reply: {"stored", era, "", "0"}, {"send-all", era} or {"clone"}
local member = { number = ARGV[4], nonce = ARGV[5], state = ARGV[8], claim = ARGV[9], totals = ARGV[10] }
local group, consumer, isWhole = get("g" .. ARGV[2]), ARGV[3], ARGV[7] == "1"

local refused = refusal("m" .. group .. ":" .. consumer, member.number, member.nonce, ARGV[6], isWhole)
if refused then return refused end
group = groupOf(ARGV[2])
putMember(group, consumer, member)
put("h" .. group .. ":" .. consumer, ARGV[11])

-- Above what the ledger claims only what waits is kept: that bounds what a forged stamp can make us store.
local function kept(set, assigned, waiting)
  return union(within(set, 0, assigned), intersection(within(set, assigned + 1, largest), waiting))
end

-- A redelivery may be reported before another consumer reports the first delivery, which then is no copy: "rb" holds
-- what came early.
prefetchStreams(group, "rr", 12, 7)
for i = 12, #ARGV, 7 do
  local received, fresh, twice = parse(ARGV[i + 1]), parse(ARGV[i + 2]), parse(ARGV[i + 3])
  local processed, rejected = parse(ARGV[i + 4]), parse(ARGV[i + 5])
  local highest = lastOf(received, fresh, twice, processed, rejected)
  for ranges in gmatch(ARGV[i + 6], ":([^;]*)") do highest = math.max(highest, lastOf(parse(ranges))) end
  local assigned = highest > 0 and assignedOf(group, ARGV[i], highest)
  if assigned then
    local stream = group .. ":" .. ARGV[i]
    local early = parse(get("rb" .. stream))
    local again = difference(receivedAmong("rr", stream, fresh), early)
    if not isWhole then add("rd" .. stream, union(twice, again), "rf" .. stream) end
    local earlyNow = difference(difference(received, fresh), receivedAmong("rr", stream, received))
    put("rb" .. stream, (folded(format(difference(union(early, earlyNow), fresh)), maxRanges)))
    local waiting = addReceipts("rr", stream, union(received, union(fresh, twice)), assigned)
    add("rp" .. stream, kept(processed, assigned, waiting), "rf" .. stream)
    add("rx" .. stream, kept(rejected, assigned, waiting), "rf" .. stream)
    raise("r1" .. stream, lastOf(fresh))
    for letter, ranges in gmatch(ARGV[i + 6], "(%a):([^;]*)") do add("r" .. letter .. stream, parse(ranges)) end
  end
end
return finish(storedReply())
