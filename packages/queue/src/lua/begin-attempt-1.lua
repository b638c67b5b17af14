--[[
  Begins an attempt. One that is found running was lost with its gateway: it gets its entry, and the new one the next number.
  Guarantee: only the holder of the newest token can settle the invocation or have it tried again.

  KEYS[1] fn:invocation:<id>
  ARGV[1] token   ARGV[2] request id   ARGV[3] now, ms   ARGV[4] reason of a lost attempt

  Returns {number, number of attempts before the last redrive, job JSON, ms since when it may run, cancel asked ('1' or ''), code of the last attempt}, or nothing when there is nothing to do.
]]
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'queued' and state ~= 'retrying' and state ~= 'running' then return nil end
local number = tonumber(redis.call('HGET', KEYS[1], 'attempts'))
if state == 'running' then
  redis.call('HSET', KEYS[1], 'attempt:' .. number, cjson.encode({
    number = number, startedMs = tonumber(redis.call('HGET', KEYS[1], 'startedMs')), endedMs = tonumber(ARGV[3]),
    requestId = redis.call('HGET', KEYS[1], 'requestId'), version = cjson.null, status = cjson.null, code = 'GATEWAY_LOST',
    reason = ARGV[4], nextMs = tonumber(ARGV[3]) }))
end
redis.call('HSET', KEYS[1], 'state', 'running', 'attempts', number + 1, 'token', ARGV[1], 'requestId', ARGV[2], 'startedMs', ARGV[3])
redis.call('HDEL', KEYS[1], 'nextMs')
return { number + 1, tonumber(redis.call('HGET', KEYS[1], 'base')), redis.call('HGET', KEYS[1], 'job'),
  tonumber(redis.call('HGET', KEYS[1], 'sinceMs')), redis.call('HGET', KEYS[1], 'cancel') or '', state }
