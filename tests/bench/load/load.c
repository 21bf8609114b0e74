// load: a WebSocket load generator for Linux, one process, one epoll loop, no library but libc.
//
// It is driven line by line, so that whoever drives it can look at the servers between two phases while the
// connections stay open. A line on standard input is a verb and its options, separated by tabs:
//
//     verb<TAB>name=value<TAB>name=value…
//
// and each gets one JSON object on one line of standard output. What went wrong goes to standard error.
//
//   target  port path protocol header… clients ping pong    where to connect, and who connects: a file of rows
//                                                of tab-separated columns, one row for each connection; a text
//                                                frame that is `ping` is answered with `pong`
//   open    n hello ready at_once limit          open connections up to n; each sends `hello` after its upgrade
//                                                and is ready once a frame holds `ready` (at once without hello)
//   fanout  send from count rate size limit      the first `from` connections take turns to publish; counts what
//                                                every connection gets of it
//   ask     send clients count|seconds low high size limit    each of the first connections sends, waits for the
//                                                answer with its id, sends again
//   resume  hello ready expect sum limit         wait until every connection was lost, is back and has been
//                                                told `expect` marked messages whose numbers add up to `sum`
//   idle    seconds                              stay connected, answer pings
//   close                                        end all connections
//
// In `send`, `hello`, `header` and `path` these stand for something:
//
//   %I  index of the connection      %K  number of the command on its connection, from 1
//   %U  a fresh UUID                 %P  a payload of `size` bytes that carries the mark
//   %0 … %9  a column of its row     %*0 … %*9  the next of the values in a column, separated by commas
//   %R  a number from low to high    %%  a per cent sign
//
// The mark is `T0=` and the time it was sent, in microseconds of CLOCK_MONOTONIC (20 digits), a comma, its
// number (8 digits) and a semicolon. Times in the answers are in seconds or, where the name says so, in ms.

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char *option(char **options, const char *name, char *otherwise) {
    size_t length = strlen(name);
    for (; *options; options++)
        if (!strncmp(*options, name, length) && (*options)[length] == '=') return *options + length + 1;
    return otherwise;
}

static double number_option(char **options, const char *name, double otherwise) {
    char *given = option(options, name, NULL);
    return given ? strtod(given, NULL) : otherwise;
}

static bool refuse(const char *why) {
    printf("{\"error\":\"%s\"}\n", why);
    return false;
}

static bool read_clients(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return refuse("the file of clients cannot be read");
    char *line = NULL;
    size_t room = 0;
    target.rows = 0;
    while (getline(&line, &room, file) > 0 && target.rows < MOST_CONNECTIONS) {
        line[strcspn(line, "\n")] = 0;
        target.cells = grown(target.cells, sizeof(char *) * MOST_COLUMNS * (size_t)(target.rows + 1));
        char **row = target.cells + MOST_COLUMNS * target.rows++, *rest = strdup(line);
        for (int i = 0; i < MOST_COLUMNS; i++) row[i] = rest ? strsep(&rest, "\t") : NULL;
    }
    free(line);
    fclose(file);
    return true;
}

static bool do_target(char **options) {
    target.port = (int)number_option(options, "port", 0);
    target.path = strdup(option(options, "path", "/"));
    target.protocol = strdup(option(options, "protocol", ""));
    target.ping = strdup(option(options, "ping", ""));
    target.pong = strdup(option(options, "pong", ""));
    target.header_count = 0;
    for (char **o = options; *o && target.header_count < MOST_HEADERS; o++)
        if (!strncmp(*o, "header=", 7)) target.headers[target.header_count++] = strdup(*o + 7);
    target.rows = 0;
    char *clients = option(options, "clients", NULL);
    if (clients && !read_clients(clients)) return false;
    printf("{\"rows\":%d}\n", target.rows);
    return true;
}

