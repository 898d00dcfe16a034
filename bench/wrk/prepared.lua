-- Sends prepared requests in turn. Arguments: a file with one path and body a line, a tab between them; header, its value.
local ready, turn = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", [args[2]] = args[3] }
  for line in io.lines(args[1]) do
    local path, body = line:match("^([^\t]+)\t(.*)$")
    ready[#ready + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  turn = turn % #ready + 1
  return ready[turn]
end

function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format(
    '{"answers":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong.status,
    wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
