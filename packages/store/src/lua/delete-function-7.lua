--[[
  Removes a function with its versions, log, schedules, slots and webhooks, and tells whoever listens.
  Guarantee: a function that is made later under the same name inherits nothing of them.

  KEYS[1] fn:functions
  KEYS[2] fn:versions:<name>
  KEYS[3] fn:logs:<name>
  KEYS[4] fn:schedules     hash, `<function> <schedule>` → those added by hand
  KEYS[5] fn:slot-claims   KEYS[6] fn:open-slots   sorted sets of `<function> <schedule> <slot>`
  KEYS[7] fn:webhooks      hash, name → JSON
  ARGV[1] name   ARGV[2] channel   ARGV[3…] prefixes of the keys of one schedule, which its name completes

  Returns 1 when there was a record, 0 when there was none (leftovers of a failed deploy go all the same).
]]
local own = ARGV[1] .. ' '
-- A damaged record hinders no deletion.
local function read(json)
  local good, value = pcall(cjson.decode, json)
  return good and type(value) == 'table' and value or {}
end
local function isOwn(member) return string.sub(member, 1, #own) == own end

local schedules = {}
for _, json in ipairs(redis.call('HVALS', KEYS[2])) do
  for _, schedule in ipairs((read(json).limits or {}).cron or {}) do schedules[schedule.name] = true end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
  if isOwn(field) then
    schedules[string.sub(field, #own + 1)] = true
    redis.call('HDEL', KEYS[4], field)
  end
end
for name in pairs(schedules) do
  for at = 3, #ARGV do redis.call('UNLINK', ARGV[at] .. name) end
end
for _, set in ipairs({ KEYS[5], KEYS[6] }) do
  for _, member in ipairs(redis.call('ZRANGE', set, 0, -1)) do
    if isOwn(member) then redis.call('ZREM', set, member) end
  end
end
local webhooks = redis.call('HGETALL', KEYS[7])
for at = 1, #webhooks, 2 do
  if read(webhooks[at + 1])['function'] == ARGV[1] then redis.call('HDEL', KEYS[7], webhooks[at]) end
end
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[2], KEYS[3])
if removed == 1 then redis.call('PUBLISH', ARGV[2], ARGV[1]) end
return removed
