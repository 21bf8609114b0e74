// Connections: dialling, the handshake, frames in and out (RFC 6455), and what is counted of them.

#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)
#define MOST_FRAME (64 * 1024 * 1024)
#define PER_ADDRESS 20000      // connections from one loopback address: it has 28,000 ports of its own
#define FIRST_WAIT 1.0         // the back-off of our clients: full jitter below 1, 2, 4 … 20 seconds
#define LONGEST_WAIT 20.0

struct target target;
struct doing now_doing;
struct connection *connections;
int connection_count, ready_count;
static int epoll;
static char *shared;           // the buffer every socket is read into

// Makes room for all connections, in one piece and once: epoll holds pointers into it.
void start_connections(void) {
    epoll = epoll_create1(0);
    shared = grown(NULL, READ_BYTES);
    connections = grown(NULL, sizeof *connections * MOST_CONNECTIONS);
    memset(connections, 0, sizeof *connections * MOST_CONNECTIONS);
}

// Sending

static void watch(struct connection *c, uint32_t events, int operation) {
    struct epoll_event e = {.events = events, .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &e);
}

static void flush(struct connection *c) {
    size_t sent = 0;
    while (sent < c->out_bytes) {
        ssize_t n = send(c->fd, c->out + sent, c->out_bytes - sent, MSG_NOSIGNAL);
        if (n < 0) break; // full, or broken: then reading tells
        sent += (size_t)n;
    }
    memmove(c->out, c->out + sent, c->out_bytes - sent);
    c->out_bytes -= sent;
    watch(c, c->out_bytes ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
}

static void put(struct connection *c, const char *bytes, size_t size) {
    if (!c->out_bytes) {
        ssize_t n = send(c->fd, bytes, size, MSG_NOSIGNAL);
        if (n == (ssize_t)size) return;
        if (n > 0) bytes += n, size -= (size_t)n;
    }
    if (c->out_bytes + size > c->out_room) {
        c->out_room = (c->out_bytes + size) * 2;
        c->out = grown(c->out, c->out_room);
    }
    memcpy(c->out + c->out_bytes, bytes, size);
    c->out_bytes += size;
    watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

void put_frame(struct connection *c, int opcode, const char *payload, size_t size) { // RFC 6455 §5.2
    static char *frame;
    static size_t room;
    if (size + 14 > room) frame = grown(frame, room = size * 2 + 14);
    size_t head = 2;
    frame[0] = (char)(0x80 | opcode);
    if (size < 126) {
        frame[1] = (char)(0x80 | size);
    } else if (size < 65536) {
        frame[1] = (char)(0x80 | 126);
        for (int i = 0; i < 2; i++) frame[2 + i] = (char)(size >> (8 - 8 * i));
        head = 4;
    } else {
        frame[1] = (char)(0x80 | 127);
        for (int i = 0; i < 8; i++) frame[2 + i] = (char)((uint64_t)size >> (56 - 8 * i));
        head = 10;
    }
    uint32_t mask = (uint32_t)chance();
    memcpy(frame + head, &mask, 4);
    const char *key = frame + head;
    head += 4;
    for (size_t i = 0; i < size; i++) frame[head + i] = payload[i] ^ key[i & 3];
    put(c, frame, head + size);
}

void command(struct connection *c, const char *template, uint64_t number) {
    c->number++;
    fill(template, c, number);
    c->asked = now();
    put_frame(c, 1, filled.text, filled.bytes);
}

// Connecting

bool drop(struct connection *c) {
    if (c->fd < 0) return false;
    if (c->state == READY) ready_count--;
    close(c->fd);
    c->fd = -1;
    c->in_bytes = c->out_bytes = 0;
    c->waiting = 0;
    c->state = CLOSED;
    return true;
}

// A connection ended that nobody meant to end.
static void lose(struct connection *c) {
    bool was_ready = c->state == READY, was_waiting = c->waiting;
    if (!drop(c)) return;
    if (now_doing.phase != RESUMING) {
        now_doing.refused += !was_ready;
        now_doing.lost += was_ready;
        now_doing.errors += was_waiting;
        return;
    }
    if (c->lost == 0) {
        c->lost = now();
        now_doing.lost++;
    } else if (was_ready) {
        now_doing.back--;
    }
    if (was_ready) c->tries = 0;
    double ceiling = FIRST_WAIT * (double)(1u << (c->tries < 16 ? c->tries : 16));
    c->tries++;
    c->due = now() + fraction() * (ceiling < LONGEST_WAIT ? ceiling : LONGEST_WAIT);
    c->state = LOST;
}

void dial(struct connection *c) {
    now_doing.attempts++;
    now_doing.complete -= c->complete;
    c->complete = false;
    c->got = 0;
    c->sum = 0;
    c->number = 0;
    c->dialled = now();
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        complain("no socket for connection %d: %s", c->index, strerror(errno));
        now_doing.refused++;
        return;
    }
    int one = 1;
    struct sockaddr_in here = {.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(c->index / PER_ADDRESS));
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bind(c->fd, (struct sockaddr *)&here, sizeof here);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target.port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->state = CONNECTING;
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
    if (connect(c->fd, (struct sockaddr *)&there, sizeof there) == 0 || errno == EINPROGRESS) return;
    if (now_doing.phase != RESUMING) complain("connection %d: %s", c->index, strerror(errno));
    lose(c);
}

static void upgrade(struct connection *c) { // RFC 6455 §4.1
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        if (now_doing.phase != RESUMING) complain("connection %d: %s", c->index, strerror(error));
        lose(c);
        return;
    }
    c->state = UPGRADING;
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
    char *request = NULL, *more = NULL;
    int n = asprintf(&request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s",
                     fill(target.path, c, 0), target.port, *target.protocol ? "Sec-WebSocket-Protocol: " : "",
                     target.protocol, *target.protocol ? "\r\n" : "");
    for (int i = 0; i < target.header_count && n > 0; i++, request = more)
        n = asprintf(&more, "%s%s\r\n", request, fill(target.headers[i], c, 0));
    if (n > 0) n = asprintf(&more, "%s\r\n", request);
    if (n > 0) put(c, more, (size_t)n);
    free(more);
}

