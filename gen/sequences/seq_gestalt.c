#include "sequences/seq_gestalt.h"

#include <string.h>

enum { BITS = 64 };

/* ---- the first sequence ---- */

static bool fit_operators(seq_gestalt *g, const uint32_t *ops, size_t n)
{
    size_t most = 0, old = g->op_room;
    for (size_t i = 0; i < n; i++)
        most = ops[i] > most ? ops[i] : most;
    if (!nn_grow((void **)&g->row_of, &g->op_room, most + 1, sizeof *g->row_of))
        return false;
    memset(g->row_of + old, 0, (g->op_room - old) * sizeof *g->row_of);
    return true;
}

nn_status seq_gestalt_first(seq_gestalt *g, const uint32_t *a, size_t na, nn_error *err)
{
    for (size_t i = 0; i < g->na; i++)
        g->row_of[g->a[i]] = 0;
    g->na = 0;
    if (!fit_operators(g, a, na))
        return nn_nomem(err);
    uint32_t rows = 1;
    for (size_t i = 0; i < na; i++)
        if (g->row_of[a[i]] == 0)
            g->row_of[a[i]] = rows++;
    g->a = a;
    g->na = na;
    g->words = (na + BITS - 1) / BITS;
    size_t width = g->words + 1;
    if (!nn_grow((void **)&g->rows, &g->row_room, rows * width, sizeof *g->rows) ||
        !nn_grow((void **)&g->places, &g->place_room, 2 * width, sizeof *g->places))
        return nn_nomem(err);
    memset(g->rows, 0, rows * width * sizeof *g->rows);
    for (size_t i = 0; i < na; i++)
        g->rows[g->row_of[a[i]] * width + i / BITS] |= (uint64_t)1 << i % BITS;
    return NN_OK;
}

/* ---- sets of places ---- */

/* The places of an operator of b in a part of a, counted from there. */
typedef struct {
    const seq_gestalt *g;
    const uint32_t *a, *b;
    size_t length;   /* of the part */
    size_t first, n; /* word of the rows where it begins; words of a set */
    unsigned shift;
    uint64_t last; /* what the last word may hold */
} part;

static part part_of(const seq_gestalt *g, const seq_region *r, const uint32_t *b)
{
    size_t length = r->a_end - r->a;
    return (part){.g = g,
                  .a = g->a + r->a,
                  .b = b,
                  .length = length,
                  .first = r->a / BITS,
                  .n = (length + BITS - 1) / BITS,
                  .shift = (unsigned)(r->a % BITS),
                  .last = length % BITS == 0 ? ~(uint64_t)0 : ((uint64_t)1 << length % BITS) - 1};
}

static const uint64_t *row(const part *p, size_t j)
{
    uint32_t op = p->b[j];
    return p->g->rows + (op < p->g->op_room ? p->g->row_of[op] : 0) * (p->g->words + 1) + p->first;
}

static uint64_t word(const uint64_t *row, size_t k, unsigned shift)
{
    return row[k] >> shift | row[k + 1] << 1 << (BITS - 1 - shift);
}

/* Words of a set from lo up to hi; all others are 0. */
typedef struct {
    uint64_t *words;
    size_t lo, hi;
} places;

static void trim(places *s)
{
    while (s->hi > s->lo && s->words[s->hi - 1] == 0)
        s->hi--;
    while (s->lo < s->hi && s->words[s->lo] == 0)
        s->lo++;
}

static void all_places(const part *p, places *s, size_t j)
{
    const uint64_t *r = row(p, j);
    s->lo = 0;
    s->hi = p->n;
    for (size_t k = 0; k < p->n; k++)
        s->words[k] = word(r, k, p->shift);
    s->words[p->n - 1] &= p->last;
    trim(s);
}

/* Where b[j] and then what begins at the places of `from` stands. May be in place. */
static void step_back(const part *p, places *to, const places *from, size_t j)
{
    const uint64_t *r = row(p, j);
    size_t lo = from->lo > 0 ? from->lo - 1 : 0, hi = from->hi;
    uint64_t here = lo == from->lo ? from->words[lo] : 0;
    for (size_t k = lo; k < hi; k++) {
        uint64_t above = k + 1 < hi ? from->words[k + 1] : 0;
        to->words[k] = (here >> 1 | above << (BITS - 1)) & word(r, k, p->shift);
        here = above;
    }
    to->lo = lo;
    to->hi = hi;
    trim(to);
}

