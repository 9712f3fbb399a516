-- Each request ticks a lesson that its learner has not ticked before. `ticks.tsv` beside the working directory's data
-- holds a line per tick: session cookie, event id, body. The argument says how many lines earlier rounds have used.
local lines = {}
local place = 0

function init(args)
  place = tonumber(args[1]) or 0
  for line in io.lines(os.getenv("FLETT_BENCH_TICKS")) do
    lines[#lines + 1] = line
  end
end

function request()
  place = place + 1
  local line = lines[place]
  if not line then
    error("no ticks left: prepare more")
  end
  local cookie, body = line:match("^([^\t]*)\t(.*)$")
  return wrk.format("POST", nil, {
    ["Cookie"] = cookie,
    ["X-CSRFToken"] = os.getenv("FLETT_BENCH_TOKEN"),
    ["Content-Type"] = "application/json",
    ["Accept-Encoding"] = "gzip",
  }, body)
end