// Counts the marked messages of a frame.
static void count_marks(struct connection *c, const char *text, size_t bytes) {
    const char *end = text + bytes, *mark = memmem(text, bytes, MARK, 3);
    while (mark && mark + MARK_BYTES <= end) {
        uint64_t sent = strtoull(mark + 3, NULL, 10), at = now_us();
        c->got++;
        c->sum += strtoull(mark + 24, NULL, 10);
        now_doing.deliveries++;
        if (now_doing.phase == FANNING) note(&whole, at > sent ? at - sent : 0);
        mark = memmem(mark + MARK_BYTES, (size_t)(end - mark) - MARK_BYTES, MARK, 3);
    }
}

static void check_complete(struct connection *c) {
    if (now_doing.phase != RESUMING || c->state != READY) return;
    if (!c->complete && c->got == now_doing.expect && c->sum == now_doing.sum) {
        c->complete = true;
        now_doing.complete++;
        now_doing.last = now();
        note(&whole, (uint64_t)((now_doing.last - c->lost) * 1e6));
    } else if (!c->over && c->got > now_doing.expect) {
        complain("connection %d was told %u messages, not %llu", c->index, c->got,
                 (unsigned long long)now_doing.expect);
        c->over = true;
        now_doing.over++;
    }
}

static void become_ready(struct connection *c) {
    double at = now();
    c->state = READY;
    ready_count++;
    if (now_doing.phase == RESUMING) {
        now_doing.back++;
    } else {
        note(&whole, (uint64_t)((at - c->dialled) * 1e6));
        note(&part, (uint64_t)((at - c->asked) * 1e6));
    }
}

void ask_again(struct connection *c) {
    if (now_doing.phase != ASKING || c->state != READY || now_doing.asked >= now_doing.count) return;
    if (now_doing.until && now() >= now_doing.until) return;
    command(c, now_doing.send, now_doing.asked++);
    c->waiting = c->number;
}

// An answer begins with `{"id":`; a push does not.
static void take_answer(struct connection *c, const char *text, size_t bytes) {
    char *end;
    uint64_t number = strtoull(text + 6, &end, 10);
    bool error = (size_t)(end - text) + 9 < bytes && !memcmp(end, ",\"error\":", 9);
    if (error) complain("connection %d: %.*s", c->index, bytes > 300 ? 300 : (int)bytes, text);
    if (now_doing.phase == FANNING) {
        now_doing.answered += !error;
        now_doing.errors += error;
    } else if (now_doing.phase == ASKING && number == c->waiting) {
        now_doing.last = now();
        now_doing.answered += !error;
        now_doing.errors += error;
        now_doing.bytes += bytes;
        note(&whole, (uint64_t)((now_doing.last - c->asked) * 1e6));
        c->waiting = 0;
        ask_again(c);
    }
}

