// Templates: requests, greetings and commands, filled anew for each connection and each time.

#include "load.h"

#include <stdio.h>
#include <string.h>

struct filled filled;

static const char *cell(const struct connection *c, int column) {
    const char *found = target.rows ? target.cells[(c->index % target.rows) * MOST_COLUMNS + column] : NULL;
    return found ? found : "";
}

static void add(const char *text, size_t bytes) {
    if (filled.bytes + bytes + 1 > filled.room) {
        filled.room = (filled.bytes + bytes + 1) * 2;
        filled.text = grown(filled.text, filled.room);
    }
    memcpy(filled.text + filled.bytes, text, bytes);
    filled.bytes += bytes;
    filled.text[filled.bytes] = 0;
}

static void add_payload(uint64_t number) {
    char mark[64];
    int n = snprintf(mark, sizeof mark, MARK "%020llu,%08llu;", (unsigned long long)now_us(),
                     (unsigned long long)number);
    add(mark, (size_t)n);
    for (int i = n; i < now_doing.size; i++) add("x", 1);
}

static void add_in_turn(struct connection *c, int column) { // the values of a column, one after the other
    const char *all = cell(c, column);
    int values = 1;
    for (const char *p = all; *p; p++) values += *p == ',';
    int wanted = (int)(c->turn++ % (uint32_t)values);
    while (wanted--) all = strchr(all, ',') + 1;
    add(all, strcspn(all, ","));
}

// Fills a template; what it gives is good until the next call.
const char *fill(const char *template, struct connection *c, uint64_t number) {
    char t[64];
    filled.bytes = 0;
    add("", 0);
    for (const char *p = template; *p; p++) {
        if (*p != '%') {
            size_t plain = strcspn(p, "%");
            add(p, plain);
            p += plain - 1;
            continue;
        }
        char what = *++p;
        if (!what) break;
        if (what == '%') add("%", 1);
        else if (what == 'I') add(t, (size_t)snprintf(t, sizeof t, "%d", c->index));
        else if (what == 'K') add(t, (size_t)snprintf(t, sizeof t, "%llu", (unsigned long long)c->number));
        else if (what == 'P') add_payload(number);
        else if (what == 'R') {
            uint64_t span = now_doing.high - now_doing.low + 1;
            add(t, (size_t)snprintf(t, sizeof t, "%llu", (unsigned long long)(now_doing.low + chance() % span)));
        } else if (what == 'U') {
            uint64_t a = chance(), b = chance();
            add(t, (size_t)snprintf(t, sizeof t, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
                                    (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52),
                                    (unsigned long long)(b & 0xffffffffffff)));
        } else if (what >= '0' && what <= '9') add(cell(c, what - '0'), strlen(cell(c, what - '0')));
        else if (what == '*' && p[1] >= '0' && p[1] <= '9') add_in_turn(c, *++p - '0');
    }
    return filled.text;
}
