"""operations.py PREFIX: what operations.patch wrote to PREFIX.PID of each process, by kind of operation: how many a step has,
and the sum of their medians and of their least times, in microseconds. The leader's and the worker's file have operations named
"call", which are the exchanges. A process that was measured alone and side by side has both in its figures."""
import collections
import glob
import statistics
import sys

for path in sorted(glob.glob(sys.argv[1] + '.*'), key=lambda p: int(p.split('.')[-1])):
    steps = []
    for line in open(path):
        if line.startswith('STEP'):
            steps.append([])
        else:
            _, label, *times = line.rstrip('\n').split('\t')
            if times:
                steps[-1].append((label.strip(), [int(t) / 1e3 for t in times]))
    for operations in steps:
        if len(operations) < 100:
            continue
        kinds = collections.OrderedDict()
        for label, times in operations:
            kind = kinds.setdefault(label, [0, 0, 0])
            kind[0] += 1
            kind[1] += statistics.median(times)
            kind[2] += min(times)
        ranks = any(label == 'call' for label in kinds)
        print('one of two ranks' if ranks else 'one process', '-', len(operations[0][1]), 'steps')
        for label, (count, median, least) in kinds.items():
            print('  %-22s %3d  median %9.1f  least %9.1f' % (label, count, median, least))
        print('  %-22s %3d  median %9.1f  least %9.1f'
              % ('all', len(operations), sum(k[1] for k in kinds.values()), sum(k[2] for k in kinds.values())))
