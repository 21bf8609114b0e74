// What the parts of the load generator share; see load.c.

#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARK "T0="
#define MARK_BYTES 33          // T0=, 20 digits, a comma, 8 digits, a semicolon
#define MOST_CONNECTIONS 200000
#define MOST_COLUMNS 10
#define MOST_HEADERS 8
#define SCAN_SECONDS 0.02      // between two looks at all connections

enum state { CLOSED, CONNECTING, UPGRADING, GREETING, READY, LOST };

struct connection {
    int fd;
    int index;
    enum state state;
    char *in;                  // what of a frame has come so far
    size_t in_bytes, in_room;
    char *out;                 // what the kernel did not take
    size_t out_bytes, out_room;
    uint64_t number;           // of the last command
    uint64_t waiting;          // number of the command that waits for its answer, 0 for none
    double dialled, asked, lost, due;
    uint32_t got, tries, turn;
    uint64_t sum;
    bool complete, over;
};

struct target {                // where to connect, and who connects
    int port;
    char *path, *protocol, *headers[MOST_HEADERS], *ping, *pong;
    int header_count;
    char **cells;              // rows × MOST_COLUMNS
    int rows;
};

struct doing {                 // what the phase under way does and counts
    enum { OPENING, FANNING, ASKING, RESUMING, IDLING } phase;
    char *hello, *ready, *send;
    uint64_t count, asked, answered, errors, deliveries, expect, sum, attempts, bytes;
    uint64_t low, high;
    int size, clients, lost, back, complete, over, refused, complaints;
    double until, last;
};

// 128 steps for each power of two, so a value is known to better than 1 %
#define STEPS 6000
struct histogram {
    uint64_t at[STEPS], count, most;
};

extern struct target target;
extern struct doing now_doing;
extern struct connection *connections;
extern int connection_count, ready_count;
extern struct histogram whole, part; // of a phase: dial to ready or message to delivery; question to answer

// measure.c
double now(void);
uint64_t now_us(void);
uint64_t chance(void);
double fraction(void);
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);
void *grown(void *old, size_t bytes);
void note(struct histogram *h, uint64_t us);
void print_histogram(const char *name, const struct histogram *h);

// template.c
extern struct filled {
    char *text;
    size_t bytes, room;
} filled;
const char *fill(const char *template, struct connection *c, uint64_t number);

// connection.c
void start_connections(void);
void dial(struct connection *c);
bool drop(struct connection *c);
void command(struct connection *c, const char *template, uint64_t number);
void put_frame(struct connection *c, int opcode, const char *payload, size_t size);
void ask_again(struct connection *c);
void pump(double seconds);

#endif
