--[[
  Points an alias of a function at one of its versions, and tells whoever listens.
  Creates the function's record when it has none and the alias is `live`: if its tenant is there and may have one more.
  Guarantee: readers see the old record or the new one; the version exists at the moment of the move; whoever listens is told;
  a tenant never has more functions than its quota says at the moment of the making.

  KEYS[1] fn:functions
  KEYS[2] fn:versions:<name>
  KEYS[3] fn:tenants
  ARGV[1] name   ARGV[2] alias   ARGV[3] digest   ARGV[4] now, ms   ARGV[5] channel   ARGV[6] tenant

  Returns the new record's JSON, or 'NO_VERSION', 'NO_FUNCTION', 'NO_TENANT', or 'QUOTA <most>'.
]]
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found and ARGV[2] ~= 'live' then return 'NO_FUNCTION' end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 0 then return 'NO_VERSION' end

local function of_tenant(id)
  local dot = string.find(id, '.', 1, true)
  return (dot and string.sub(id, 1, dot - 1) or 'default') == ARGV[6]
end

if not found then
  local tenant = redis.call('HGET', KEYS[3], ARGV[6])
  if not tenant and ARGV[6] ~= 'default' then return 'NO_TENANT' end
  local most = tenant and cjson.decode(tenant).quotas.functions
  if type(most) == 'number' then
    local count = 0
    for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do if of_tenant(id) then count = count + 1 end end
    if count >= most then return 'QUOTA ' .. most end
  end
end

local now = tonumber(ARGV[4])
local record = found and cjson.decode(found) or { name = ARGV[1], createdMs = now, aliases = {} }
record.aliases[ARGV[2]] = ARGV[3]
record.updatedMs = now

local json = cjson.encode(record)
redis.call('HSET', KEYS[1], ARGV[1], json)
redis.call('PUBLISH', ARGV[5], ARGV[1])
return json
