-- Offsets that a Kafka group is done with, by era: what only testimony needs of the lane's record.

local maxEras, maxForbidden, maxEpochs, maxCopies = 3, 64, 64, 64

local function prefetchTestimony(group, client, era)
  local member, field = group .. ":" .. client, group .. ":" .. era
  prefetch({ "v", "e", "m" .. member, "t" .. member, "E" .. group, "f" .. group, "D" .. group,
    "dh" .. field, "dg" .. field, "dj" .. field, "de" .. field })
end

-- Which of these offsets the group is done with in an era.
local function doneAmong(group, era, offsets)
  local field = group .. ":" .. era
  local shared = union(sharedWith(get("dh" .. field), offsets), sharedWith(get("dg" .. field), offsets))
  return union(shared, sharedWith(get("dj" .. field), offsets))
end

-- Whether no other era has any of these offsets. Below the floor nobody can say.
local function isUnheardOf(group, era, offsets)
  if (offsets[1] or largest) < numberIn("f" .. group) then return false end
  for kept in gmatch(get("E" .. group), "%d+") do
    if kept ~= era and #doneAmong(group, kept, offsets) > 0 then return false end
  end
  return true
end

-- Whether another member of the group has not left cleanly.
local function isFollowing(group, client)
  for _, other in ipairs(membersOf(group)) do
    if other.id ~= client and other.state ~= "c" then return true end
  end
  return false
end

-- Makes room for an era among the newest; false where the era is too old to be kept.
local function keepEra(group, era)
  if get("E" .. group) == era then return true end
  local eras = {}
  for kept in gmatch(get("E" .. group), "%d+") do
    if kept == era then return true end
    eras[#eras + 1] = tonumber(kept)
  end
  eras[#eras + 1] = tonumber(era)
  table.sort(eras)
  local dropped = #eras > maxEras and toText(table.remove(eras, 1))
  for i, kept in ipairs(eras) do eras[i] = toText(kept) end
  put("E" .. group, table.concat(eras, ","))
  for kind in gmatch(dropped and dropped ~= era and "hgjufe" or "", ".") do
    put("d" .. kind .. group .. ":" .. dropped, "")
  end
  return dropped ~= era
end

-- The text of the epochs of both texts: "epoch:ranges;epoch:ranges", in the order of the epochs.
local function mergedEpochs(stored, added)
  -- The healthy case: one epoch, which goes on.
  local epoch, addedRanges = match(added, "^(%-?%d+:)([^;]*)$")
  if epoch and sub(stored, 1, #epoch) == epoch and not find(stored, ";", 1, true) then
    local text, hasMore = addedTo(sub(stored, #epoch + 1), parse(addedRanges))
    if not hasMore then return epoch .. text end
  end
  local byEpoch, epochs, runs = {}, {}, {}
  for epoch, ranges in gmatch(stored .. ";" .. added, "(%-?%d+):([^;]*)") do
    if not byEpoch[epoch] then epochs[#epochs + 1] = tonumber(epoch) end
    byEpoch[epoch] = union(byEpoch[epoch] or {}, parse(ranges))
  end
  table.sort(epochs)
  for _, epoch in ipairs(epochs) do
    local set = byEpoch[toText(epoch)]
    for i = 1, #set, 2 do runs[#runs + 1] = { epoch = epoch, first = set[i], last = set[i + 1] } end
  end
  -- The lowest go first, as all that is oldest.
  table.sort(runs, function(a, b) return a.first < b.first or (a.first == b.first and a.epoch < b.epoch) end)
  for _ = 1, #runs - maxEpochs do table.remove(runs, 1) end
  local kept, texts = {}, {}
  for _, run in ipairs(runs) do
    kept[run.epoch] = kept[run.epoch] or {}
    append(kept[run.epoch], run.first, run.last)
  end
  for _, epoch in ipairs(epochs) do
    if kept[epoch] then texts[#texts + 1] = toText(epoch) .. ":" .. format(kept[epoch]) end
  end
  return table.concat(texts, ";")
end

-- Offsets that only forbid: wider is safe.
local function addForbidding(field, text)
  if text == "" then return end
  put(field, format(hull(union(parse(get(field)), parse(text)), maxForbidden)))
end

-- Adds a report's offsets to its era.
local function putOffsets(group, era, done, unstamped, foreign, epochs)
  if #done.h + #done.g + #done.j + #unstamped + #foreign + #epochs == 0 or not keepEra(group, era) then return end
  local field = group .. ":" .. era
  add("dh" .. field, done.h, "f" .. group)
  add("dg" .. field, done.g, "f" .. group)
  add("dj" .. field, done.j, "f" .. group)
  addForbidding("du" .. field, unstamped)
  addForbidding("df" .. field, foreign)
  if epochs ~= "" then put("de" .. field, mergedEpochs(get("de" .. field), epochs)) end
end

-- Adds how often messages came again, and the newest places of copies: "redelivered,replayed;sequence@offset,...".
local function addRepeats(stream, redelivered, replayed, places)
  if redelivered + replayed == 0 and places == "" then return end
  local field = "ro" .. stream
  local again, back, known = match(get(field), "^(%d+),(%d+);(.*)$")
  local kept, isKept = {}, {}
  for place in gmatch((known or "") .. "," .. places, "[^,]+") do
    if not isKept[place] then kept[#kept + 1] = place end
    isKept[place] = true
  end
  local counts = toText((tonumber(again) or 0) + redelivered) .. "," .. toText((tonumber(back) or 0) + replayed)
  put(field, counts .. ";" .. table.concat(kept, ",", math.max(1, #kept - maxCopies + 1)))
end
