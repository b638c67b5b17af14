--[[
  Appends lines to a function's log, and takes away its oldest ones.
  Guarantee: afterwards it holds at most so many lines and bytes, whatever was written: a function cannot fill Redis.

  KEYS[1] fn:logs:<id>   stream of { line: JSON, sum: bytes of all lines ever up to this one }
  ARGV[1] most lines   ARGV[2] most bytes   ARGV[3…] lines, JSON

  The sum is in the entries, so that there is no count of its own to go wrong. Entries of earlier releases have none: they count nothing.
]]
local function sum_of(entry)
  local fields = entry[2]
  for at = 1, #fields, 2 do
    if fields[at] == 'sum' then return tonumber(fields[at + 1]) end
  end
  return 0
end

-- Where the line of an entry begins in the sum of all.
local function begin_of(entry) return sum_of(entry) - #(entry[2][2] or '') end

local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local sum = last and sum_of(last) or 0
for at = 3, #ARGV do
  sum = sum + #ARGV[at]
  redis.call('XADD', KEYS[1], '*', 'line', ARGV[at], 'sum', string.format('%.0f', sum))
end
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1])

local from = sum - tonumber(ARGV[2])
if from <= 0 then return end
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
while first and begin_of(first) < from do
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 64)
  local keep = nil
  for _, entry in ipairs(oldest) do
    if begin_of(entry) >= from then keep = entry break end
  end
  if keep then
    redis.call('XTRIM', KEYS[1], 'MINID', keep[1])
    return
  end
  redis.call('XTRIM', KEYS[1], 'MAXLEN', redis.call('XLEN', KEYS[1]) - #oldest)
  first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
end
