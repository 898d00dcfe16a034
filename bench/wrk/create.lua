-- Creates one thing a request, each under a name of its own. Arguments: path, header, its value, what names begin with.
local path, headers, prefix, count

function init(args)
  path, prefix, count = args[1], args[4], 0
  headers = { ["Content-Type"] = "application/json", [args[2]] = args[3] }
end

function request()
  count = count + 1
  local name = prefix .. count
  if path:find("%%s") then
    return wrk.format("POST", string.format(path, name), headers, '{"type":"aes256-gcm96"}')
  end
  return wrk.format("POST", path, headers, '{"name":"' .. name .. '"}')
end

function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format(
    '{"answers":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong.status,
    wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
