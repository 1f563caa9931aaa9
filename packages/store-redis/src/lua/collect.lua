-- Drops what has had its time, unless it was written since that was decided. O(fields of the record): it is rare.
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl   2 the version at which the whole record may go, or ""; then a part: "stream", producer, number;
--       "member", group, member, number; "group", group
-- Reply: "gone" where there is no such lane any more, else "kept"
local whole = tonumber(ARGV[2])
if whole and whole == numberIn("v") then redis.call("DEL", lane) end
if whole then return redis.call("EXISTS", lane) == 0 and "gone" or "kept" end
if numberIn("v") == 0 then return "gone" end

local names = redis.call("HKEYS", lane)

local function size(text)
  local count, set = 0, parse(text)
  for i = 1, #set, 2 do count = count + set[i + 1] - set[i] + 1 end
  return count
end

-- What remains: how many streams went, their messages and losses, and the highest sequence that any had given out.
local function tally(assigned, lost)
  local streams, messages, losses, highest = match(get("T"), "^(%d+),(%d+),(%d+),(%d+)$")
  put("T", table.concat({
    toText((tonumber(streams) or 0) + 1), toText((tonumber(messages) or 0) + assigned),
    toText((tonumber(losses) or 0) + lost), toText(math.max(tonumber(highest) or 0, assigned)),
  }, ","))
end

local function dropStream(producer, number)
  local stored, assigned = match(get("l" .. producer), "^(%d+);[^;]*;(%d+)")
  if stored ~= number then return end
  local lost, suffix = size(get("L" .. producer)), ":" .. producer
  for kind in gmatch("lkwynsLWASF", ".") do put(kind .. producer, "") end
  for _, name in ipairs(names) do
    if sub(name, -#suffix) == suffix and match(name, "^r.%d+:") then
      if sub(name, 2, 2) == "l" then lost = lost + size(get(name)) end
      put(name, "")
    end
  end
  tally(tonumber(assigned), lost)
end

local function dropMember(group, member, number)
  if group == "" or match(get("m" .. group .. ":" .. member), "^%d+") ~= number then return end
  for kind in gmatch("mth", ".") do put(kind .. group .. ":" .. member, "") end
end

local function dropGroup(name, group)
  if group == "" or #membersOf(group) > 0 then return end
  for _, field in ipairs(names) do
    if match(field, "^[DfEU](%d+)$") == group or match(field, "^[dr].(%d+):") == group then put(field, "") end
  end
  put("g" .. name, "")
end

local i = 3
while i <= #ARGV do
  local kind = ARGV[i]
  if kind == "stream" then dropStream(ARGV[i + 1], ARGV[i + 2])
  elseif kind == "member" then dropMember(get("g" .. ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3])
  else dropGroup(ARGV[i + 1], get("g" .. ARGV[i + 1])) end
  i = i + (kind == "member" and 4 or kind == "stream" and 3 or 2)
end
return finish("kept")
