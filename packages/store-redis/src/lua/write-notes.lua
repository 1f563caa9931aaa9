-- Adds what an auditor notes. Nothing changes where all of it is known. O(ranges noted).
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl; then a note: kind, producer or "", group or "", value
-- Reply: "ok"
local function raiseNoted(field, value)
  local to = tonumber(value)
  if to > 0 then raise(field, to) end
end

-- A group gets its number only when there is something to write of it.
local function writesGroup(name, value)
  return value ~= "" and value ~= "0" and groupOf(name)
end

local verbs = {}

function verbs.doubt(_, name, value)
  local group = writesGroup(name, value)
  if group then raiseNoted("D" .. group, value) end
end

verbs["stream-doubt"] = function(producer, name, value)
  local group = writesGroup(name, value)
  if group then raiseNoted("rq" .. group .. ":" .. producer, value) end
end

verbs["group-withdrawn"] = function(producer, name, value)
  local group = writesGroup(name, value)
  if group then add("rw" .. group .. ":" .. producer, parse(value), "rf" .. group .. ":" .. producer) end
end

function verbs.withdrawn(producer, _, value) add("W" .. producer, parse(value), "F" .. producer) end
function verbs.seen(producer, _, value) add("s" .. producer, parse(value), "F" .. producer) end
function verbs.settled(producer, _, value) raiseNoted("S" .. producer, value) end
function verbs.asked(producer, _, value) add("A" .. producer, parse(value)) end

-- The first cut told of an era stands: two auditors see the same fall. An era known by its label alone has none yet.
function verbs.era(era, _, cut)
  local known = numberIn("e")
  if tonumber(era) < known or (tonumber(era) == known and (known == 0 or get("c") ~= "")) then return end
  put("e", era)
  put("c", cut)
end

for i = 2, #ARGV, 4 do verbs[ARGV[i]](ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
return finish("ok")
