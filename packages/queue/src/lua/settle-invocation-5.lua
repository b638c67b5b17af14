--[[
  Ends an invocation for good, once. A failed one becomes a dead letter.

  KEYS[1] fn:invocation:<id>  KEYS[2] fn:settled  KEYS[3] fn:dead:<function>  KEYS[4] fn:dead-functions  KEYS[5] fn:dead-count
  ARGV[1] token   ARGV[2] state   ARGV[3] now, ms   ARGV[4] reason or ''   ARGV[5] number   ARGV[6] attempt JSON
  ARGV[7] answer JSON or ''   ARGV[8] id   ARGV[9] function   ARGV[10] channel

  Returns 1, or 0 when another holder has it or it is settled already.
]]
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'settledMs', ARGV[3], 'attempt:' .. ARGV[5], ARGV[6])
redis.call('HDEL', KEYS[1], 'token', 'cancel', 'reason', 'answer')
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'reason', ARGV[4]) end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'answer', ARGV[7]) end
if ARGV[2] == 'failed' then
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[8])
  redis.call('SADD', KEYS[4], ARGV[9])
  redis.call('HINCRBY', KEYS[5], ARGV[9], 1)
else
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[8])
end
redis.call('PUBLISH', ARGV[10], 'settled ' .. ARGV[8])
return 1
