"""What the parts of decode steps take, from traces of trace.patch: steps.py FOLDER..."""
import glob, statistics as st, sys


def load(folder):
    files = sorted(glob.glob(folder + "/trace.*"), key=lambda f: int(f.split(".")[-1]))
    return [[tuple(map(int, line.split())) for line in open(f)] for f in files[:2]]


def steps(trace):
    """From a step's header (a broadcast of 64 words) to the next one's. A line: kind rows columns begun awaited ended blocks."""
    out = []
    for call in trace:
        if call[0] == 3 and call[1] == 64:
            out.append([])
        if out:
            out[-1].append(call)
    return out


def line(values):
    v = sorted(values)
    m = len(v)
    return "p10 %8.1f p50 %8.1f mean %8.1f p90 %8.1f max %8.1f" % (
        v[m // 10] / 1e3, v[m // 2] / 1e3, sum(v) / m / 1e3, v[m * 9 // 10] / 1e3, v[-1] / 1e3)


for folder in sys.argv[1:]:
    leader, worker = map(steps, load(folder))
    decode = []
    for a, b, n, m in zip(leader, worker, leader[1:], worker[1:]):
        if len(a) == 122 and len(n) == 122 and a[5][1] == 1 and n[5][1] == 1 and n[0][3] - a[0][3] < 60e6:
            decode.append((a, b, n, m))
    decode = decode[len(decode) // 3:]
    print(folder, len(decode), "decode steps, the first third left out; us")
    rows = {
        "step": [n[0][3] - a[0][3] for a, b, n, m in decode],
        "exchanges, leader": [sum(x[5] - x[3] for x in a) for a, b, n, m in decode],
        "  header": [a[0][5] - a[0][3] for a, b, n, m in decode],
        "  within layers": [sum(x[5] - x[3] for x in a[1:-1]) for a, b, n, m in decode],
        "  the worker's results": [a[-1][5] - a[-1][3] for a, b, n, m in decode],
        "leader: last result to next header": [n[0][3] - a[-1][5] for a, b, n, m in decode],
        "worker has it after it was sent": [m[0][5] - n[0][5] for a, b, n, m in decode],
        "last result to both at first exchange": [max(n[1][3], m[1][3]) - max(a[-1][3], b[-1][3]) for a, b, n, m in decode],
        "the same segment of later layers": [
            st.median(max(n[j][3], m[j][3]) - max(n[j - 1][5], m[j - 1][5]) for j in range(5, 120, 4)) for a, b, n, m in decode],
        "head, leader": [a[-1][3] - a[-2][5] for a, b, n, m in decode],
        "head, worker": [b[-1][3] - b[-2][5] for a, b, n, m in decode],
    }
    for name, values in rows.items():
        print("  %-40s %s" % (name, line(values)))
    after = [x[5] - max(x[3], y[3]) for a, b, n, m in decode for x, y in zip(a[1:-1], b[1:-1])]
    print("  %-40s %s" % ("one exchange after the last arrival", line(after)))
    medians = [
        st.median((a[j][3] - a[j - 1][5]) - (b[j][3] - b[j - 1][5]) for a, b, n, m in decode) / 1e3 for j in range(2, 121)]
    print("  segments, leader less worker: medians add up to %.3f ms a step, the largest is %.1f us" % (
        sum(map(abs, medians)) / 1e3, max(medians, key=abs)))
    late = sorted(abs(x[3] - y[3]) for a, b, n, m in decode for x, y in zip(a[1:-1], b[1:-1]))
    print("  %-40s %s" % ("lateness of one exchange", line(late)))
    for least, most in ((0, 20e3), (20e3, 200e3), (200e3, 1e18)):
        part = [v for v in late if least <= v < most]
        print("    %3.0f us and more: %.2f ms and %.1f exchanges a step" % (
            least / 1e3, sum(part) / 1e6 / len(decode), len(part) / len(decode)))
    for a, b in zip(leader, worker):
        if len(a) == 123:
            pairs = list(zip(a[2:-1], b[2:-1]))
            after = [x[5] - max(x[3], y[3]) for x, y in pairs]
            sums = [t for t, (x, y) in zip(after, pairs) if x[2] == 2560]
            print("  prefill: step %.0f ms, leader late %.1f, worker late %.1f, after the last arrival %.1f ms; a sum: median %.0f us" % (
                (a[-1][5] - a[0][3]) / 1e6, sum(max(0, x[3] - y[3]) for x, y in pairs) / 1e6,
                sum(max(0, y[3] - x[3]) for x, y in pairs) / 1e6, sum(after) / 1e6, st.median(sums) / 1e3))
