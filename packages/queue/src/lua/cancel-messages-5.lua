--[[
  Cancels messages of a function, some at a time. Those of a batch under way are only marked: what comes out of it counts, but they do not
  come again.

  KEYS[1] fn:messages:<function>  KEYS[2] fn:messages-alone:<function>  KEYS[3] fn:batches:<function>  KEYS[4] fn:messages-due
  KEYS[5] fn:settled-messages
  ARGV[1] function   ARGV[2] reason   ARGV[3] at most   ARGV[4] prefix of records   ARGV[5] prefix of batches   ARGV[6] channel

  Returns how many it cancelled; 0: none waits any more.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count = 0
for at = 1, 2 do
  for _, id in ipairs(redis.call('ZRANGE', KEYS[at], 0, tonumber(ARGV[3]) - 1)) do
    redis.call('ZREM', KEYS[at], id)
    local record = ARGV[4] .. id
    local state = redis.call('HGET', record, 'state')
    if state == 'queued' or state == 'retrying' then
      redis.call('HSET', record, 'state', 'cancelled', 'settledMs', now, 'reason', ARGV[2])
      redis.call('HDEL', record, 'cancel', 'nextMs')
      redis.call('ZADD', KEYS[5], now, id)
      redis.call('PUBLISH', ARGV[6], 'settled ' .. id)
    end
    count = count + 1
  end
end
for _, batch in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  for _, id in ipairs(redis.call('SMEMBERS', ARGV[5] .. batch)) do
    if redis.call('HGET', ARGV[4] .. id, 'token') == batch then redis.call('HSET', ARGV[4] .. id, 'cancel', '1') end
  end
end
if redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3]) == 0 then
  redis.call('ZREM', KEYS[4], ARGV[1])
end
return count
