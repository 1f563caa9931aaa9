-- Stores a producer's report of one stream as a whole; a later number heals whatever was lost. O(size of the report).
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl   2 producer   3 number   4 nonce   5 the nonce it builds on   6 assigned   7 newest era it names
--       8 sequences with references   9 ledger   10 chunks   11 outcomes   12 voided   13 references (texts, "" = none)
-- Reply: {"stored", era, asked sequences, settled to} or {"clone"}
local producer, number, nonce, buildsOn = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local assigned, era, referenced = tonumber(ARGV[6]), tonumber(ARGV[7]), parse(ARGV[8])
local parts = { l = ARGV[9], k = ARGV[10], w = ARGV[11], y = ARGV[12], n = ARGV[13] }

-- A stream's first ledger: it is no longer unknown, and it starts above all receipts that found no room. One that is
-- not its producer's first report may be of a stream that was collected: its receipts went with it.
local function meetStream()
  for group = 1, numberIn("G") do
    local mark, count = "ru" .. toText(group) .. ":" .. producer, "U" .. toText(group)
    if get(mark) ~= "" then
      put(mark, "")
      put(count, toText(numberIn(count) - 1))
    end
  end
  local dropped = numberIn("X")
  if dropped > 0 then raise("F" .. producer, math.max(assigned, dropped) + 1) end
  local collected = tonumber(match(get("T"), "%d+$") or 0)
  if number > 1 and collected > 0 then raise("F" .. producer, math.min(assigned, collected) + 1) end
end

local function answer()
  local asked = difference(parse(get("A" .. producer)), referenced)
  return storedReply(format(asked), toText(numberIn("S" .. producer)))
end

prefetch({ "v", "e", "A" .. producer, "S" .. producer, "l" .. producer, "k" .. producer, "w" .. producer,
  "y" .. producer, "n" .. producer })
local storedNumber, storedNonce = string.match(get("l" .. producer), "^(%d+);([^;]*)")
if not storedNumber then
  meetStream()
elseif tonumber(storedNumber) == number and storedNonce == nonce then
  return answer()
elseif tonumber(storedNumber) >= number and storedNonce ~= buildsOn then
  return { "clone" }
end
for field, text in pairs(parts) do put(field .. producer, text) end
raiseEra(era)
return finish(answer())
