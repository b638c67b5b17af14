--[[
  Removes a settled invocation's record.

  KEYS[1] fn:invocation:<id>  KEYS[2] fn:settled  KEYS[3] fn:dead:<function>  KEYS[4] fn:dead-functions  KEYS[5] fn:settled-messages
  ARGV[1] id   ARGV[2] function

  Returns 1, or 0 when it was in none of the sets: another process was first, or it was redriven.
]]
local removed = redis.call('ZREM', KEYS[2], ARGV[1]) + redis.call('ZREM', KEYS[3], ARGV[1]) + redis.call('ZREM', KEYS[5], ARGV[1])
if redis.call('ZCARD', KEYS[3]) == 0 then redis.call('SREM', KEYS[4], ARGV[2]) end
if removed == 0 then return 0 end
redis.call('UNLINK', KEYS[1])
return 1
