--[[
  Takes invocations of one function on: of each its record, and BullMQ's job of it, which holds the id alone. What BullMQ's own additions
  do beyond that (counters, events, markers for blocked workers) nobody reads here, and it costs as much again.
  Guarantee: there is one record per id, whoever comes first, and one job for it.

  KEYS[1] fn:due  KEYS[2] …:wait  KEYS[3] …:delayed  KEYS[4] …:prioritized  KEYS[5] …:pc
  ARGV[1] function   ARGV[2] what a record's key begins with   ARGV[3] what a job's key begins with   ARGV[4] channel
  then of each: id, job JSON, fingerprint of the request or '', now in ms, when it may run in ms, priority (0: none),
  '1' when it was put off by a length of time, else ''

  Returns for each 'NEW', 'KNOWN', or 'OTHER' when the id is known with another fingerprint.
  @source bullmq addStandardJob-9, addDelayedJob-6, addPrioritizedJob-9: how they store a job
]]
local call = redis.call
local verdicts = {}
local first
for at = 5, #ARGV, 7 do
  local id, fingerprint, now, run, priority = ARGV[at], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  local record = ARGV[2] .. id
  local known = call('HGET', record, 'fingerprint')
  if known then
    verdicts[#verdicts + 1] = known == fingerprint and 'KNOWN' or 'OTHER'
  else
    verdicts[#verdicts + 1] = 'NEW'
    call('HSET', record, 'job', ARGV[at + 1], 'fingerprint', fingerprint, 'state', 'queued', 'attempts', 0, 'base', 0, 'sinceMs', now)
    if ARGV[at + 6] ~= '' then call('HSET', record, 'plannedMs', now) end
    local delay = math.max(0, tonumber(run) - tonumber(now))
    call('HSET', ARGV[3] .. id, 'name', 'run', 'data', '{}', 'opts', '{"attempts":1}', 'timestamp', now, 'delay', delay, 'priority', priority)
    if delay > 0 then
      call('ZADD', KEYS[3], string.format('%.0f', tonumber(run) * 4096), id)
    elseif priority ~= '0' then
      call('ZADD', KEYS[4], string.format('%.0f', tonumber(priority) * 4294967296 + call('INCR', KEYS[5]) % 4294967296), id)
    else
      call('LPUSH', KEYS[2], id)
    end
    if not first or tonumber(run) < first then first = tonumber(run) end
  end
end
if first then
  call('ZADD', KEYS[1], 'LT', string.format('%.0f', first), ARGV[1])
  call('PUBLISH', ARGV[4], 'due ' .. ARGV[1])
end
return verdicts
