"""Decode steps in which both ranks ran on one processor, from traces of trace.patch: one-processor.py FOLDER...

Such a step has many exchanges with one rank late by as long as the other one's segment took, in turn. Others have single delays of a millisecond
or more: something else ran on a rank's processor.
"""
import glob
import sys


def steps(file):
    out = []
    for line in open(file):
        call = tuple(map(int, line.split()))
        if call[0] == 3 and call[1] == 64:
            out.append([])
        if out:
            out[-1].append(call)
    return out


for folder in sys.argv[1:]:
    leader, worker = (steps(f) for f in sorted(glob.glob(folder + "/trace.*"), key=lambda f: int(f.split(".")[-1]))[:2])
    both = [(a, b) for a, b in zip(leader, worker) if len(a) == len(b) == 122 and a[5][1] == 1]
    both = both[len(both) // 3:]
    kinds = {"on one processor": [], "a delay of 1 ms": [], "others": []}
    for (a, b), (n, _) in zip(both, both[1:]):
        took = (n[0][3] - a[0][3]) / 1e6
        late = [abs(x[3] - y[3]) / 1e6 for x, y in zip(a[1:], b[1:])]
        if took < 60:
            many = sum(l >= 0.04 for l in late) >= 40
            kinds["on one processor" if many else "a delay of 1 ms" if max(late) >= 1 else "others"].append((took, sum(late)))
    print(folder)
    for kind, found in kinds.items():
        if found:
            n = len(found)
            print("  %-16s %5d steps, mean %.1f ms, lateness %.2f ms" % (kind, n, sum(t for t, _ in found) / n, sum(l for _, l in found) / n))
