-- Makes losses final, except where the record contradicts them by now. O(ranges to confirm and what lies above them).
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl; then a confirmation: producer, "stream" or "group", group or "", sequences, era, lowest offset left
--       behind that it rests on or "", doubt above which all was gone before a later one began or ""
-- Reply: a confirmation: the sequences that were not confirmed before
local function without(set, field)
  return difference(set, sharedWith(get(field), set))
end

-- What was certainly not stored, unless it was acked as well.
local function withoutVoid(set, producer, acked)
  local voided = {}
  for ranges in string.gmatch(get("y" .. producer), ":([^;]*)") do voided = union(voided, sharedWith(ranges, set)) end
  return difference(set, difference(voided, acked))
end

local function withoutMet(set, stream)
  for _, kind in ipairs({ "rp", "rx", "ra", "rr", "rE", "rM", "rR", "rD" }) do set = without(set, kind .. stream) end
  return set
end

local function openAtStream(producer, sequences)
  local assigned, floor, acked = string.match(get("l" .. producer), "^%d+;[^;]*;(%d+);(%d*);([^;]*)")
  if not assigned then return {} end
  local lowest = math.max(tonumber(floor) or 0, numberIn("F" .. producer))
  local set = within(sequences, lowest, tonumber(assigned))
  set = withoutVoid(set, producer, parse(acked == "*" and "1-" .. assigned or acked))
  return without(without(set, "L" .. producer), "W" .. producer)
end

local function openForGroup(set, group, stream, leftBehindFrom, goneAbove)
  if leftBehindFrom ~= "" and tonumber(leftBehindFrom) < numberIn("D" .. group) then return {} end
  local lowest = math.max(numberIn("rf" .. stream), (tonumber(goneAbove) or numberIn("rq" .. stream)) + 1)
  local ceiling = tonumber(get("rc" .. stream))
  set = within(set, lowest, ceiling and ceiling - 1 or largest)
  return without(without(withoutMet(set, stream), "rl" .. stream), "rw" .. stream)
end

local added = {}
for i = 2, #ARGV, 7 do
  local producer, isStream, group, era = ARGV[i], ARGV[i + 1] == "stream", ARGV[i + 2], tonumber(ARGV[i + 4])
  local set = era == numberIn("e") and openAtStream(producer, parse(ARGV[i + 3])) or {}
  if isStream then
    for id = 1, numberIn("G") do set = withoutMet(set, toText(id) .. ":" .. producer) end
    add("L" .. producer, set, "F" .. producer)
  elseif #set > 0 then
    set = openForGroup(set, get("g" .. group), get("g" .. group) .. ":" .. producer, ARGV[i + 5], ARGV[i + 6])
    local stream = #set > 0 and groupOf(group) .. ":" .. producer
    if stream then add("rl" .. stream, set, "rf" .. stream) end
  end
  added[#added + 1] = format(set)
end
return finish(added)
