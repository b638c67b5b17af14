--[[
  The generic cell rate algorithm (GCRA) for a tenant's requests: takes as many of the wanted as come within the rate and its burst.
  Guarantee: over any span of time t, at most burst + rate * t requests are let through, whoever asks, by the one clock of Redis.

  KEYS[1] fn:rate:<tenant>
  ARGV[1] emission interval, microseconds between two requests at the rate   ARGV[2] burst   ARGV[3] wanted

  Returns { granted, remaining, milliseconds until one more would be let through, milliseconds until the whole burst is there again }.
]]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
-- What a sum of fractions lost must not cost a request: a hundredth of one is less than that.
local free = math.floor((burst * interval - (arrival - now)) / interval + 0.01)
local granted = math.max(0, math.min(wanted, free))
if granted > 0 then
  arrival = arrival + granted * interval
  redis.call('SET', KEYS[1], string.format('%.3f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1)
end
local remaining = math.max(0, free - granted)
local wait = remaining > 0 and 0 or math.max(0, math.ceil((arrival + interval - now - burst * interval) / 1000))
return { granted, remaining, wait, math.ceil((arrival - now) / 1000) }
