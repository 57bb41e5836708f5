"""switches.py PID,PID: what ran beside the two ranks with these process ids, from switches.in, which is made by
perf record -e cs -c 1 -a -o switches.data sleep 70; perf script -i switches.data -F comm,pid,tid,cpu,time >switches.in
A thread that was switched out had the processor since the switch before. Counted are the tenths of a second in which
both ranks ran most of the time."""
import collections
import re
import sys

switches = collections.defaultdict(list)
for line in open('switches.in'):
    m = re.match(r'\s*(.+?)\s+(\d+)/(\d+)\s+\[(\d+)\]\s+([\d.]+):', line)
    if m:
        switches[int(m[4])].append((float(m[5]), m[1], int(m[2]), int(m[3])))
runs = []  # from, to, name, process, thread
for cpu in switches.values():
    runs += [(a[0], b[0], *b[1:]) for a, b in zip(cpu, cpu[1:])]
ranks = set(map(int, sys.argv[1].split(',')))
busy = collections.Counter()
for a, b, _, process, thread in runs:
    busy[process, thread] += b - a
computing = [k for k, _ in busy.most_common(8) if k[0] in ranks][:2]
start = min(r[0] for r in runs)
windows = collections.defaultdict(collections.Counter)
for a, b, _, process, thread in runs:
    if (process, thread) in computing:
        while b - a > 1e-9:
            i = int((a - start) * 10)
            end = min(b, start + (i + 1) / 10)
            windows[i][process, thread] += end - a
            a = max(end, a + 1e-9)
both = {i for i, used in windows.items() if len(used) == 2 and min(used.values()) > 0.05}
seconds = len(both) / 10
others = collections.defaultdict(list)
for a, b, name, process, thread in runs:
    if process and (process, thread) not in computing and int((a - start) * 10) in both:
        others[name, process].append(b - a)
print('both ranks computed for %.1f s' % seconds)
for (name, process), times in sorted(others.items(), key=lambda o: -sum(o[1]))[:20]:
    print('%-28s %6d %6.2f ms/s %6.1f runs/s, longest %5.2f ms'
          % (name, process, sum(times) * 1e3 / seconds, len(times) / seconds, max(times) * 1e3))
