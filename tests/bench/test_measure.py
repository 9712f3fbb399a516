"""The benchmark's own arithmetic."""

from pathlib import Path

import pytest

from tests.bench.measure import TICKS_PER_SECOND, processor_seconds, read_wrk

WRK = """Running 2s test @ http://127.0.0.1:8000/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    19.02ms    3.37ms  45.77ms   79.18%
    Req/Sec   421.00     31.00   470.00     70.00%
  Latency Distribution
     50%   {median}
     75%   20.52ms
     90%   22.78ms
     99%   31.00ms
  840 requests in 2.00s, 1.11MB read
"""


@pytest.mark.parametrize(
    ("median", "milliseconds"), [("18.75ms", 18.75), ("950.00us", 0.95), ("1.02s", 1020.0)], ids=["ms", "us", "s"]
)
def test_wrk_output_is_read_in_milliseconds(median: str, milliseconds: float) -> None:
    assert read_wrk(WRK.format(median=median)) == (840, pytest.approx(milliseconds))


@pytest.mark.parametrize(
    "output",
    [
        WRK.format(median="18.75ms") + "  Non-2xx or 3xx responses: 12\n",
        WRK.format(median="18.75ms") + "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
        WRK.format(median="18.75ms").replace("840 requests", "0 requests"),
        "unable to connect",
    ],
)
def test_failed_requests_are_no_measurement(output: str) -> None:
    with pytest.raises(RuntimeError):
        read_wrk(output)


def test_processor_time_counts_children_of_children_and_nobody_else(tmp_path: Path) -> None:
    for pid, parent, ticks in [(10, 1, 100), (11, 10, 20), (12, 11, 3), (13, 1, 5000), (14, 13, 5000)]:
        folder = tmp_path / str(pid)
        folder.mkdir()
        fields = ["S", str(parent), *["0"] * 9, str(ticks), "0", "0", "0", *["0"] * 30]
        (folder / "stat").write_text(f"{pid} (a (strange) name) {' '.join(fields)}\n")
    (tmp_path / "self").mkdir()
    assert processor_seconds([10], proc=tmp_path) == pytest.approx(123 / TICKS_PER_SECOND)
    assert processor_seconds([11, 14], proc=tmp_path) == pytest.approx(5023 / TICKS_PER_SECOND)
