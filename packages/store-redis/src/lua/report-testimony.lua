-- Merges what a Kafka member testifies: offsets its group is done with, and the sequences at exactly these offsets.
-- O(ranges of the report), and of the record only from the report's lowest offset and sequences on.
-- KEYS: 1 lane (hash)
-- ARGV: 1 ttl   2 group   3 client   4 number   5 nonce   6 the nonce it builds on   7 "1" = whole   8 state   9 claim
--       10 totals   11 era   12 handled   13 given up   14 jumped   15 unstamped   16 foreign   17 epochs
--       18 high watermark of an entry or ""   19 "1" = was off   20 "1" = replay; then a stream:
--       producer, processed, processed twice, given up, jumped, places of copies (sequence@offset,...), come late
-- Reply: {"stored", era, "", "0"}, {"partly-known", offsets}, {"send-all", era} or {"clone"}
local member = { number = ARGV[4], nonce = ARGV[5], state = ARGV[8], claim = ARGV[9], totals = ARGV[10] }
local group, client, isWhole, era = get("g" .. ARGV[2]), ARGV[3], ARGV[7] == "1", ARGV[11]
local handled, givenUp, jumped = parse(ARGV[12]), parse(ARGV[13]), parse(ARGV[14])
local offsets = #givenUp + #jumped == 0 and handled or union(handled, union(givenUp, jumped))

prefetchTestimony(group, client, era)
local refused = refusal("m" .. group .. ":" .. client, member.number, member.nonce, ARGV[6], isWhole)
if refused then return refused end
local known = doneAmong(group, era, offsets)
if not isWhole and #known > 0 and format(known) ~= format(offsets) then
  return { "partly-known", format(known) }
end
local isCounted = not isWhole and #known == 0
local isAgain, isReplay = not isWhole and #known > 0, ARGV[20] == "1"
local isUnheard = isCounted and isUnheardOf(group, era, offsets)

group = groupOf(ARGV[2])
if ARGV[18] ~= "" and (ARGV[19] == "1" or isFollowing(group, client)) then raise("D" .. group, tonumber(ARGV[18])) end
-- Below the doubt somebody unheard may have done the work. The report does not say which sequence lies at which offset,
-- so sequences are kept only with all offsets of their kind.
local doubtTo = numberIn("D" .. group)
local provenGivenUp, provenJumped = within(givenUp, doubtTo, largest), within(jumped, doubtTo, largest)
local keepsGivenUp, keepsJumped = format(provenGivenUp) == ARGV[13], format(provenJumped) == ARGV[14]
raiseEra(tonumber(era))
putMember(group, client, member)
putOffsets(group, era, { h = handled, g = provenGivenUp, j = provenJumped }, ARGV[15], ARGV[16], ARGV[17])

prefetchStreams(group, "rp", 21, 7)
for i = 21, #ARGV, 7 do
  local processed, twice = parse(ARGV[i + 1]), parse(ARGV[i + 2])
  local highest = lastOf(processed, twice, parse(ARGV[i + 3]), parse(ARGV[i + 4]))
  local assigned = highest > 0 and assignedOf(group, ARGV[i], highest)
  if assigned then
    local stream = group .. ":" .. ARGV[i]
    local again = isUnheard and receivedAmong("rp", stream, processed) or {}
    if isCounted and #twice + #again > 0 then add("rd" .. stream, union(twice, again), "rf" .. stream) end
    if not isWhole then
      local count = isAgain and countOf(receivedAmong("rp", stream, processed)) or 0
      addRepeats(stream, isReplay and 0 or count, isReplay and count or 0, ARGV[i + 5])
    end
    add("rn" .. stream, parse(ARGV[i + 6]))
    addReceipts("rp", stream, processed, assigned)
    if keepsGivenUp then add("rg" .. stream, parse(ARGV[i + 3]), "rf" .. stream) end
    if keepsJumped then add("rj" .. stream, parse(ARGV[i + 4]), "rf" .. stream) end
  end
end
return finish(storedReply())