/* Keeps the places of s that b[j] follows after `length` operators. */
static void step_on(const part *p, places *s, size_t length, size_t j)
{
    for (size_t k = s->lo; k < s->hi; k++)
        for (uint64_t left = s->words[k]; left != 0; left &= left - 1) {
            size_t next = k * BITS + (size_t)__builtin_ctzll(left) + length;
            if (next >= p->length || p->a[next] != p->b[j])
                s->words[k] &= ~(left & -left);
        }
    trim(s);
}

static size_t lowest(const places *s)
{
    return s->lo * BITS + (size_t)__builtin_ctzll(s->words[s->lo]);
}

/* ---- the longest block ---- */

typedef struct {
    size_t length, at_a, at_b; /* at_a: from the beginning of the part */
} block;

/* Reads the window of `width` operators that ends at `end` backwards. Returns how many were read until no place was left; width if
 * some are: these are in s then. */
static size_t read_window(const part *p, places *s, size_t end, size_t width)
{
    size_t read = 1;
    for (all_places(p, s, end); s->lo < s->hi && read < width; read++)
        step_back(p, s, s, end - read);
    return read;
}

/* A longer block ends at `end`: what it is, and how far it goes on. Returns where it ends. */
static size_t grow(const part *p, places *s, size_t end, size_t b_end, block *best)
{
    best->at_b = end + 1 - best->length;
    for (;;) {
        best->at_a = lowest(s);
        if (end + 1 == b_end)
            return end;
        step_on(p, s, best->length, end + 1);
        if (s->lo == s->hi)
            return end;
        best->length++;
        end++;
    }
}

/* No block that ends at a place is longer by more than one than the longest that ended before, so that windows of two lengths tell:
 * of one more than the best, and of the best while one could stand earlier in a. best->length: what is too short. */
static bool longest(const part *p, const seq_region *r, block *best)
{
    places s = {.words = p->g->places}, longer = {.words = p->g->places + p->n};
    bool found = false;
    size_t end = r->b + best->length; /* of the first window */
    while (end < r->b_end) {
        bool tie = found && best->at_a > 0;
        size_t width = best->length + !tie, read = read_window(p, &s, end, width);
        if (s.lo == s.hi) {
            end += width + 1 - read; /* the next window without all that was read */
            continue;
        }
        if (tie && end >= r->b + width)
            step_back(p, &longer, &s, end - width);
        else
            longer.lo = longer.hi = 0;
        if (!tie || longer.lo < longer.hi) {
            best->length++;
            end = grow(p, tie ? &longer : &s, end, r->b_end, best);
            found = true;
        } else if (lowest(&s) < best->at_a) {
            best->at_a = lowest(&s);
            best->at_b = end + 1 - width;
        }
        end++;
    }
    return found;
}

/* ---- all blocks ---- */

static bool push(seq_gestalt *g, seq_region r, size_t least)
{
    if (r.a_end - r.a < least || r.b_end - r.b < least)
        return true;
    if (!nn_grow((void **)&g->stack, &g->capacity, g->n + 1, sizeof *g->stack))
        return false;
    g->stack[g->n++] = r;
    return true;
}

nn_status seq_gestalt_match(seq_gestalt *g, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call, void *data,
                            nn_error *err)
{
    g->n = 0;
    nn_status s = push(g, (seq_region){0, g->na, 0, nb}, least) ? NN_OK : nn_nomem(err);
    while (g->n > 0 && s == NN_OK) {
        seq_region r = g->stack[--g->n];
        if (r.b_end == SIZE_MAX) { /* a block whose left side is done */
            s = call(data, g->a + r.a, r.a_end - r.a);
            continue;
        }
        part p = part_of(g, &r, b);
        block best = {.length = least - 1};
        if (!longest(&p, &r, &best))
            continue;
        size_t a = r.a + best.at_a, b_at = best.at_b, n = best.length;
        if (!push(g, (seq_region){a + n, r.a_end, b_at + n, r.b_end}, least) || !push(g, (seq_region){a, a + n, 0, SIZE_MAX}, 0) ||
            !push(g, (seq_region){r.a, a, r.b, b_at}, least))
            s = nn_nomem(err);
    }
    return s;
}

void seq_gestalt_free(seq_gestalt *g)
{
    nn_free(g->rows);
    nn_free(g->row_of);
    nn_free(g->places);
    nn_free(g->stack);
    *g = (seq_gestalt){.a = NULL};
}
