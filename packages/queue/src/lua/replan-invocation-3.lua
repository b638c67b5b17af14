--[[
  Puts off anew what was put off by a clock that was ahead, by as much as it was meant to wait. Guarantee: once, whoever else tries.

  KEYS[1] fn:invocation:<id>  KEYS[2] …:delayed  KEYS[3] fn:due
  ARGV[1] id   ARGV[2] function   ARGV[3] now, ms

  Returns when it is due, ms, or -1: it is not put off, or the clock that did it is not behind it now.
]]
local planned = tonumber(redis.call('HGET', KEYS[1], 'plannedMs') or 0)
local score = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0)
local now = tonumber(ARGV[3])
if score == 0 or planned <= now then return -1 end
-- BullMQ's score is the time with twelve more bits.
local due = now + math.max(0, math.floor(score / 4096) - planned)
redis.call('ZADD', KEYS[2], 'XX', string.format('%.0f', due * 4096), ARGV[1])
redis.call('HSET', KEYS[1], 'plannedMs', now)
if redis.call('HEXISTS', KEYS[1], 'nextMs') == 1 then redis.call('HSET', KEYS[1], 'nextMs', due) end
redis.call('ZADD', KEYS[3], 'LT', due, ARGV[2])
return due
