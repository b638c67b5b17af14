--[[
  Keeps leases that still hold.

  KEYS[1] fn:batches:<function>
  ARGV[1] lease, ms   ARGV[2…] tokens

  Returns how many hold.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = 0
for at = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[at]) then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[at])
    held = held + 1
  end
end
return held
