-- The lane's record, shared by the verbs that write it. KEYS: 1 lane (hash). ARGV: 1 milliseconds that it lives on.
-- docs/store.md lists the fields. Each field is small, so that Redis keeps a healthy lane as one flat list.

local lane, ttl = KEYS[1], ARGV[1]
local maxRanges, maxWaiting, maxUnknown, maxClosed = 8192, 64, 1000, 64
-- What was read, and which of it is another text by now. Reads are many and a listpack is searched from its front, so
-- each field is read once; writes go out together at the end, so that a script that fails has written nothing.
local texts, changed = {}, {}

local function prefetch(fields)
  local found = redis.call("HMGET", lane, unpack(fields))
  for i, field in ipairs(fields) do texts[field] = texts[field] or found[i] or "" end
end

local function get(field)
  if not texts[field] then texts[field] = redis.call("HGET", lane, field) or "" end
  return texts[field]
end

local function put(field, text)
  if get(field) == text then return end
  texts[field], changed[field] = text, true
end

local function numberIn(field)
  return tonumber(get(field)) or 0
end

local function raise(field, number)
  if number > 0 and number > numberIn(field) then put(field, toText(number)) end
end

-- Adds to a set; what folds raises the floor that the set belongs to, if any.
local function add(field, set, floorField)
  if #set == 0 then return end
  local text, hasMore = addedTo(get(field), set)
  if not hasMore then return put(field, text) end
  local kept, floor = folded(text, maxRanges)
  put(field, kept)
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
  id = toText(numberIn("G") + 1)
  put("G", id)
  put("g" .. name, id)
  return id
end

-- The one place where a script writes.
local function finish(reply)
  if not next(changed) then return reply end
  put("v", toText(numberIn("v") + 1))
  local pairsToSet, toDelete = {}, {}
  for field in pairs(changed) do
    if texts[field] == "" then
      toDelete[#toDelete + 1] = field
    else
      pairsToSet[#pairsToSet + 1] = field
      pairsToSet[#pairsToSet + 1] = texts[field]
    end
  end
  -- Lua passes a few thousand arguments at most.
  for i = 1, #pairsToSet, 1000 do
    redis.call("HSET", lane, unpack(pairsToSet, i, math.min(i + 999, #pairsToSet)))
  end
  for i = 1, #toDelete, 1000 do
    redis.call("HDEL", lane, unpack(toDelete, i, math.min(i + 999, #toDelete)))
  end
  redis.call("PEXPIRE", lane, ttl)
  return reply
end

local function storedReply(asked, settledTo)
  return { "stored", toText(numberIn("e")), asked or "", settledTo or "0" }
end

-- The answer to a report that cannot be merged, or nil. A repeat is answered as the first time.
local function refusal(field, number, nonce, buildsOn, isWhole)
  local storedNumber, storedNonce = match(get(field), "^(%d+);([^;]*)")
  if storedNumber and tonumber(storedNumber) == tonumber(number) and storedNonce == nonce then return storedReply() end
  if storedNumber and tonumber(storedNumber) >= tonumber(number) and storedNonce ~= buildsOn then return { "clone" } end
  if not isWhole and buildsOn ~= (storedNonce or "") then return { "send-all", toText(numberIn("e")) } end
end

-- The members of a group: id, state, and the version of the record that wrote them last.
local function membersOf(group)
  local fields, members, prefix = {}, {}, "m" .. group .. ":"
  for _, field in ipairs(redis.call("HKEYS", lane)) do fields[field] = true end
  for field in pairs(changed) do fields[field] = true end
  for field in pairs(fields) do
    if sub(field, 1, #prefix) == prefix and get(field) ~= "" then
      local state, written = match(get(field), "^%d+;[^;]*;(%a*);(%d+)")
      members[#members + 1] = { id = sub(field, #prefix + 1), state = state, written = tonumber(written) or 0 }
    end
  end
  return members
end

local function mergedTotals(stored, totals)
  if stored == "" or stored == totals then return totals end
  local before, merged = gmatch(stored, "%d+"), {}
  for total in gmatch(totals, "%d+") do
    local known = before() or "0"
    merged[#merged + 1] = tonumber(total) > tonumber(known) and total or known
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
    for _, kind in ipairs({ "m", "t", "h" }) do put(kind .. group .. ":" .. closed[i].id, "") end
  end
end

-- What the stream's ledger claims: 0 without a ledger, nil where a stream without one finds no room.
local function assignedOf(group, producer, highest)
  local assigned = match(get("l" .. producer), "^%d+;[^;]*;(%d+)")
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
  if #before == 0 and (set[#set] or 0) <= assigned then
    add(kind .. stream, set, "rf" .. stream)
    return before
  end
  local claimed = union(within(before, 0, assigned), within(set, 0, assigned))
  local waiting = union(within(before, assigned + 1, largest), within(set, assigned + 1, largest))
  local kept = {}
  for i = 1, math.min(#waiting, 2 * maxWaiting) do kept[i] = waiting[i] end
  local dropped = waiting[2 * maxWaiting + 1]
  local ceiling = dropped and tonumber(get("rc" .. stream))
  if dropped and (not ceiling or dropped < ceiling) then put("rc" .. stream, toText(dropped)) end
  add(kind .. stream, claimed, "rf" .. stream)
  put("ra" .. stream, format(kept))
  return kept
end

-- What every stream of a report needs: `step` arguments a stream, the producer first.
local function prefetchStreams(group, kind, from, step)
  local fields = {}
  for i = from, #ARGV, step do
    local stream = group .. ":" .. ARGV[i]
    fields[#fields + 1] = "l" .. ARGV[i]
    fields[#fields + 1] = kind .. stream
    fields[#fields + 1] = "ra" .. stream
    if #fields >= 900 or i + step > #ARGV then
      prefetch(fields)
      fields = {}
    end
  end
end

-- Which of these sequences are in a stream's set or wait to come into it.
local function receivedAmong(kind, stream, set)
  local shared, waiting = sharedWith(get(kind .. stream), set), sharedWith(get("ra" .. stream), set)
  return #waiting == 0 and shared or union(shared, waiting)
end

local function lastOf(...)
  local highest = 0
  for _, set in ipairs({ ... }) do highest = math.max(highest, set[#set] or 0) end
  return highest
end
