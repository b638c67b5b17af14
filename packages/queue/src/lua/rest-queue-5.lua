--[[
  Decides when a function's queue needs the next look. What was added meanwhile is seen: no look is lost.

  KEYS[1] fn:due  KEYS[2] …:wait  KEYS[3] …:prioritized  KEYS[4] …:delayed  KEYS[5] …:active
  ARGV[1] function   ARGV[2] when the active jobs are to be looked at, ms

  Returns when it is due, ms; 0: now, -1: never.
]]
if redis.call('LLEN', KEYS[2]) > 0 or redis.call('ZCARD', KEYS[3]) > 0 then return 0 end
local due = -1
local delayed = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
-- BullMQ's score is the time with twelve more bits.
if delayed[2] then due = math.floor(tonumber(delayed[2]) / 4096) end
if redis.call('LLEN', KEYS[5]) > 0 and (due == -1 or due > tonumber(ARGV[2])) then due = tonumber(ARGV[2]) end
if due == -1 then redis.call('ZREM', KEYS[1], ARGV[1]) else redis.call('ZADD', KEYS[1], due, ARGV[1]) end
return due
