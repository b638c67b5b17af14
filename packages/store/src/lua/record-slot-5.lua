--[[
  Writes down what became of a slot, and forgets the oldest beyond what is kept.

  KEYS[1] fn:slots:<function>:<name>        hash, slot ms → SlotRecord JSON
  KEYS[2] fn:slot-times:<function>:<name>   sorted set of the slots
  KEYS[3] fn:slot-claims                    sorted set of claims
  KEYS[4] fn:open-slots                     sorted set of the slots whose runs have not ended
  KEYS[5] fn:schedule-state:<function>:<name>   hash: `failures`, runs in a row that failed; `last`, the last run
  ARGV[1] slot, ms   ARGV[2] SlotRecord JSON   ARGV[3] member of KEYS[3] and KEYS[4]   ARGV[4] slots kept
  ARGV[5] 'open' | 'closed'   ARGV[6] change of `failures`: '0' (none), '+' (one more), '=' (back to none)   ARGV[7] new `last`, or ''
]]
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[3])
if ARGV[5] == 'open' then redis.call('ZADD', KEYS[4], ARGV[1], ARGV[3]) else redis.call('ZREM', KEYS[4], ARGV[3]) end
if ARGV[6] == '+' then redis.call('HINCRBY', KEYS[5], 'failures', 1) end
if ARGV[6] == '=' then redis.call('HDEL', KEYS[5], 'failures') end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[5], 'last', ARGV[7]) end
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if surplus > 0 then
  for _, slot in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do
    redis.call('HDEL', KEYS[1], slot)
    redis.call('ZREM', KEYS[2], slot)
  end
end
return 1
