-- Range sets, shared by all verbs. A set is a sorted list first, last, first, last ... of disjoint ranges that do not
-- touch; its text is "1-1000,1005". Numbers stay below 2^53, where a double of Lua is exact.

-- Looked up once: a script of ours spends its time in these.
local match, gmatch, sub, find, formatted = string.match, string.gmatch, string.sub, string.find, string.format

local function toText(number)
  return formatted("%.0f", number)
end

local function parse(text)
  local set, size = {}, 0
  for first, last in gmatch(text, "(%d+)%-?(%d*)") do
    set[size + 1] = tonumber(first)
    set[size + 2] = tonumber(last) or tonumber(first)
    size = size + 2
  end
  return set
end

local function format(set)
  local pieces = {}
  for i = 1, #set, 2 do
    local first, last = toText(set[i]), toText(set[i + 1])
    pieces[#pieces + 1] = first == last and first or first .. "-" .. last
  end
  return table.concat(pieces, ",")
end

local function append(set, first, last)
  local size = #set
  if size == 0 or first > set[size] + 1 then
    set[size + 1], set[size + 2] = first, last
  elseif last > set[size] then
    set[size] = last
  end
end

local function union(a, b)
  local merged, i, j = {}, 1, 1
  while i <= #a or j <= #b do
    if j > #b or (i <= #a and a[i] <= b[j]) then
      append(merged, a[i], a[i + 1])
      i = i + 2
    else
      append(merged, b[j], b[j + 1])
      j = j + 2
    end
  end
  return merged
end

local function intersection(a, b)
  local shared, i, j = {}, 1, 1
  while i <= #a and j <= #b do
    local first, last = math.max(a[i], b[j]), math.min(a[i + 1], b[j + 1])
    if first <= last then append(shared, first, last) end
    if a[i + 1] <= b[j + 1] then i = i + 2 else j = j + 2 end
  end
  return shared
end

local function difference(a, b)
  local rest, j = {}, 1
  for i = 1, #a, 2 do
    local nextFirst, last = a[i], a[i + 1]
    while j <= #b and b[j + 1] < nextFirst do j = j + 2 end
    local k = j
    while k <= #b and b[k] <= last do
      if nextFirst < b[k] then append(rest, nextFirst, b[k] - 1) end
      nextFirst = b[k + 1] + 1
      k = k + 2
    end
    if nextFirst <= last then append(rest, nextFirst, last) end
  end
  return rest
end

-- The members from `first` to `last`.
local function within(set, first, last)
  return first > last and {} or intersection(set, { first, last })
end

local largest = 9007199254740991

-- Splits a stored text where no range of the first part reaches `low - 1`. The second part is parsed, the first stays
-- text: reports lie at the end of what is stored, so most of a long set is never looked at.
local function cut(text, low)
  local size = 64
  while size < #text do
    local comma = find(text, ",", #text - size, true)
    local first = comma and tonumber(match(text, "^%d+", comma + 1))
    if first and first <= low then return sub(text, 1, comma), parse(sub(text, comma + 1)) end
    size = size * 8
  end
  return "", parse(text)
end

-- The text of the union of a stored text and a set, and whether it has more ranges than the stored one.
local function addedTo(text, set)
  if text == "" then return format(set), true end
  if #set == 2 then
    -- The healthy case: one range that goes on where the last one ended.
    local digits = match(sub(text, -17), "%d+$")
    if tonumber(digits) == set[1] - 1 then
      local head = sub(text, 1, -#digits - 1)
      if sub(head, -1) == "-" then return head .. toText(set[2]), false end
      return text .. "-" .. toText(set[2]), false
    end
  end
  local head, tail = cut(text, set[1])
  local merged = union(tail, set)
  return head .. format(merged), #merged > #tail
end

-- The members that a stored text and a set share.
local function sharedWith(text, set)
  if #set == 0 or text == "" or tonumber(match(sub(text, -17), "%d+$")) < set[1] then return {} end
  local _, tail = cut(text, set[1])
  return intersection(tail, set)
end

-- A text of at most `limit` ranges: the lowest go. The second value is the lowest number of which it still speaks.
local function folded(text, limit)
  if #text < 2 * limit then return text, 0 end
  local _, commas = string.gsub(text, ",", "")
  if commas < limit then return text, 0 end
  local from, comma = 0, 0
  for _ = 0, commas - limit do
    from = comma
    comma = find(text, ",", comma + 1, true)
  end
  local dropped = parse(sub(text, from + 1, comma - 1))
  return sub(text, comma + 1), dropped[2] + 1
end

-- At most `limit` ranges, the lowest joined over their gaps: for sets where more members are harmless.
local function hull(set, limit)
  local excess = #set - 2 * limit
  if excess <= 0 then return set end
  local kept = { set[1] }
  for i = excess + 2, #set do kept[#kept + 1] = set[i] end
  return kept
end

local function countOf(set)
  local count = 0
  for i = 1, #set, 2 do count = count + set[i + 1] - set[i] + 1 end
  return count
end
