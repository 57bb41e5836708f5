"""Prints the repetitions of bench's results one by one, each with the trip of a cache line that was measured behind it.

python3 by_placement.py RESULT.json...    # of bench --suite threads --threads 1,2, or --suite ranks --ranks 2
A repetition counts as near or far if the trips before and behind it say the same.
"""
import json
import statistics
import sys

FAR = 200


def place(trips, i):
    before = trips[max(0, i - 1)]
    return "moved" if (before > FAR) != (trips[i] > FAR) else "far" if trips[i] > FAR else "near"


def show(what, many, one, trips, reads, copies=()):
    ratios = {}
    print(what)
    for i, rate in enumerate(many):
        where = place(trips, i)
        ratios.setdefault(where, []).append(rate / one[i])
        print(f"  {where:5} {trips[i]:4.0f} ns {reads[i] / 1e9:3.0f} GB/s  {rate:6.1f} / {one[i]:6.1f} = {rate / one[i]:.2f}"
              + (f", side by side {copies[i] / one[i]:.2f}" if copies else ""))
    for where, values in sorted(ratios.items()):
        print(f"  {where}: {len(values)} of {len(many)}, median {statistics.median(values):.2f}")


for file in sys.argv[1:]:
    report = json.load(open(file))
    memory = {m["threads"]: m for m in report["bandwidth"]["measurements"]}
    trips = memory[2]["line_trip_ns"]["samples"]
    reads = memory[2]["bytes_per_second"]["samples"]
    print(file, report["commit"])
    alone = {r["test"]: r["tokens_per_second"]["samples"] for r in report["results"] if r["threads"] == 1 and r["ranks"] == 1}
    for result in report["results"]:
        many = result["tokens_per_second"]["samples"]
        if result["ranks"] == 2:
            reference = result["reference_tokens_per_second"]["samples"]
            copies = result.get("side_by_side_tokens_per_second", {}).get("samples", ())
            show(f"2 ranks, {result['plan']}, {result['test']}", many, reference, trips, reads, copies)
            if len(trips) > len(many):
                trips, reads = trips[len(many):], reads[len(many):]
        elif result["threads"] == 2:
            show(f"2 threads, {result['test']}", many, alone[result["test"]], trips, reads)
