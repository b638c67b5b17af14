--[[
  Points an alias of a function at one of its versions. Creates the function's record when there is none and the alias is `live`.
  Guarantee: readers see the old record or the new one; the version exists at the moment of the move; whoever listens is told.

  KEYS[1] fn:functions
  KEYS[2] fn:versions:<name>
  ARGV[1] name   ARGV[2] alias   ARGV[3] digest   ARGV[4] now, ms   ARGV[5] channel

  Returns the new record's JSON, or 'NO_VERSION', or 'NO_FUNCTION'.
]]
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found and ARGV[2] ~= 'live' then return 'NO_FUNCTION' end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 0 then return 'NO_VERSION' end

local now = tonumber(ARGV[4])
local record = found and cjson.decode(found) or { name = ARGV[1], createdMs = now, aliases = {} }
record.aliases[ARGV[2]] = ARGV[3]
record.updatedMs = now

local json = cjson.encode(record)
redis.call('HSET', KEYS[1], ARGV[1], json)
redis.call('PUBLISH', ARGV[5], ARGV[1])
return json
