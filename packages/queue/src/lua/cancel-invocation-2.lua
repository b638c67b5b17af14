--[[
  Cancels an invocation: one that waits is settled at once, one that runs is told.

  KEYS[1] fn:invocation:<id>  KEYS[2] fn:settled
  ARGV[1] id   ARGV[2] now, ms   ARGV[3] reason   ARGV[4] channel

  Returns the state that it was in; nothing when there is none.
]]
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'queued' or state == 'retrying' then
  redis.call('HSET', KEYS[1], 'state', 'cancelled', 'settledMs', ARGV[2], 'reason', ARGV[3])
  redis.call('HDEL', KEYS[1], 'nextMs')
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
  redis.call('PUBLISH', ARGV[4], 'settled ' .. ARGV[1])
elseif state == 'running' then
  redis.call('HSET', KEYS[1], 'cancel', '1')
  redis.call('PUBLISH', ARGV[4], 'cancel ' .. ARGV[1])
end
return state
