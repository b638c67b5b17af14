--[[
  Takes a dead letter back to the queue, with all its attempts ahead of it again. The caller adds the job behind it.

  KEYS[1] fn:invocation:<id>  KEYS[2] fn:dead:<function>  KEYS[3] fn:dead-functions
  ARGV[1] id   ARGV[2] function   ARGV[3] now, ms

  Returns 1, or 0 when it is no dead letter.
]]
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
if redis.call('ZCARD', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
redis.call('HSET', KEYS[1], 'state', 'queued', 'base', redis.call('HGET', KEYS[1], 'attempts'), 'sinceMs', ARGV[3])
redis.call('HDEL', KEYS[1], 'settledMs', 'reason', 'answer')
return 1
