#!/bin/bash
# wakes.sh FOLDER-OF-JARS: wake-ups a second, by thread, of the two processes of `serve --ranks 2` with the embedded model, idle
java --enable-native-access=org.ryzanstein.backend.cpu -XX:+UseSerialGC -Xms64m -XX:MaxNewSize=32m -p "$1" \
    -m org.ryzanstein.server/org.ryzanstein.server.cli.Main serve --ranks 2 --threads 1 --port 0 >serve.log 2>&1 &
leader=$!
until grep -q "http://" serve.log; do sleep 0.5; done
sleep 2
worker=$(pgrep -P $leader | head -1)
snap() {
    for p in $leader $worker; do
        for t in /proc/$p/task/*; do
            echo "$p $(tr ' ' '_' <"$t/comm") $(awk '/^voluntary/{print $2}' "$t/status")"
        done
    done
}
snap >before
sleep 5
snap >after
python3 - $leader <<'P'
import collections, sys
def read(f):
    c = collections.Counter()
    for l in open(f):
        p, n, v = l.split()
        c["leader" if p == sys.argv[1] else "worker", n.rstrip("0123456789-")] += int(v)
    return c
a, b = read("before"), read("after")
for k in sorted(b, key=lambda k: a[k] - b[k]):
    if b[k] - a[k] >= 5:
        print("%s %s %.1f" % (*k, (b[k] - a[k]) / 5))
P
kill $leader
