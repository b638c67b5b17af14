--[[
  KEYS[1] fn:messages-due
  ARGV[1] most

  Returns {ms until the next function needs a look ('' for none), the functions that need one now, the most overdue first}.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local names = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, ARGV[1])
local later = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.17g', now), '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { later[2] and tostring(math.ceil(tonumber(later[2]) - now)) or '', names }
