--[[
  Takes messages on, all of them or none. The function is looked at when a batch can be full, or when the first has waited for long enough.

  KEYS[1] fn:messages:<function>  KEYS[2] fn:messages-alone:<function>  KEYS[3] fn:batches:<function>  KEYS[4] fn:messages-due
  ARGV[1] function   ARGV[2] most that may wait   ARGV[3] prefix of records   ARGV[4] channel
  ARGV[5] batch size   ARGV[6] longest wait, ms   ARGV[7] batches at a time
  ARGV[8…] of each message: id, job JSON, delay in ms, bytes of its body

  Returns 'OK', or 'FULL' when there would be too many. Times are Redis's own: no process's clock puts a message off.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local count = (#ARGV - 7) / 4
if redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + count > tonumber(ARGV[2]) then return 'FULL' end
local first
for at = 8, #ARGV, 4 do
  -- What is sent together comes in that order: a double has room for it.
  local due = now + tonumber(ARGV[at + 2]) + (at - 8) / 4 / 4096
  if not first or due < first then first = due end
  redis.call('HSET', ARGV[3] .. ARGV[at], 'job', ARGV[at + 1], 'fingerprint', '', 'state', 'queued', 'attempts', 0, 'base', 0,
    'sinceMs', math.floor(now), 'bytes', ARGV[at + 3])
  redis.call('ZADD', KEYS[1], due, ARGV[at])
end
local look = first + tonumber(ARGV[6])
if redis.call('ZCOUNT', KEYS[1], 0, now + 1) >= tonumber(ARGV[5]) then look = now end
-- While all batches are under way, the end of one brings on the next look.
if redis.call('ZCARD', KEYS[3]) < tonumber(ARGV[7]) and redis.call('ZADD', KEYS[4], 'LT', 'CH', look, ARGV[1]) == 1 then
  redis.call('PUBLISH', ARGV[4], 'messages ' .. ARGV[1])
end
return 'OK'
