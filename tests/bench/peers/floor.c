// Peer: the floor. What a WebSocket server cannot cost less than while it makes one send() for each delivery: one
// process, one epoll loop, RFC 6455 and nothing else. Installed by `madang bench fanout --peer floor`, which compiles
// it with `cc` (Debian: gcc libc6-dev). Run as a program: PORT. It sends every text it gets to every connection.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (256 * 1024)
#define MOST_FRAME (1024 * 1024)
#define MOST_UNSENT (64 * 1024 * 1024)
#define MOST_SOCKETS 65536
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct client {
    int fd, place;             // place among `clients`, -1 before the upgrade
    char *in, *out;            // what of a frame has come so far; what the kernel did not take
    size_t in_bytes, in_room, out_bytes, out_room;
};

static int epoll, client_count;
static struct client *clients[MOST_SOCKETS];
static char buffer[BUFFER];

static void *grown(void *old, size_t bytes) {
    void *fresh = realloc(old, bytes);
    if (!fresh) exit(3);
    return fresh;
}

// The answer to a handshake (RFC 6455 §4.2.2): base64(SHA-1(key, GUID)); SHA-1 is RFC 3174.

static uint32_t rolled(uint32_t x, int by) { return x << by | x >> (32 - by); }

static void sha1_block(uint32_t h[5], const uint8_t *block) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rolled(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t next = rolled(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rolled(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void accept_key(const char *key, char accept[29]) { // the key has 24 characters, so two blocks hold it all
    uint8_t text[128] = {0}, digest[21] = {0};
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memcpy(text, key, 24);
    memcpy(text + 24, GUID, 36);
    text[60] = 0x80;
    text[126] = 480 >> 8, text[127] = 480 & 255; // bits
    sha1_block(h, text);
    sha1_block(h, text + 64);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | digest[3 * i + 2];
        for (int j = 0; j < 4; j++) accept[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    memcpy(accept + 27, "=", 2);
}

// Clients

static void watch(struct client *c, uint32_t events, int operation) {
    struct epoll_event e = {.events = events, .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &e);
}

static void end(struct client *c) { // its memory is freed by the loop, once no event can name it
    if (c->fd < 0) return;
    close(c->fd);
    c->fd = -1;
    if (c->place < 0) return;
    clients[c->place] = clients[--client_count];
    clients[c->place]->place = c->place;
}

static void put(struct client *c, const char *bytes, size_t size) {
    if (!c->out_bytes) {
        ssize_t n = send(c->fd, bytes, size, MSG_NOSIGNAL);
        if (n == (ssize_t)size) return;
        if (n > 0) bytes += n, size -= (size_t)n;
    }
    if (c->out_bytes + size > MOST_UNSENT) {
        shutdown(c->fd, SHUT_RDWR); // too slow: reading tells
        return;
    }
    if (c->out_bytes + size > c->out_room) c->out = grown(c->out, c->out_room = (c->out_bytes + size) * 2);
    memcpy(c->out + c->out_bytes, bytes, size);
    if (!c->out_bytes) watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    c->out_bytes += size;
}

static void flush(struct client *c) {
    ssize_t n = send(c->fd, c->out, c->out_bytes, MSG_NOSIGNAL);
    if (n <= 0) return;
    memmove(c->out, c->out + n, c->out_bytes - (size_t)n);
    c->out_bytes -= (size_t)n;
    if (!c->out_bytes) watch(c, EPOLLIN, EPOLL_CTL_MOD);
}

static size_t framed(char *frame, int opcode, const char *payload, size_t size) { // RFC 6455 §5.2
    size_t head = size < 126 ? 2 : size < 65536 ? 4 : 10;
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(head == 2 ? size : head == 4 ? 126 : 127);
    for (size_t i = 2; i < head; i++) frame[i] = (char)((uint64_t)size >> 8 * (head - 1 - i));
    memcpy(frame + head, payload, size);
    return head + size;
}

static void take_frame(struct client *c, int opcode, const char *payload, size_t size) {
    static char frame[MOST_FRAME + 10];
    if (opcode == 1) {
        size_t bytes = framed(frame, 1, payload, size);
        for (int i = 0; i < client_count; i++) put(clients[i], frame, bytes);
    } else if (opcode == 9) {
        put(c, frame, framed(frame, 10, payload, size));
    } else if (opcode == 8) {
        put(c, frame, framed(frame, 8, payload, size));
        end(c);
    }
}

// Each of these takes one whole thing; it returns how many bytes of it, 0 where it has not all come.

static size_t take_handshake(struct client *c, char *bytes, size_t size) {
    char *stop = memmem(bytes, size, "\r\n\r\n", 4), accept[29], answer[256];
    if (!stop) return 0;
    *stop = 0;
    char *key = strcasestr(bytes, "\r\nSec-WebSocket-Key:");
    if (key) key += 20, key += strspn(key, " ");
    if (!key || strcspn(key, "\r") != 24 || client_count == MOST_SOCKETS) {
        end(c);
        return 0;
    }
    accept_key(key, accept);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    put(c, answer, (size_t)n);
    c->place = client_count;
    clients[client_count++] = c;
    return (size_t)(stop + 4 - bytes);
}

static size_t take_message(struct client *c, char *bytes, size_t size) {
    const uint8_t *head = (const uint8_t *)bytes;
    if (size < 2) return 0;
    uint64_t payload = head[1] & 127;
    size_t at = payload == 126 ? 4 : payload == 127 ? 10 : 2;
    if (!(head[0] & 0x80) || !(head[1] & 0x80)) { // in pieces, or not masked
        end(c);
        return 0;
    }
    if (size < at + 4) return 0;
    if (at > 2) payload = 0;
    for (size_t i = 2; i < at; i++) payload = payload << 8 | head[i];
    if (payload > MOST_FRAME) {
        end(c);
        return 0;
    }
    const char *mask = bytes + at;
    at += 4;
    if (size < at + payload) return 0;
    for (size_t i = 0; i < payload; i++) bytes[at + i] ^= mask[i & 3];
    take_frame(c, head[0] & 15, bytes + at, payload);
    return at + payload;
}

static void on_readable(struct client *c) {
    ssize_t n = recv(c->fd, buffer, BUFFER, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        end(c);
        return;
    }
    char *bytes = buffer;
    size_t size = (size_t)n, at = 0, taken;
    if (c->in_bytes) {
        if (c->in_bytes + size > c->in_room) c->in = grown(c->in, c->in_room = (c->in_bytes + size) * 2);
        memcpy(c->in + c->in_bytes, buffer, size);
        bytes = c->in, size += c->in_bytes;
    }
    while (c->fd >= 0) {
        taken = c->place < 0 ? take_handshake(c, bytes + at, size - at) : take_message(c, bytes + at, size - at);
        if (!taken) break;
        at += taken;
    }
    c->in_bytes = size - at;
    if (c->in_bytes > c->in_room) c->in = grown(c->in, c->in_room = c->in_bytes * 2); // only from `buffer`
    if (c->in_bytes) memmove(c->in, bytes + at, c->in_bytes);
}

static void on_connection(int listening) {
    int fd, one = 1;
    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct client *c = grown(NULL, sizeof *c);
        *c = (struct client){.fd = fd, .place = -1};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(c, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static void stop(int number) {
    (void)number;
    _exit(0);
}

int main(int count, char **arguments) {
    if (count != 2) return fputs("floor PORT\n", stderr), 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGTERM, stop);
    int one = 1, listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listening, (struct sockaddr *)&here, sizeof here) || listen(listening, 4096)) return perror("floor"), 1;
    epoll = epoll_create1(0);
    struct client door = {.fd = listening, .place = -1};
    watch(&door, EPOLLIN, EPOLL_CTL_ADD);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[512];
        int n = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (c == &door) on_connection(listening);
            else if (events[i].events & EPOLLOUT) flush(c);
            if (c != &door && c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) on_readable(c);
            if (c->fd < 0) { // each client has one event a turn, and this was it
                free(c->in);
                free(c->out);
                free(c);
            }
        }
    }
}
