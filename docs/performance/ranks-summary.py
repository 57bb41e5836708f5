"""Speed-ups of two ranks over several runs: `python3 ranks-summary.py FILE.json ...`, files of `bench --suite ranks`.

Prints, for each backend and test, the number of runs, then minimum, median and maximum over these runs of: the speed-up
over one process; that of two processes side by side, which exchange nothing; tokens a second; what the mean step spends in exchanges.
"""

import collections
import json
import statistics
import sys


def spread(values, digits):
    ends = [f"{f(values):.{digits}f}" for f in (min, statistics.median, max)]
    return f"{ends[1]} ({ends[0]} to {ends[2]})"


def main(files):
    runs = collections.defaultdict(list)
    for file in files:
        with open(file, encoding="utf-8") as f:
            for result in json.load(f)["results"]:
                runs[result["backend"], result["test"]].append(result)
    for (backend, test), results in sorted(runs.items()):
        columns = {
            "speed-up": spread([r["speedup"] for r in results], 2),
            "side by side": spread([r["side_by_side_speedup"] for r in results], 2),
            "tok/s": spread([r["tokens_per_second"]["median"] for r in results], 1),
            "exchange, ms a step": spread([r["exchange_ms_per_step"] for r in results], 1),
            "exchange, %": spread([100 * r["exchange_share"] for r in results], 1),
        }
        print(f"{backend} {test}, {len(results)} runs: " + "; ".join(f"{name} {text}" for name, text in columns.items()))


main(sys.argv[1:])
