#include "sequences/seq_gestalt.h"
#include "base/mix.h"

#include <string.h>

enum { BITS = 64, SEEN = 1 << 16, WORDS_MAX = 1 << 27 }; /* WORDS_MAX: of all rows, 1 GiB */

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

/* Polynomials modulo 2^64; the hash of every part follows from those of two prefixes. */
static bool hash_beginnings(seq_gestalt *g, size_t side, const uint32_t *ops, size_t from, size_t n)
{
    if (g->seen == NULL)
        return true;
    if (!nn_grow((void **)&g->hash[side], &g->hash_room[side], n + 1, sizeof *g->hash[side]) ||
        !nn_grow((void **)&g->powers, &g->power_room, n + 1, sizeof *g->powers))
        return false;
    for (; g->n_powers <= n; g->n_powers++)
        g->powers[g->n_powers] = g->n_powers == 0 ? 1 : g->powers[g->n_powers - 1] * MIX_STEP;
    uint64_t *h = g->hash[side];
    h[0] = 0;
    for (size_t i = from; i < n; i++)
        h[i + 1] = h[i] * MIX_STEP + ops[i] + 1;
    return true;
}

nn_status seq_gestalt_first(seq_gestalt *g, const uint32_t *a, size_t na, nn_error *err)
{
    for (size_t i = 0; i < g->n_distinct; i++)
        g->row_of[g->distinct[i]] = 0;
    g->na = g->n_distinct = 0;
    if (!fit_operators(g, a, na) || !nn_grow((void **)&g->distinct, &g->distinct_room, na, sizeof *g->distinct))
        return nn_nomem(err);
    for (size_t i = 0; i < na; i++)
        if (g->row_of[a[i]] == 0) {
            g->distinct[g->n_distinct++] = a[i];
            g->row_of[a[i]] = (uint32_t)g->n_distinct;
        }
    size_t rows = g->n_distinct + 1;
    g->a = a;
    g->na = na;
    g->words = (na + BITS - 1) / BITS;
    size_t width = g->words + 1;
    if (rows > WORDS_MAX / width)
        return nn_fail(err, NN_ERR_NOMEM, NULL, 0, 0, "a path of %zu operators, %zu of them different, needs too much memory", na,
                       rows - 1);
    if (!nn_grow((void **)&g->rows, &g->row_room, rows * width, sizeof *g->rows) ||
        !nn_grow((void **)&g->places, &g->place_room, 2 * width, sizeof *g->places))
        return nn_nomem(err);
    memset(g->rows, 0, rows * width * sizeof *g->rows);
    for (size_t i = 0; i < na; i++)
        g->rows[g->row_of[a[i]] * width + i / BITS] |= (uint64_t)1 << i % BITS;
    g->n_searches = 0;
    return hash_beginnings(g, 0, a, 0, na) ? NN_OK : nn_nomem(err);
}

/* ---- sets of positions ---- */

