-- Stores a text unless one with the same or a higher number is stored: the last word of an author, or the newest
-- version of many. O(1).
-- KEYS: 1 key (string: number, blank, text)
-- ARGV: 1 number   2 text   3 milliseconds that it lives on, or "0" = for ever
-- Reply: 1 when it was stored, else 0
local key = KEYS[1]
local number, text, ttl = ARGV[1], ARGV[2], ARGV[3]

local stored = string.match(redis.call("GET", key) or "", "^(%d+) ")
if stored and tonumber(stored) >= tonumber(number) then return 0 end
redis.call("SET", key, number .. " " .. text)
if ttl ~= "0" then redis.call("PEXPIRE", key, ttl) end
return 1
