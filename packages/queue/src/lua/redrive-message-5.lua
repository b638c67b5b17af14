--[[
  Takes a message back out of the dead letters, all its attempts ahead of it again.

  KEYS[1] fn:invocation:<id>  KEYS[2] fn:dead:<function>  KEYS[3] fn:dead-functions  KEYS[4] fn:messages:<function>
  KEYS[5] fn:messages-due
  ARGV[1] id   ARGV[2] function   ARGV[3] channel

  Returns 1, or 0 when it is no dead letter.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
if redis.call('ZCARD', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
redis.call('HSET', KEYS[1], 'state', 'queued', 'base', redis.call('HGET', KEYS[1], 'attempts'), 'sinceMs', now)
redis.call('HDEL', KEYS[1], 'settledMs', 'reason', 'alone', 'cancel')
redis.call('ZADD', KEYS[4], now, ARGV[1])
redis.call('ZADD', KEYS[5], 'LT', now, ARGV[2])
redis.call('PUBLISH', ARGV[3], 'messages ' .. ARGV[2])
return 1
