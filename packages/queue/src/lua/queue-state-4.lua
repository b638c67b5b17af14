--[[
  How a function's messages stand.

  KEYS[1] fn:messages:<function>  KEYS[2] fn:messages-alone:<function>  KEYS[3] fn:batches:<function>  KEYS[4] fn:queues-paused
  ARGV[1] function   ARGV[2] prefix of batches

  Returns {due, not due yet, in batches, ms that the first has been due for (-1: none is), paused (1) or not (0)}.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local due, later, first = 0, 0, now + 1
for at = 1, 2 do
  due = due + redis.call('ZCOUNT', KEYS[at], 0, now)
  later = later + redis.call('ZCOUNT', KEYS[at], string.format('(%.17g', now), '+inf')
  first = math.min(first, tonumber(redis.call('ZRANGE', KEYS[at], 0, 0, 'WITHSCORES')[2]) or first)
end
local held = 0
for _, batch in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do held = held + redis.call('SCARD', ARGV[2] .. batch) end
return { due, later, held, first > now and -1 or now - first, redis.call('SISMEMBER', KEYS[4], ARGV[1]) }
