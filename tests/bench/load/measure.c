// Time, chance, histograms and complaints.

#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COMPLAINTS 10          // lines on standard error a phase, so that a dead server does not fill the disk

struct histogram whole, part;

double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t chance(void) { // splitmix64
    static uint64_t x;
    if (!x) x = now_us() ^ (uint64_t)getpid() << 32;
    uint64_t z = x += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

double fraction(void) { return (double)(chance() >> 11) / 9007199254740992.0; }

void complain(const char *format, ...) {
    if (now_doing.complaints++ >= COMPLAINTS) return;
    va_list rest;
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
}

void *grown(void *old, size_t bytes) {
    void *fresh = realloc(old, bytes);
    if (!fresh) {
        fprintf(stderr, "out of memory\n");
        exit(3);
    }
    return fresh;
}

void note(struct histogram *h, uint64_t us) {
    int shift = us < 256 ? 0 : 56 - __builtin_clzll(us);
    size_t step = shift ? 256 + (size_t)(shift - 1) * 128 + (us >> shift) - 128 : us;
    h->at[step < STEPS ? step : STEPS - 1]++;
    h->count++;
    if (us > h->most) h->most = us;
}

static double quantile_ms(const struct histogram *h, double share) {
    uint64_t wanted = (uint64_t)(share * (double)h->count), seen = 0;
    for (size_t step = 0; step < STEPS && h->count; step++) {
        seen += h->at[step];
        if (seen <= wanted && seen < h->count) continue;
        if (step < 256) return (double)step / 1e3;
        uint64_t shift = (step - 256) / 128 + 1;
        uint64_t middle = (((step - 256) % 128 + 128) << shift) + (1ull << (shift - 1));
        return (double)(middle < h->most ? middle : h->most) / 1e3;
    }
    return 0;
}

void print_histogram(const char *name, const struct histogram *h) {
    printf(",\"%sp50_ms\":%.3f,\"%sp99_ms\":%.3f,\"%smax_ms\":%.3f", name, quantile_ms(h, 0.5), name,
           quantile_ms(h, 0.99), name, (double)h->most / 1e3);
}
