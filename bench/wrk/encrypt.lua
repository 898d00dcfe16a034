-- Encrypts one value under a hundred keys in turn. Arguments: path with %d for the key, header, its value, body.
local ready, turn = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", [args[2]] = args[3] }
  for key = 1, 100 do
    ready[key] = wrk.format("POST", string.format(args[1], key), headers, args[4])
  end
end

function request()
  turn = turn % 100 + 1
  return ready[turn]
end

function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format(
    '{"answers":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong.status,
    wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
