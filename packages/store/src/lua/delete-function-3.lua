--[[
  Removes a function with its versions and log, and tells whoever listens.

  KEYS[1] fn:functions
  KEYS[2] fn:versions:<name>
  KEYS[3] fn:logs:<name>
  ARGV[1] name   ARGV[2] channel

  Returns 1 when there was a record, 0 when there was none (leftovers of a failed deploy go all the same).
]]
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[2], KEYS[3])
if removed == 1 then redis.call('PUBLISH', ARGV[2], ARGV[1]) end
return removed
