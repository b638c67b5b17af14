--[[
  Claims an Idempotency-Key for one execution.

  KEYS[1] fn:idempotency:<function>:<digest>
  ARGV[1] fingerprint of the request   ARGV[2] token   ARGV[3] how long the claim holds without an answer, ms

  Returns {'CLAIMED'}, {'OTHER'} for another request, {'IN_FLIGHT'}, or {'DONE', answer JSON}.
]]
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer')
if not known[1] then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'token', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { 'CLAIMED' }
end
if known[1] ~= ARGV[1] then return { 'OTHER' } end
if known[2] then return { 'DONE', known[2] } end
return { 'IN_FLIGHT' }