static void take_frame(struct connection *c, int opcode, const char *text, size_t bytes) {
    if (opcode == 9) {
        put_frame(c, 10, text, bytes);
        return;
    }
    if (opcode == 8) {
        int code = bytes >= 2 ? (uint8_t)text[0] << 8 | (uint8_t)text[1] : 1005;
        complain("connection %d was closed with %d", c->index, code);
        lose(c);
        return;
    }
    if (opcode > 2) return;
    if (*target.ping && bytes == strlen(target.ping) && !memcmp(text, target.ping, bytes)) {
        put_frame(c, 1, target.pong, strlen(target.pong));
        return;
    }
    count_marks(c, text, bytes);
    if (c->state == GREETING && memmem(text, bytes, now_doing.ready, strlen(now_doing.ready))) become_ready(c);
    else if (c->state == GREETING && memmem(text, bytes, "\"error\":", 8)) {
        complain("connection %d: %.*s", c->index, bytes > 300 ? 300 : (int)bytes, text);
        lose(c);
    } else if (bytes > 6 && !memcmp(text, "{\"id\":", 6)) take_answer(c, text, bytes);
    check_complete(c);
}

// Takes the answer to the handshake; returns how many bytes of it, 0 where it has not all come.
static size_t take_handshake(struct connection *c, const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12)) {
        complain("connection %d was refused: %.*s", c->index, (int)strcspn(bytes, "\r"), bytes);
        lose(c);
        return 0;
    }
    c->state = GREETING;
    c->asked = now();
    if (*now_doing.hello) command(c, now_doing.hello, 0);
    else become_ready(c), check_complete(c);
    return (size_t)(end + 4 - bytes);
}

// Takes one whole frame; returns its bytes, 0 where it has not all come.
static size_t take_one(struct connection *c, const char *bytes, size_t size) {
    if (c->state == UPGRADING) return take_handshake(c, bytes, size);
    const uint8_t *head = (const uint8_t *)bytes;
    if (size < 2) return 0;
    uint64_t payload = head[1] & 127;
    size_t at = payload == 126 ? 4 : payload == 127 ? 10 : 2;
    if (size < at) return 0;
    if (at > 2) payload = 0;
    for (size_t i = 2; i < at; i++) payload = payload << 8 | head[i];
    if (payload > MOST_FRAME || !(head[0] & 0x80)) {
        complain("connection %d: a frame in pieces or of %llu bytes", c->index, (unsigned long long)payload);
        lose(c);
        return 0;
    }
    if (size < at + payload) return 0;
    take_frame(c, head[0] & 15, bytes + at, payload);
    return at + payload;
}

static void take(struct connection *c, const char *bytes, size_t size) {
    size_t at = 0, n;
    while (c->fd >= 0 && (n = take_one(c, bytes + at, size - at))) at += n;
    if (c->fd < 0) return;
    size_t left = size - at;
    if (left > c->in_room) {
        c->in_room = left * 2 + 1;
        c->in = grown(c->in, c->in_room); // never while `bytes` lie in it: what is left of them fits
    }
    if (left) memmove(c->in, bytes + at, left);
    c->in_bytes = left;
    if (!left && c->in_room > 16384) {
        free(c->in);
        c->in = NULL;
        c->in_room = 0;
    }
}

static void on_readable(struct connection *c) {
    for (int reads = 0; reads < 4 && c->fd >= 0; reads++) { // so that one busy connection does not starve the others
        ssize_t n = recv(c->fd, shared, READ_BYTES - 1, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            lose(c);
            return;
        }
        shared[n] = 0; // numbers are read up to the first byte that is no digit
        if (!c->in_bytes) {
            take(c, shared, (size_t)n);
        } else {
            if (c->in_bytes + (size_t)n + 1 > c->in_room) {
                c->in_room = (c->in_bytes + (size_t)n) * 2 + 1;
                c->in = grown(c->in, c->in_room);
            }
            memcpy(c->in + c->in_bytes, shared, (size_t)n + 1);
            c->in_bytes += (size_t)n;
            take(c, c->in, c->in_bytes);
        }
        if (n < READ_BYTES - 1) return;
    }
}

void pump(double seconds) {
    struct epoll_event events[512];
    int ms = seconds <= 0 ? 0 : seconds > 0.1 ? 100 : (int)(seconds * 1000 + 0.999);
    int n = epoll_wait(epoll, events, 512, ms);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (c->fd < 0) continue;
        if (c->state == CONNECTING) {
            upgrade(c);
            continue;
        }
        if (events[i].events & EPOLLOUT) flush(c);
        if (c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) on_readable(c);
    }
}
