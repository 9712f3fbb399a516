-- Each request sends a line of a file that no earlier request has sent: session cookie, tab, body.
-- Arguments: how many lines earlier rounds have used, the file, and the body's content type.
local lines = {}
local place = 0
local content_type

function init(args)
  place = tonumber(args[1]) or 0
  content_type = args[3]
  for line in io.lines(args[2]) do
    lines[#lines + 1] = line
  end
end

function request()
  place = place + 1
  local line = lines[place]
  if not line then
    error("no lines left: prepare more")
  end
  local cookie, body = line:match("^([^\t]*)\t(.*)$")
  return wrk.format("POST", nil, {
    ["Cookie"] = cookie,
    ["X-CSRFToken"] = os.getenv("FLETT_BENCH_TOKEN"),
    ["Content-Type"] = content_type,
    ["Accept-Encoding"] = "gzip",
  }, body)
end
