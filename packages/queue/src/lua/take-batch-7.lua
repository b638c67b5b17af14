--[[
  Leases the next batch of a function: messages that are due, when there are enough of them or the first has waited for long enough; one
  whose last batch failed as a whole comes alone. Messages of batches whose lease has lapsed come back first, at no cost of an attempt.
  Guarantee: a message is in one batch at a time, and only the holder of the newest token can say what becomes of it.

  KEYS[1] fn:messages:<function>  KEYS[2] fn:messages-alone:<function>  KEYS[3] fn:batches:<function>  KEYS[4] fn:messages-due
  KEYS[5] fn:queues-paused  KEYS[6] fn:batch:<token>  KEYS[7] fn:settled-messages
  ARGV[1] function   ARGV[2] token   ARGV[3] request id   ARGV[4] batch size   ARGV[5] longest wait, ms   ARGV[6] batches at a time
  ARGV[7] lease, ms   ARGV[8] most bytes of bodies   ARGV[9] prefix of records   ARGV[10] prefix of batches
  ARGV[11] reason of a lost attempt   ARGV[12] reason of one that was cancelled   ARGV[13] channel

  Returns {'WAIT', ms until the next look (-1: none is needed)}, or {'TAKEN', how many came back, then of each message:
  id, number, attempts that do not count, job JSON}.
]]
local name, token = ARGV[1], ARGV[2]
local size, wait, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local exact = time[1] * 1000 + time[2] / 1000

local lost = 0
for _, batch in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], 0, now)) do
  for _, id in ipairs(redis.call('SMEMBERS', ARGV[10] .. batch)) do
    local record = ARGV[9] .. id
    local held = redis.call('HMGET', record, 'token', 'attempts', 'startedMs', 'requestId', 'alone')
    if held[1] == batch then
      redis.call('HSET', record, 'state', 'retrying', 'reason', ARGV[11], 'nextMs', now, 'attempt:' .. held[2], cjson.encode({
        number = tonumber(held[2]), startedMs = tonumber(held[3]), endedMs = now, requestId = held[4], version = cjson.null,
        status = cjson.null, code = 'GATEWAY_LOST', reason = ARGV[11], nextMs = now }))
      redis.call('HDEL', record, 'token')
      redis.call('HINCRBY', record, 'base', 1)
      redis.call('ZADD', held[5] and KEYS[2] or KEYS[1], now, id)
      lost = lost + 1
    end
  end
  redis.call('UNLINK', ARGV[10] .. batch)
  redis.call('ZREM', KEYS[3], batch)
end

-- The next look is at `at`, or when the first lease lapses.
local function rest(at)
  local lease = tonumber(redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2])
  if lease and (not at or lease < at) then at = lease end
  if at then redis.call('ZADD', KEYS[4], at, name)
  elseif redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]) > 0 then redis.call('ZADD', KEYS[4], '+inf', name)
  else redis.call('ZREM', KEYS[4], name) end
  return { 'WAIT', at and math.max(0, math.ceil(at - exact)) or -1 }
end

if redis.call('SISMEMBER', KEYS[5], name) == 1 or redis.call('ZCARD', KEYS[3]) >= most then return rest(nil) end
local alone = tonumber(redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
local first = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])
local full = tonumber(redis.call('ZRANGE', KEYS[1], size - 1, size - 1, 'WITHSCORES')[2])
local ready = first and math.min(first + wait, full or math.huge)
local at = math.min(alone or math.huge, ready or math.huge)
if at > exact then return rest(at < math.huge and at or nil) end

local source, ids = KEYS[1], nil
if alone and alone == at then source, ids = KEYS[2], redis.call('ZRANGE', KEYS[2], 0, 0)
else ids = redis.call('ZRANGEBYSCORE', KEYS[1], 0, exact, 'LIMIT', 0, size) end
local taken, bytes = { 'TAKEN', lost }, 0
for _, id in ipairs(ids) do
  local record = ARGV[9] .. id
  local known = redis.call('HMGET', record, 'state', 'cancel', 'bytes', 'attempts', 'base', 'job')
  local waits = known[1] == 'queued' or known[1] == 'retrying'
  bytes = bytes + tonumber(known[3] or 0)
  if waits and not known[2] and #taken > 2 and bytes > tonumber(ARGV[8]) then break end
  redis.call('ZREM', source, id)
  if waits and known[2] then
    redis.call('HSET', record, 'state', 'cancelled', 'settledMs', now, 'reason', ARGV[12])
    redis.call('HDEL', record, 'cancel', 'nextMs')
    redis.call('ZADD', KEYS[7], now, id)
    redis.call('PUBLISH', ARGV[13], 'settled ' .. id)
  elseif waits then
    local number = tonumber(known[4]) + 1
    redis.call('HSET', record, 'state', 'running', 'attempts', number, 'token', token, 'requestId', ARGV[3], 'startedMs', now)
    redis.call('HDEL', record, 'nextMs')
    redis.call('SADD', KEYS[6], id)
    for _, value in ipairs({ id, number, tonumber(known[5]), known[6] }) do taken[#taken + 1] = value end
  end
end
-- There may be more: the look that follows at once finds out.
redis.call('ZADD', KEYS[4], now, name)
if #taken == 2 then return { 'WAIT', 0 } end
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[7]), token)
return taken
