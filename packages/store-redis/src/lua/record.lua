-- The lane's record, shared by the verbs that write it. KEYS: 1 lane (hash). ARGV: 1 milliseconds that it lives on.
-- docs/store.md lists the fields. Each field is small, so that Redis keeps a healthy lane as one flat list.

local lane, ttl = KEYS[1], ARGV[1]
local maxRanges, maxWaiting, maxUnknown, maxClosed = 8192, 64, 1000, 64
local isChanged = false

local function get(field)
  return redis.call("HGET", lane, field) or ""
end

local function replace(field, before, text)
  if before == text then return end
  isChanged = true
  if text == "" then redis.call("HDEL", lane, field) else redis.call("HSET", lane, field, text) end
end

local function put(field, text)
  replace(field, get(field), text)
end

local function numberIn(field)
  return tonumber(get(field)) or 0
end

local function raise(field, number)
  if number > numberIn(field) then put(field, toText(number)) end
end

-- Adds to a set; what folds raises the floor that the set belongs to, if any.
local function add(field, set, floorField)
  if #set == 0 then return end
  local before = get(field)
  local text, floor = folded(addedTo(before, set), maxRanges)
  replace(field, before, text)
  if floorField then raise(floorField, floor) end
end

local function raiseEra(era)
  if era <= numberIn("e") then return end
  put("e", toText(era))
  put("c", "")
end

-- Groups have short numbers inside the record; the first of a name gives it one.
local function groupOf(name)
  local id = get("g" .. name)
  if id ~= "" then return id end
  id = toText(redis.call("HINCRBY", lane, "G", 1))
  put("g" .. name, id)
  return id
end

-- The one place where a write becomes visible as one.
local function finish(reply)
  if isChanged then
    redis.call("HINCRBY", lane, "v", 1)
    redis.call("PEXPIRE", lane, ttl)
  end
  return reply
end

local function storedReply(asked, settledTo)
  return { "stored", toText(numberIn("e")), asked or "", settledTo or "0" }
end

-- The answer to a report that cannot be merged, or nil. A repeat is answered as the first time.
local function refusal(field, number, nonce, buildsOn, isWhole)
  local storedNumber, storedNonce = string.match(get(field), "^(%d+);([^;]*)")
  if storedNumber and tonumber(storedNumber) == tonumber(number) and storedNonce == nonce then return storedReply() end
  if storedNumber and tonumber(storedNumber) >= tonumber(number) and storedNonce ~= buildsOn then return { "clone" } end
  if not isWhole and buildsOn ~= (storedNonce or "") then return { "send-all", toText(numberIn("e")) } end
end

-- The members of a group: id, state, and the version of the record that wrote them last.
local function membersOf(group)
  local members, prefix = {}, "m" .. group .. ":"
  for _, field in ipairs(redis.call("HKEYS", lane)) do
    if string.sub(field, 1, #prefix) == prefix then
      local state, written = string.match(get(field), "^%d+;[^;]*;(%a*);(%d+)")
      members[#members + 1] = { id = string.sub(field, #prefix + 1), state = state, written = tonumber(written) or 0 }
    end
  end
  return members
end

local function mergedTotals(stored, totals)
  local known, merged = string.gmatch(stored, "%d+"), {}
  for total in string.gmatch(totals, "%d+") do
    local before = tonumber(known() or "") or 0
    merged[#merged + 1] = toText(math.max(tonumber(total), before))
  end
  return table.concat(merged, ",")
end

-- Writes a member: its place in the chain, its claim, and totals that only grow. Of the closed the latest are kept.
local function putMember(group, id, member)
  local written = toText(numberIn("v") + 1)
  put("m" .. group .. ":" .. id, table.concat({ member.number, member.nonce, member.state, written, member.claim }, ";"))
  local totalsField = "t" .. group .. ":" .. id
  put(totalsField, mergedTotals(get(totalsField), member.totals))
  if member.state ~= "c" then return end
  local closed = {}
  for _, other in ipairs(membersOf(group)) do
    if other.state == "c" then closed[#closed + 1] = other end
  end
  table.sort(closed, function(a, b) return a.written < b.written end)
  for i = 1, #closed - maxClosed do
    local oldest = group .. ":" .. closed[i].id
    redis.call("HDEL", lane, "m" .. oldest, "t" .. oldest, "h" .. oldest)
  end
end

-- What the stream's ledger claims: 0 without a ledger, nil where a stream without one finds no room.
local function assignedOf(group, producer, highest)
  local assigned = string.match(get("l" .. producer), "^%d+;[^;]*;(%d+)")
  if assigned then return tonumber(assigned) end
  local mark = "ru" .. group .. ":" .. producer
  if get(mark) ~= "" then return 0 end
  local count = numberIn("U" .. group)
  if count >= maxUnknown then return raise("X", highest) end
  put(mark, "1")
  put("U" .. group, toText(count + 1))
  return 0
end

-- Adds claimed sequences to their set and lets the rest wait; the farthest that find no room lower the ceiling.
-- Returns what waits now.
local function addReceipts(kind, stream, set, assigned)
  local before = parse(get("ra" .. stream))
  local claimed = union(within(before, 0, assigned), within(set, 0, assigned))
  local waiting = union(within(before, assigned + 1, largest), within(set, assigned + 1, largest))
  local kept = {}
  for i = 1, math.min(#waiting, 2 * maxWaiting) do kept[i] = waiting[i] end
  local dropped, ceiling = waiting[2 * maxWaiting + 1], tonumber(get("rc" .. stream))
  if dropped and (not ceiling or dropped < ceiling) then put("rc" .. stream, toText(dropped)) end
  add(kind .. stream, claimed, "rf" .. stream)
  put("ra" .. stream, format(kept))
  return kept
end

local function lastOf(...)
  local highest = 0
  for _, set in ipairs({ ... }) do highest = math.max(highest, set[#set] or 0) end
  return highest
end