/* Positions, within a part of a, at which each operator of b occurs. */
typedef struct {
    const seq_gestalt *g;
    const uint32_t *a, *b;
    size_t length;   /* of the part */
    size_t first, n; /* word of the rows where the part begins; number of words of a set */
    unsigned shift;
    uint64_t last; /* mask of the valid bits in the last word */
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

static inline const uint64_t *row(const part *p, size_t j)
{
    uint32_t op = p->b[j];
    return p->g->rows + (op < p->g->op_room ? p->g->row_of[op] : 0) * (p->g->words + 1) + p->first;
}

static uint64_t word(const uint64_t *row, size_t k, unsigned shift)
{
    return row[k] >> shift | row[k + 1] << 1 << (BITS - 1 - shift);
}

/* Words of a set from lo up to hi; all other words are 0. */
typedef struct {
    uint64_t *words;
    size_t lo, hi;
} places;

static inline void trim(places *s)
{
    while (s->hi > s->lo && s->words[s->hi - 1] == 0)
        s->hi--;
    while (s->lo < s->hi && s->words[s->lo] == 0)
        s->lo++;
}

static inline void all_places(const part *p, places *s, size_t j)
{
    const uint64_t *r = row(p, j);
    s->lo = 0;
    s->hi = p->n;
    for (size_t k = 0; k < p->n; k++)
        s->words[k] = word(r, k, p->shift);
    s->words[p->n - 1] &= p->last;
    trim(s);
}

/* The positions where b[j] is followed by what begins at the positions of `from`. to may equal from. */
static inline void step_back(const part *p, places *to, const places *from, size_t j)
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

/* Keeps the positions of s whose `length` operators are followed by b[j]. */
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

/* Reads the window of `width` operators that ends at `end` backwards. Returns how many operators were read until no position was
 * left, or width if some are left; these are in s then. */
static size_t read_window(const part *p, places *s, size_t end, size_t width)
{
    size_t read = 1;
    for (all_places(p, s, end); s->lo < s->hi && read < width; read++)
        step_back(p, s, s, end - read);
    return read;
}

/* Saves the state of a search in whole sequences, for the next b with the same prefix. */
static bool save(seq_gestalt *g, const seq_search *x, size_t depth)
{
    if (!nn_grow((void **)&g->searches, &g->search_room, g->n_searches + 1, sizeof *g->searches))
        return false;
    g->searches[g->n_searches] = *x;
    g->searches[g->n_searches++].depth = depth;
    return true;
}

/* For each position of s, a block that is one operator longer ends at x->end. Extends these blocks as far as they match. */
static bool grow(seq_gestalt *g, const part *p, places *s, size_t b_end, seq_search *x, bool whole)
{
    x->found = true;
    x->best.length++;
    x->best.at_b = x->end + 1 - x->best.length;
    for (;;) {
        x->best.at_a = lowest(s);
        x->end++;
        if (whole && !save(g, x, x->end))
            return false;
        if (x->end == b_end)
            return true;
        step_on(p, s, x->best.length, x->end);
        if (s->lo == s->hi)
            return true;
        x->best.length++;
    }
}

/* The longest block that ends at a position is at most one operator longer than the longest block that ended before. So two
 * window lengths are enough: one more than the best, and the best itself while an earlier position in a is possible. false: out
 * of memory. */
static bool longest(seq_gestalt *g, const part *p, const seq_region *r, seq_search *x, bool whole)
{
    places s = {.words = g->places}, longer = {.words = g->places + p->n};
    while (x->end < r->b_end) {
        bool tie = x->found && x->best.at_a > 0;
        size_t end = x->end, width = x->best.length + !tie, read = read_window(p, &s, end, width);
        if (s.lo == s.hi) {
            x->end += width + 1 - read; /* the next window that does not contain all operators that were read */
            if (whole && !save(g, x, end + 1))
                return false;
            continue;
        }
        longer.lo = longer.hi = 0;
        if (tie && end >= r->b + width)
            step_back(p, &longer, &s, end - width);
        if (!tie || longer.lo < longer.hi) {
            if (!grow(g, p, tie ? &longer : &s, r->b_end, x, whole))
                return false;
            continue;
        }
        if (lowest(&s) < x->best.at_a) {
            x->best.at_a = lowest(&s);
            x->best.at_b = end + 1 - width;
        }
        x->end++;
        if (whole && !save(g, x, x->end))
            return false;
    }
    return true;
}

/* ---- remembered regions ---- */

static uint64_t hash_part(const seq_gestalt *g, size_t side, size_t from, size_t end)
{
    return g->hash[side][end] - g->hash[side][from] * g->powers[end - from];
}

/* Whether the operators of a region were compared before; remembers them. */
static bool is_known(seq_gestalt *g, const seq_region *r, const uint32_t *b)
{
    if (g->seen == NULL)
        return false;
    uint64_t hash = mix64(hash_part(g, 0, r->a, r->a_end) + MIX_STEP * hash_part(g, 1, r->b, r->b_end));
    seq_seen *at = &g->seen[hash % SEEN];
    size_t na = r->a_end - r->a, nb = r->b_end - r->b;
    if (at->hash == hash && at->na == na && at->nb == nb && memcmp(at->a, g->a + r->a, na * sizeof *g->a) == 0 &&
        memcmp(at->b, b + r->b, nb * sizeof *b) == 0)
        return true;
    *at = (seq_seen){.a = g->a + r->a, .b = b + r->b, .na = (uint32_t)na, .nb = (uint32_t)nb, .hash = hash};
    return false;
}

nn_status seq_gestalt_remember(seq_gestalt *g, nn_error *err)
{
    if (g->seen == NULL)
        g->seen = nn_malloc(SEEN * sizeof *g->seen);
    if (g->seen == NULL)
        return nn_nomem(err);
    memset(g->seen, 0, SEEN * sizeof *g->seen);
    return NN_OK;
}

/* ---- all blocks ---- */

static bool push(seq_gestalt *g, seq_region r, const uint32_t *b, size_t least)
{
    if (r.a_end - r.a < least || r.b_end - r.b < least || is_known(g, &r, b))
        return true;
    if (!nn_grow((void **)&g->stack, &g->capacity, g->n + 1, sizeof *g->stack))
        return false;
    g->stack[g->n++] = r;
    return true;
}

static bool push_block(seq_gestalt *g, size_t a, size_t n)
{
    if (!nn_grow((void **)&g->stack, &g->capacity, g->n + 1, sizeof *g->stack))
        return false;
    g->stack[g->n++] = (seq_region){a, a + n, 0, SIZE_MAX};
    return true;
}

/* Finds the longest block of a region and pushes it and the regions on its sides on the stack. */
static bool divide(seq_gestalt *g, const seq_region *r, const uint32_t *b, size_t least, seq_search *x, bool whole)
{
    part p = part_of(g, r, b);
    if (!longest(g, &p, r, x, whole))
        return false;
    if (!x->found)
        return true;
    size_t a = r->a + x->best.at_a, at_b = x->best.at_b, n = x->best.length;
    return push(g, (seq_region){a + n, r->a_end, at_b + n, r->b_end}, b, least) && push_block(g, a, n) &&
           push(g, (seq_region){r->a, a, r->b, at_b}, b, least);
}

static bool divide_whole(seq_gestalt *g, const uint32_t *b, size_t nb, size_t same, size_t least)
{
    seq_search x = {.end = least - 1, .best = {.length = least - 1}};
    if (g->na < least || nb < least)
        return true;
    while (g->n_searches > 0 && g->searches[g->n_searches - 1].depth > same)
        g->n_searches--;
    if (g->n_searches > 0)
        x = g->searches[g->n_searches - 1];
    return divide(g, &(seq_region){0, g->na, 0, nb}, b, least, &x, true);
}

nn_status seq_gestalt_match(seq_gestalt *g, const uint32_t *b, size_t nb, size_t same, size_t least, seq_block_fn *call, void *data,
                            nn_error *err)
{
    g->n = 0;
    if (!hash_beginnings(g, 1, b, same, nb) || !divide_whole(g, b, nb, same, least))
        return nn_nomem(err);
    while (g->n > 0) {
        seq_region r = g->stack[--g->n];
        seq_search x = {.end = r.b + least - 1, .best = {.length = least - 1}};
        if (r.b_end == SIZE_MAX) { /* a block whose left side is done */
            nn_status s = call(data, g->a + r.a, r.a_end - r.a);
            if (s != NN_OK)
                return s;
        } else if (!divide(g, &r, b, least, &x, false)) {
            return nn_nomem(err);
        }
    }
    return NN_OK;
}

void seq_gestalt_free(seq_gestalt *g)
{
    nn_free(g->rows);
    nn_free(g->row_of);
    nn_free(g->distinct);
    nn_free(g->places);
    nn_free(g->stack);
    nn_free(g->searches);
    nn_free(g->seen);
    nn_free(g->hash[0]);
    nn_free(g->hash[1]);
    nn_free(g->powers);
    *g = (seq_gestalt){.a = NULL};
}
