--[[
  Takes an invocation on: makes its record. Guarantee: there is one record per id, whoever comes first.

  KEYS[1] fn:invocation:<id>
  ARGV[1] job JSON   ARGV[2] fingerprint of the request, or ''   ARGV[3] now, ms   ARGV[4] when it was put off, ms, or '' when it was not

  Returns 'NEW', 'KNOWN', or 'OTHER' when the id is known with another fingerprint.
]]
local known = redis.call('HGET', KEYS[1], 'fingerprint')
if known then return known == ARGV[2] and 'KNOWN' or 'OTHER' end
redis.call('HSET', KEYS[1], 'job', ARGV[1], 'fingerprint', ARGV[2], 'state', 'queued', 'attempts', 0, 'base', 0, 'sinceMs', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'plannedMs', ARGV[4]) end
return 'NEW'