static bool do_open(char **options) {
    int n = (int)number_option(options, "n", 1), at_once = (int)number_option(options, "at_once", 64);
    double began = now(), until = began + number_option(options, "limit", 60);
    if (n < connection_count || n > MOST_CONNECTIONS) return refuse("n is too small or too large");
    now_doing.phase = OPENING;
    int first = connection_count, ready_before = ready_count;
    while (ready_count - ready_before + now_doing.refused < n - first && now() < until) {
        while (connection_count < n &&
               connection_count - first - (ready_count - ready_before) - now_doing.refused < at_once) {
            struct connection *c = connections + connection_count;
            c->index = connection_count++;
            c->fd = -1;
            dial(c);
        }
        pump(0.01);
    }
    printf("{\"ready\":%d,\"refused\":%d,\"seconds\":%.6f", ready_count - ready_before, now_doing.refused,
           now() - began);
    print_histogram("", &whole);
    print_histogram("answer_", &part);
    puts("}");
    return true;
}

static bool do_fanout(char **options) {
    uint64_t count = (uint64_t)number_option(options, "count", 100), sent = 0, numbers = count * (count - 1) / 2;
    double pause = 1 / number_option(options, "rate", 40), latest = 0;
    int from = (int)number_option(options, "from", 1), listeners = ready_count;
    now_doing.phase = FANNING;
    if (from < 1 || from > connection_count) return refuse("too few connections to publish from");
    for (int i = 0; i < connection_count; i++) connections[i].got = 0, connections[i].sum = 0;
    double began = now(), until = began + number_option(options, "limit", 60), next = began, seen_at = began;
    uint64_t want = count * (uint64_t)listeners, seen = 0;
    while ((sent < count || now_doing.deliveries < want) && now() < until) {
        for (int burst = 0; burst < 16 && sent < count && now() >= next; burst++, next += pause) {
            struct connection *c = connections + sent % (uint64_t)from;
            if (now() - next > latest) latest = now() - next;
            if (c->state == READY) command(c, now_doing.send, sent);
            sent++;
        }
        pump(sent < count ? next - now() : 0.05);
        if (now_doing.deliveries != seen) seen = now_doing.deliveries, seen_at = now();
    }
    int complete = 0;
    for (int i = 0; i < connection_count; i++)
        complete += connections[i].state == READY && connections[i].got == count && connections[i].sum == numbers;
    printf("{\"sent\":%llu,\"deliveries\":%llu,\"want\":%llu,\"listeners\":%d,\"complete\":%d,\"answered\":%llu,"
           "\"errors\":%llu,\"lost\":%d,\"seconds\":%.6f,\"latest_ms\":%.3f",
           (unsigned long long)sent, (unsigned long long)now_doing.deliveries, (unsigned long long)want, listeners,
           complete, (unsigned long long)now_doing.answered, (unsigned long long)now_doing.errors, now_doing.lost,
           seen_at - began, latest * 1e3);
    print_histogram("", &whole);
    puts("}");
    return true;
}

static int waiting_connections(void) {
    int waiting = 0;
    for (int i = 0; i < now_doing.clients; i++) waiting += connections[i].waiting > 0;
    return waiting;
}

static bool do_ask(char **options) {
    double seconds = number_option(options, "seconds", 0), began = now();
    double until = began + number_option(options, "limit", 60), scan = 0;
    now_doing.phase = ASKING;
    now_doing.clients = (int)number_option(options, "clients", 1);
    now_doing.count = (uint64_t)number_option(options, "count", seconds ? 1e15 : 1);
    now_doing.until = seconds ? began + seconds : 0;
    if (now_doing.clients < 1 || now_doing.clients > connection_count) return refuse("too few connections to ask from");
    now_doing.last = began;
    for (int i = 0; i < now_doing.clients; i++) ask_again(connections + i);
    while (now() < until) {
        pump(0.01);
        if (now() < scan) continue;
        if (!waiting_connections()) break;
        scan = now() + SCAN_SECONDS;
    }
    double taken = now_doing.last - began;
    printf("{\"asked\":%llu,\"answered\":%llu,\"errors\":%llu,\"lost\":%d,\"deliveries\":%llu,\"seconds\":%.6f,"
           "\"per_second\":%.3f,\"bytes\":%.0f",
           (unsigned long long)now_doing.asked, (unsigned long long)now_doing.answered,
           (unsigned long long)now_doing.errors, now_doing.lost, (unsigned long long)now_doing.deliveries, taken,
           taken > 0 ? (double)now_doing.answered / taken : 0,
           whole.count ? (double)now_doing.bytes / (double)whole.count : 0);
    print_histogram("", &whole);
    puts("}");
    return true;
}

