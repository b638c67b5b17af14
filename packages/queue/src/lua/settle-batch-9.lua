--[[
  Ends a batch: each of its messages is done with, comes again, or is a dead letter. What another holder has by now is left alone.

  KEYS[1] fn:messages:<function>  KEYS[2] fn:messages-alone:<function>  KEYS[3] fn:batches:<function>  KEYS[4] fn:batch:<token>
  KEYS[5] fn:messages-due  KEYS[6] fn:settled-messages  KEYS[7] fn:dead:<function>  KEYS[8] fn:dead-functions  KEYS[9] fn:dead-count
  ARGV[1] function   ARGV[2] token   ARGV[3] channel   ARGV[4] prefix of records   ARGV[5] attempts kept   ARGV[6] reason when cancelled
  ARGV[7…] of each message: id, 'succeeded' | 'retry' | 'free' (comes again, the attempt does not count) | 'failed' | 'cancelled',
           number, attempt JSON, reason, delay in ms, '1' when it comes alone from now on

  Returns for how many messages it counted.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = 0

local function settle(id, record, state, reason)
  redis.call('HSET', record, 'state', state, 'settledMs', now)
  redis.call('HDEL', record, 'cancel', 'reason', 'nextMs')
  if reason ~= '' then redis.call('HSET', record, 'reason', reason) end
  if state == 'failed' then
    redis.call('ZADD', KEYS[7], now, id)
    redis.call('SADD', KEYS[8], ARGV[1])
    redis.call('HINCRBY', KEYS[9], ARGV[1], 1)
  else
    redis.call('ZADD', KEYS[6], now, id)
  end
  redis.call('PUBLISH', ARGV[3], 'settled ' .. id)
end

for at = 7, #ARGV, 7 do
  local id, verdict, number, attempt, reason, delay, alone = unpack(ARGV, at, at + 6)
  local record = ARGV[4] .. id
  local held = redis.call('HMGET', record, 'token', 'cancel')
  if held[1] == ARGV[2] then
    told = told + 1
    redis.call('HSET', record, 'attempt:' .. number, attempt)
    redis.call('HDEL', record, 'token', 'attempt:' .. (tonumber(number) - tonumber(ARGV[5])))
    local again = verdict == 'retry' or verdict == 'free'
    if again and held[2] then settle(id, record, 'cancelled', ARGV[6])
    elseif again then
      redis.call('HSET', record, 'state', 'retrying', 'reason', reason, 'nextMs', now + tonumber(delay))
      if verdict == 'free' then redis.call('HINCRBY', record, 'base', 1) end
      if alone == '1' then redis.call('HSET', record, 'alone', '1') end
      redis.call('ZADD', redis.call('HEXISTS', record, 'alone') == 1 and KEYS[2] or KEYS[1], now + tonumber(delay), id)
    else settle(id, record, verdict, reason) end
  end
end
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('UNLINK', KEYS[4])
if redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3]) == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
else
  redis.call('ZADD', KEYS[5], now, ARGV[1])
  redis.call('PUBLISH', ARGV[3], 'messages ' .. ARGV[1])
end
return told
