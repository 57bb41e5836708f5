// What waiting for each other costs two threads on this machine, without a JVM and without a transport. Each reads 430 MB in 120
// pieces, about as a rank reads its share of a decode step's weights, and waits for the other one after each piece; one thread
// reads all 860 MB. Threads are bound to processors 0 and 1.
//
// cc -O2 -march=native -pthread barrier.c -o barrier && ./barrier [ROUNDS [MULTIPLICATIONS FOR EACH LINE]]
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PIECES 120
#define PIECE (3500L * 1024)
#define BYTES (PIECES * PIECE)
#define HUGE (2L << 20)
#define RUNS 20

static char *memory[2];
static _Atomic long arrived[2][16]; // on lines of their own
static _Atomic long ball;
static long sink;
static int work;

static double now(void) { // us
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

static void bind(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

// In four streams, as the kernels read.
static long piece(const char *p) {
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    long quarter = PIECE / 4;
    for (long i = 0; i < quarter; i += 64) {
        __m512i w = _mm512_load_si512(p + i), x = _mm512_load_si512(p + quarter + i);
        __m512i y = _mm512_load_si512(p + 2 * quarter + i), z = _mm512_load_si512(p + 3 * quarter + i);
        for (int k = 0; k < work; k++) {
            w = _mm512_mullo_epi32(w, w);
            x = _mm512_mullo_epi32(x, x);
        }
        a = _mm512_add_epi64(a, w);
        b = _mm512_add_epi64(b, x);
        c = _mm512_add_epi64(c, y);
        d = _mm512_add_epi64(d, z);
    }
    return _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(c, d)));
}

struct job {
    int me, waits;
    double total, waited, late; // us; late: of waits of 20 us and more
    int lateWaits;
};

static void meet(int me) {
    long mine = atomic_fetch_add(&arrived[me][0], 1) + 1;
    while (atomic_load(&arrived[!me][0]) < mine) {
    }
}

static void *run(void *argument) {
    struct job *job = argument;
    bind(job->me);
    meet(job->me);
    double begun = now();
    long sum = 0;
    for (int i = 0; i < PIECES; i++) {
        sum += piece(memory[job->me] + i * PIECE);
        if (job->waits) {
            double here = now();
            meet(job->me);
            double waited = now() - here;
            job->waited += waited;
            if (waited > 20) {
                job->lateWaits++;
                job->late += waited;
            }
        }
    }
    job->total = now() - begun;
    sink += sum;
    return NULL;
}

static double one(void) {
    bind(0);
    double begun = now();
    for (int m = 0; m < 2; m++) {
        for (int i = 0; i < PIECES; i++) {
            sink += piece(memory[m] + i * PIECE);
        }
    }
    return now() - begun;
}

static double two(int waits, struct job jobs[2]) {
    pthread_t other;
    for (int m = 0; m < 2; m++) {
        atomic_store(&arrived[m][0], 0);
        jobs[m] = (struct job) {.me = m, .waits = waits};
    }
    pthread_create(&other, NULL, run, &jobs[1]);
    run(&jobs[0]);
    pthread_join(other, NULL);
    return jobs[0].total > jobs[1].total ? jobs[0].total : jobs[1].total;
}

static void *answer(void *unused) {
    bind(1);
    for (long i = 0; i < 20000; i++) {
        while (atomic_load(&ball) != 2 * i + 1) {
        }
        atomic_store(&ball, 2 * i + 2);
    }
    return unused;
}

static double trip(void) { // ns
    pthread_t other;
    atomic_store(&ball, 0);
    pthread_create(&other, NULL, answer, NULL);
    bind(0);
    double begun = now();
    for (long i = 0; i < 20000; i++) {
        atomic_store(&ball, 2 * i + 1);
        while (atomic_load(&ball) != 2 * i + 2) {
        }
    }
    double nanos = (now() - begun) / 20000 * 1000;
    pthread_join(other, NULL);
    return nanos;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *) a, y = *(const double *) b;
    return x < y ? -1 : x > y;
}

static double median(double *values) {
    qsort(values, RUNS, sizeof *values, ascending);
    return values[RUNS / 2];
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 10;
    work = count > 2 ? atoi(arguments[2]) : 0;
    for (int m = 0; m < 2; m++) {
        char *all = mmap(NULL, BYTES + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memory[m] = (char *) (((long) all + HUGE - 1) & ~(HUGE - 1));
        madvise(memory[m], BYTES, MADV_HUGEPAGE);
        memset(memory[m], m + 1, BYTES);
    }
    for (int r = 0; r < rounds; r++) {
        double before = trip(), alone[RUNS], freely[RUNS], together[RUNS], waited = 0, late = 0, lateWaits = 0;
        for (int i = 0; i < RUNS; i++) {
            struct job jobs[2];
            alone[i] = one();
            freely[i] = two(0, jobs);
            together[i] = two(1, jobs);
            waited += (jobs[0].waited + jobs[1].waited) / 2 / RUNS;
            late += (jobs[0].late + jobs[1].late) / RUNS;
            lateWaits += (double) (jobs[0].lateWaits + jobs[1].lateWaits) / RUNS;
        }
        double a = median(alone), f = median(freely), t = median(together);
        printf("line trip %.0f to %.0f ns; one %.2f ms (%.1f GB/s); two %.2f ms (x %.2f); two that wait for each other %.2f ms (x %.2f): "
               "%.2f ms of waiting each, %.1f waits over 20 us, %.2f ms\n",
               before, trip(), a / 1e3, 2 * BYTES / a / 1e3, f / 1e3, a / f, t / 1e3, a / t, waited / 1e3, lateWaits, late / 1e3);
        fflush(stdout);
    }
}