static bool do_resume(char **options) {
    double until = now() + number_option(options, "limit", 60), scan = 0, settled = 0;
    int wanted = ready_count;
    now_doing.phase = RESUMING;
    now_doing.expect = (uint64_t)number_option(options, "expect", 0);
    now_doing.sum = (uint64_t)number_option(options, "sum", 0);
    for (int i = 0; i < connection_count; i++) {
        connections[i].lost = 0;
        connections[i].tries = 0;
        connections[i].complete = connections[i].over = false;
    }
    while (now() < until) {
        pump(0.01);
        if (now() < scan) continue;
        scan = now() + SCAN_SECONDS;
        for (int i = 0; i < connection_count; i++)
            if (connections[i].state == LOST && connections[i].due <= now()) dial(connections + i);
        if (now_doing.complete < wanted) settled = 0;
        else if (!settled) settled = now() + 0.5; // long enough for what would come twice
        else if (now() > settled) break;
    }
    printf("{\"lost\":%d,\"back\":%d,\"complete\":%d,\"over\":%d,\"attempts\":%llu,\"deliveries\":%llu,\"last\":%.6f",
           now_doing.lost, now_doing.back, now_doing.complete, now_doing.over, (unsigned long long)now_doing.attempts,
           (unsigned long long)now_doing.deliveries, now_doing.last);
    print_histogram("", &whole);
    puts("}");
    return true;
}

// Waits until every connection was told `count` marked messages that somebody else sends.
static bool do_listen(char **options) {
    uint64_t count = (uint64_t)number_option(options, "count", 1);
    int listeners = ready_count, complete = 0;
    double began = now(), until = began + number_option(options, "limit", 60), scan = 0;
    now_doing.phase = FANNING;
    for (int i = 0; i < connection_count; i++) connections[i].got = 0, connections[i].sum = 0;
    while (now() < until && complete < listeners) {
        pump(0.01);
        if (now() < scan) continue;
        scan = now() + SCAN_SECONDS;
        complete = 0;
        for (int i = 0; i < connection_count; i++)
            complete += connections[i].state == READY && connections[i].got >= count;
    }
    printf("{\"listeners\":%d,\"complete\":%d,\"deliveries\":%llu,\"lost\":%d", listeners, complete,
           (unsigned long long)now_doing.deliveries, now_doing.lost);
    print_histogram("", &whole);
    puts("}");
    return true;
}

static bool do_idle(char **options) {
    now_doing.phase = IDLING;
    double until = now() + number_option(options, "seconds", 1);
    while (now() < until) pump(until - now());
    printf("{\"ready\":%d,\"lost\":%d}\n", ready_count, now_doing.lost);
    return true;
}

static bool do_close(char **options) {
    (void)options;
    int ended = 0;
    for (int i = 0; i < connection_count; i++) {
        if (connections[i].state == READY) put_frame(connections + i, 8, "\x03\xe8", 2);
        ended += drop(connections + i);
    }
    connection_count = 0;
    printf("{\"ended\":%d}\n", ended);
    return true;
}

static void obey(char *line) {
    static const struct {
        const char *verb;
        bool (*act)(char **);
    } verbs[] = {{"target", do_target}, {"open", do_open}, {"fanout", do_fanout}, {"ask", do_ask},
                 {"resume", do_resume}, {"listen", do_listen}, {"idle", do_idle}, {"close", do_close}};
    char *options[64] = {0}, *verb = strsep(&line, "\t");
    for (int i = 0; line && i < 63; i++) options[i] = strsep(&line, "\t");
    memset(&now_doing, 0, sizeof now_doing);
    memset(&whole, 0, sizeof whole);
    memset(&part, 0, sizeof part);
    now_doing.hello = option(options, "hello", "");
    now_doing.ready = option(options, "ready", "");
    now_doing.send = option(options, "send", "");
    now_doing.size = (int)number_option(options, "size", 0);
    now_doing.low = (uint64_t)number_option(options, "low", 1);
    now_doing.high = (uint64_t)number_option(options, "high", (double)now_doing.low);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verb, verbs[i].verb)) continue;
        verbs[i].act(options);
        fflush(stdout);
        return;
    }
    refuse("there is no such verb");
    fflush(stdout);
}

int main(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    start_connections();
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (*line) obey(line);
    }
    return 0;
}
