// Two threads, one on each processor, in turn: hand a cache line to and fro, and read memory of their own. Prints both for each round, since a
// line travels faster between cores that share a cache, while such cores share a link to the memory, too.
// cc -O3 -march=native -pthread placement.c && ./a.out ROUNDS
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define BYTES (400L << 20)
#define TRIPS 20000

static _Atomic int turn, ready;
static pthread_barrier_t barrier;
static double seconds_of[2];
static int rounds;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void *run(void *argument) {
    long me = (long) argument;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(me, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    uint64_t *memory = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, BYTES, MADV_HUGEPAGE);
    for (long i = 0; i < BYTES / 8; i++) memory[i] = i;
    volatile uint64_t sink;
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        double start = now();
        for (int i = 0; i < TRIPS; i++) {
            while (atomic_load_explicit(&turn, memory_order_acquire) != me) {}
            atomic_store_explicit(&turn, 1 - me, memory_order_release);
        }
        double trip = (now() - start) / TRIPS;
        double alone = 0;
        if (me == 0) {
            start = now();
            uint64_t sum = 0;
            for (long i = 0; i < BYTES / 8; i++) sum += memory[i];
            sink = sum;
            alone = now() - start;
        }
        pthread_barrier_wait(&barrier);
        start = now();
        uint64_t sum = 0;
        for (long i = 0; i < BYTES / 8; i++) sum += memory[i];
        sink = sum;
        seconds_of[me] = now() - start;
        pthread_barrier_wait(&barrier);
        if (me == 0) {
            double slower = seconds_of[0] > seconds_of[1] ? seconds_of[0] : seconds_of[1];
            printf("%d ns to and fro, %.1f GB/s one thread, %.1f GB/s two\n", (int) (trip * 1e9), BYTES / alone / 1e9,
                   2 * BYTES / slower / 1e9);
        }
        pthread_barrier_wait(&barrier);
    }
    (void) sink;
    return 0;
}

int main(int count, char **arguments) {
    rounds = count > 1 ? atoi(arguments[1]) : 20;
    pthread_barrier_init(&barrier, 0, 2);
    pthread_t other;
    pthread_create(&other, 0, run, (void *) 1);
    run((void *) 0);
    pthread_join(other, 0);
}
