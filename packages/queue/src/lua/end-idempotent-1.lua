--[[
  Ends the execution that claimed an Idempotency-Key: its answer is kept, or without one the key is free again.

  KEYS[1] fn:idempotency:<function>:<digest>
  ARGV[1] token   ARGV[2] answer JSON or ''   ARGV[3] how long it is kept, ms

  Returns 1, or 0 when the claim had lapsed.
]]
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('UNLINK', KEYS[1]) return 1 end
redis.call('HSET', KEYS[1], 'answer', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
