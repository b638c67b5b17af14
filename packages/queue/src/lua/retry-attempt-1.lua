--[[
  Ends an attempt that will be followed by another.

  KEYS[1] fn:invocation:<id>
  ARGV[1] token   ARGV[2] number   ARGV[3] attempt JSON   ARGV[4] reason   ARGV[5] when the next one is due, ms   ARGV[6] now, ms

  Returns 'OK', 'CANCELLED' when it was asked to be cancelled meanwhile (settle it so), or 'LOST' when another holder has it.
]]
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'LOST' end
if redis.call('HGET', KEYS[1], 'cancel') then return 'CANCELLED' end
redis.call('HSET', KEYS[1], 'state', 'retrying', 'attempt:' .. ARGV[2], ARGV[3], 'reason', ARGV[4], 'nextMs', ARGV[5], 'plannedMs', ARGV[6])
redis.call('HDEL', KEYS[1], 'token')
return 'OK'
