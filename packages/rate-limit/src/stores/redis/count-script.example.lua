local call, ceil, pack, unpack = redis.call, math.ceil, struct.pack, struct.unpack
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local packed = call('GET', KEYS[1])
local lease = ARGV[1] + 0
local o1 = 0
local m0, r0 = 0, 0
local z0, z1 = 0, 0
local d0, n1, h1, e1 = 0, 0, 0, 0
local others, last, known, stopped, cut = '', now, false, false, false
if packed then
  if not known then
    local kept = {}
    for p = 1, #packed - 13, 14 do
      local g, m, r = unpack('<I3I7I4', packed, p)
      if m >= now then
        if false then
        elseif g == 4993109 then m0, r0 = m, r
        elseif g == 4869969 then 
      n1 = n1 + 1
      if e1 == 0 or m - now < e1 then e1 = m - now end
      if r == lease then
        h1, o1 = 1, m
      else
        kept[#kept + 1] = string.sub(packed, p, p + 13)
        if m > last then last = m end
      end
        else
          local cell = string.sub(packed, p, p + 13)
          if g == 7697505 or g == 5921135 then
            if r > 0 and m - now > r * 1000000 then m, cut = now + r * 1000000, true end
            cell, stopped = pack('<I3I7I4', g, m, r), true
            if g == 7697505 then z0 = m - now end
            if g == 5921135 then z1 = m - now end
          end
          kept[#kept + 1] = cell
          if m > last then last = m end
        end
      end
    end
    others = table.concat(kept)
  end
end

    if m0 >= now then
      d0 = (m0 - now) * 1 + r0
      if d0 > 60000000 then
        d0, cut, r0 = 60000000, true, 60000000 % 1
        m0 = now + (60000000 - r0) / 1
      end
    end

local reply = pack('<dddd', d0, n1, h1, e1)
if stopped then reply = pack('<dddddd', d0, n1, h1, e1, z0, z1) end
local t0, t1 = 600000, 1
local freed = false
if ARGV[2] then
  freed = not (d0 + t0 <= 60000000)
  t0, t1 = ARGV[2] + 0, ARGV[3] + 0
  freed = freed and (t0 < 0)
end
if (ARGV[2] and t0 == 0 and t1 == 0) or (t0 > 0 and (z0 > 0 or not (d0 + t0 <= 60000000))) or (t1 > 0 and (z1 > 0 or not (h1 == 1 or n1 + t1 <= 5))) then
  if not cut then return reply end
else

    d0 = d0 + t0
    if d0 < 0 then d0 = 0 elseif d0 > 60000000 then d0 = 60000000 end

    r0 = d0 % 1
    m0 = now + (d0 - r0) / 1

    if t1 > 0 and h1 == 0 then
      n1, h1 = n1 + 1, 1
    elseif t1 < 0 and h1 == 1 then
      n1, h1 = n1 - 1, 0
    end

o1 = now + 30000000
end
if m0 > last then last = m0 end
local value = pack('<I3I7I4', 4993109, m0, r0) .. others
if h1 == 1 then
  value = value .. pack('<I3I7I4', 4869969, o1, lease)
  if o1 > last then last = o1 end
end
local ttl = (last - now) / 1000
call('SET', KEYS[1], value, 'PX', ttl - ttl % 1 + 2)
if freed then
  local subject = string.sub(KEYS[1], string.find(KEYS[1], '{', 1, true) + 1, -2)
  redis.pcall('PUBLISH', 'alfred:rl:edits', subject)
end
return reply