#!/bin/bash
# beside.sh CLONE MODEL: the processor time, in ms a second, of all threads of two ranks that decode, and how often each ran
cd "$1" || exit 1
bin/ryzanstein generate -m "$2" -p hello --temperature 0 --ignore-eos --ranks 2 --plan all-split --threads 1 --max-tokens 1900 \
    >/dev/null 2>&1 &
sleep 24
snap() {
    for p in $(pgrep -x java); do
        for t in /proc/$p/task/*; do
            echo "$p $(tr ' ' '_' <"$t/comm") $(cut -d' ' -f1,3 "$t/schedstat")"
        done
    done
}
before=$(mktemp) after=$(mktemp)
snap >"$before"
sleep 12
snap >"$after"
python3 - "$before" "$after" <<'P'
import collections, re, sys
def read(f):
    d = collections.defaultdict(lambda: [0, 0])
    for l in open(f):
        q = l.split()
        if len(q) == 4:
            k = (q[0], re.sub(r'[-0-9#]+$', '', q[1])[:14])
            d[k][0] += int(q[2])
            d[k][1] += int(q[3])
    return d
a, b = map(read, sys.argv[1:])
rows = sorted(((b[k][0] - a[k][0], b[k][1] - a[k][1], k) for k in b), reverse=True)
for time, runs, k in rows[:16]:
    print('%s %-16s %8.2f ms/s %6.1f runs/s %6.0f us each' % (*k, time / 12e6, runs / 12, time / 1e3 / max(1, runs)))
print('all but the two that compute: %.2f ms/s' % (sum(r[0] for r in rows[2:]) / 12e6))
P
wait
rm "$before" "$after"
