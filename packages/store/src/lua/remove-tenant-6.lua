--[[
  Removes a tenant that has no function, with its keys and secrets, and tells whoever listens.

  KEYS[1] fn:functions   KEYS[2] fn:tenants   KEYS[3] fn:api-keys   KEYS[4] fn:api-key-uses
  KEYS[5] fn:secrets:<tenant>   KEYS[6] fn:rate:<tenant>
  ARGV[1] tenant   ARGV[2] channel

  Returns how many functions keep it from going; 0: it is gone; -1: there was none.
]]
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return -1 end
local prefix = ARGV[1] .. '.'
local count = 0
for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(id, 1, #prefix) == prefix then count = count + 1 end
end
if count > 0 then return count end

local stored = redis.call('HGETALL', KEYS[3])
for at = 1, #stored, 2 do
  if cjson.decode(stored[at + 1]).tenant == ARGV[1] then
    redis.call('HDEL', KEYS[3], stored[at])
    redis.call('HDEL', KEYS[4], stored[at])
  end
end
redis.call('UNLINK', KEYS[5], KEYS[6])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], 'tenant ' .. ARGV[1])
return 0
