--[[
  Takes a slot of a schedule for one process: whoever comes second is told what became of it.
  Guarantee: of any number of schedulers one gets it. One that got it and died gives it up after `lease`, ms.

  KEYS[1] fn:slots:<function>:<name>        hash, slot ms → SlotRecord JSON
  KEYS[2] fn:slot-times:<function>:<name>   sorted set of the slots
  KEYS[3] fn:slot-claims                    sorted set, `<function> <name> <slot ms>` → when it was claimed, ms
  ARGV[1] slot, ms   ARGV[2] now, ms   ARGV[3] lease, ms   ARGV[4] member of KEYS[3]   ARGV[5] slots kept

  Returns 1: it is the caller's. 0: it is not.
]]
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
local claimed = redis.call('ZSCORE', KEYS[3], ARGV[4])
if claimed and tonumber(ARGV[2]) - tonumber(claimed) < tonumber(ARGV[3]) then return 0 end
-- A slot older than all that are kept was dealt with, and its record is gone.
local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)
local kept = tonumber(ARGV[5])
if oldest[1] and tonumber(ARGV[1]) < tonumber(oldest[1]) and redis.call('ZCARD', KEYS[2]) >= kept then return 0 end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[4])
return 1
