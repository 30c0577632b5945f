/* Mutation and crossover of tapes in segments (nn_tape_mutate, nn_tape_cross).
 *
 * Edits work on whole segments and items, never on bytes, because edits of bytes destroy what follows them (Li et al., "The Havoc
 * Paradox in Generator-Based Fuzzing"). gen/fuzz/README.md says more.
 *
 * An edit that would lead to more bytes than allowed removes segments from the end. */
#include "draw/tape_edit.h"
#include "base/mix.h"
#include "draw/segments.h"
#include "nngen.h"

#include <string.h>

#define MOST_SEGMENTS 65536
#define MOST_RUN 3     /* segments that are repeated or spliced together */
#define LEAST 32       /* bytes of the result, at least */
#define MOST_DIMS 8    /* of a tensor that is named */
#define MOST_CHANGES 8 /* of draws in a segment */
#define LOOKS 64       /* items that are drawn to find one that an edit can change */

typedef struct {
    uint64_t state;
} edit_rng;

static uint64_t next(edit_rng *r)
{
    return mix64(r->state += MIX_STEP);
}

static size_t below(edit_rng *r, size_t n)
{
    return n > 0 ? (size_t)(next(r) % n) : 0;
}

/* The tape that is edited, and the order of its segments in the result. */
typedef struct {
    segment_list l;
    size_t *order; /* indices in l; one may occur twice */
    size_t n, capacity;
    edit_rng rng;
} edit;

static bool open_edit(edit *e, const void *tape, size_t size, uint64_t seed)
{
    *e = (edit){.rng = {mix64(seed + MIX_STEP)}};
    bool ok = segments_read(&e->l, tape, size, MOST_SEGMENTS);
    void *p = NULL;
    ok = ok && nn_grow(&p, &e->capacity, e->l.n + 2 * MOST_RUN + 1, sizeof *e->order);
    e->order = p;
    for (size_t k = 0; k < e->l.n && ok; k++)
        e->order[e->n++] = k;
    return ok;
}

static void close_edit(edit *e)
{
    segments_free(&e->l);
    nn_free(e->order);
}

static bool places(const segment *s)
{
    return s->kind == SEGMENT_STEP || s->kind == SEGMENT_GROUP || s->kind == SEGMENT_MOTIF;
}

static segment *at(const edit *e, size_t k)
{
    return &e->l.items[e->order[k]];
}

/* The number of segments that place something. */
static size_t count_placed(const edit *e)
{
    size_t n = 0;
    for (size_t k = 0; k < e->n; k++)
        n += places(at(e, k));
    return n;
}

/* Where the k-th of them is; e->n: there are fewer. */
static size_t find_placed(const edit *e, size_t k)
{
    for (size_t i = 0; i < e->n; i++)
        if (places(at(e, i)) && k-- == 0)
            return i;
    return e->n;
}

static size_t draw_placed(edit *e)
{
    return find_placed(e, below(&e->rng, count_placed(e)));
}

/* Where a segment may be inserted: in half of the cases at the end, else before one that places something. */
static size_t draw_gap(edit *e)
{
    const size_t n = count_placed(e);
    const size_t k = below(&e->rng, 2) ? n : below(&e->rng, n + 1);
    size_t end = e->n;
    while (end > 0 && at(e, end - 1)->kind == SEGMENT_TAIL)
        end--;
    return k < n ? find_placed(e, k) : end;
}

static void insert(edit *e, size_t where, size_t index)
{
    memmove(e->order + where + 1, e->order + where, (e->n - where) * sizeof *e->order);
    e->order[where] = index;
    e->n++;
}

static void take_out(edit *e, size_t where)
{
    memmove(e->order + where, e->order + where + 1, (--e->n - where) * sizeof *e->order);
}

/* ---- edits of segments ---- */

static bool insert_step(edit *e)
{
    const size_t gap = draw_gap(e);
    segments_open(&e->l, SEGMENT_STEP, (uint32_t)next(&e->rng));
    if (e->l.failed)
        return false;
    e->l.items[e->l.n - 1].salt = (uint32_t)next(&e->rng) | 1;
    insert(e, gap, e->l.n - 1);
    return true;
}

static bool remove_one(edit *e)
{
    if (count_placed(e) < 2)
        return false;
    take_out(e, draw_placed(e));
    return true;
}

/* Whether the run of segments that begins at `first` of `from` has this address. */
static bool in_run(const segment_list *from, size_t first, size_t n, uint32_t address)
{
    for (size_t i = first; i < first + n && i < from->n; i++)
        if (from->items[i].address == address)
            return true;
    return false;
}

/* Inserts copies of n segments of a list under new addresses. What they take of one another is that of the copies. */
static bool insert_run(edit *e, const segment_list *from, size_t first, size_t n)
{
    const uint32_t change = (uint32_t)next(&e->rng) | 1;
    size_t gap = draw_gap(e);
    for (size_t i = first; i < first + n && i < from->n; i++) {
        if (!places(&from->items[i]))
            continue;
        segments_copy(&e->l, from, i);
        if (e->l.failed)
            return false;
        segment *s = &e->l.items[e->l.n - 1];
        s->address ^= change;
        for (size_t k = s->first; k < s->first + s->n; k++)
            if (e->l.values[k].label == ITEM_FROM && in_run(from, first, n, e->l.values[k].value))
                e->l.values[k].value ^= change;
        insert(e, gap++, e->l.n - 1);
    }
    return true;
}

static bool repeat_run(edit *e)
{
    if (count_placed(e) == 0)
        return false;
    const size_t first = e->order[draw_placed(e)];
    return insert_run(e, &e->l, first, 1 + below(&e->rng, MOST_RUN));
}

static bool move_one(edit *e)
{
    if (count_placed(e) < 2)
        return false;
    const size_t from = draw_placed(e), index = e->order[from];
    take_out(e, from);
    size_t gap = find_placed(e, below(&e->rng, count_placed(e)));
    insert(e, gap == from ? gap + 1 : gap, index); /* not where it was */
    return true;
}

/* ---- edits of items ---- */

/* A tensor that a segment names. */
typedef struct {
    uint32_t from, port; /* port: with type and rank */
    uint32_t dims[MOST_DIMS];
    size_t n_dims;
    bool named;
} edit_tensor;

static edit_tensor read_tensor(const edit *e, const segment *s, unsigned place)
{
    edit_tensor x = {0};
    for (size_t i = s->first; i < s->first + s->n; i++) {
        const segment_item *v = &e->l.values[i];
        if (v->place != place)
            continue;
        if (v->label == ITEM_FROM) {
            x.from = v->value;
            x.named = true;
        } else if (v->label == ITEM_PORT) {
            x.port = v->value;
        } else if (v->label == ITEM_DIM && x.n_dims < MOST_DIMS) {
            x.dims[x.n_dims++] = v->value;
        }
    }
    return x;
}

static bool same_shape(const edit_tensor *a, const edit_tensor *b)
{
    return a->port >> 16 == b->port >> 16 && a->n_dims == b->n_dims && memcmp(a->dims, b->dims, a->n_dims * sizeof *a->dims) == 0;
}

/* Draws an item of a segment that places something, with a label in [low, high). NULL: none was found. */
static segment_item *draw_item(edit *e, unsigned low, unsigned high, size_t *of)
{
    const size_t n = count_placed(e);
    for (int k = 0; k < LOOKS && n > 0; k++) {
        const size_t where = draw_placed(e);
        const segment *s = at(e, where);
        segment_item *v = s->n > 0 ? &e->l.values[s->first + below(&e->rng, s->n)] : NULL;
        if (v && v->label >= low && v->label < high) {
            *of = where;
            return v;
        }
    }
    return NULL;
}

/* Whether a segment before `end` has this address. */
static bool made_before(const edit *e, size_t end, uint32_t address)
{
    for (size_t k = 0; k < end; k++)
        if (at(e, k)->address == address)
            return true;
    return false;
}

/* Another tensor of the same shape that a segment names, and that a segment before `end` makes. named: there is one. */
static edit_tensor another_tensor(edit *e, const edit_tensor *x, size_t end)
{
    edit_tensor found = {0};
    size_t n = 0;
    for (size_t k = 0; k < e->n; k++) {
        const segment *s = at(e, k);
        for (size_t i = s->first; i < s->first + s->n; i++) {
            if (e->l.values[i].label != ITEM_FROM)
                continue;
            const edit_tensor y = read_tensor(e, s, e->l.values[i].place);
            if (same_shape(x, &y) && (y.from != x->from || y.port != x->port) && made_before(e, end, y.from) &&
                below(&e->rng, ++n) == 0)
                found = y;
        }
    }
    return found;
}

/* Lets a segment take another tensor: one of the same shape that the tape names, or a new graph input. */
static bool connect(edit *e)
{
    size_t k;
    const segment_item *v = draw_item(e, ITEM_FROM, ITEM_FROM + 1, &k);
    if (!v)
        return false;
    const segment *s = at(e, k);
    const unsigned place = v->place;
    const edit_tensor x = read_tensor(e, s, place);
    const edit_tensor y = another_tensor(e, &x, k);
    for (size_t i = s->first; i < s->first + s->n; i++) {
        segment_item *w = &e->l.values[i];
        if (w->place == place && w->label == ITEM_FROM)
            w->value = y.named ? y.from : SEGMENT_NOWHERE;
        else if (w->place == place && w->label == ITEM_PORT && y.named)
            w->value = y.port;
    }
    return true;
}

/* A new value for a draw: any, the first or the last choice, or one beside it. */
static uint32_t other_value(edit_rng *r, uint32_t value)
{
    switch (below(r, 6)) {
    case 0:
        return value == 0 ? UINT32_MAX : 0;
    case 1:
        return value >= UINT32_MAX - (UINT32_MAX >> 4) ? 0 : UINT32_MAX;
    default:
        return (uint32_t)next(r);
    }
}

/* Changes a draw of a segment, or a few: many draws alone make no difference. */
static bool change_draw(edit *e)
{
    size_t k;
    segment_item *v = draw_item(e, SEGMENT_LABELS, UINT16_MAX + 1, &k);
    if (!v)
        return false;
    v->value = other_value(&e->rng, v->value);
    const segment *s = at(e, k);
    for (size_t more = below(&e->rng, MOST_CHANGES); more > 0; more--) {
        segment_item *w = &e->l.values[s->first + below(&e->rng, s->n)];
        if (w != v && w->label >= SEGMENT_LABELS)
            w->value = other_value(&e->rng, w->value);
    }
    return true;
}

/* Draws a segment anew: its draws go, and a salt decides. */
static bool redraw(edit *e)
{
    if (count_placed(e) == 0)
        return false;
    segment *s = at(e, draw_placed(e));
    size_t n = 0;
    for (size_t i = s->first; i < s->first + s->n; i++)
        if (e->l.values[i].label < SEGMENT_LABELS)
            e->l.values[s->first + n++] = e->l.values[i];
    s->n = n;
    s->salt = (uint32_t)next(&e->rng) | 1;
    return true;
}

static bool change_operator(edit *e)
{
    size_t k;
    segment_item *v = draw_item(e, ITEM_OPERATOR, ITEM_OPERATOR + 1, &k);
    if (v)
        v->value = (uint32_t)next(&e->rng);
    return v != NULL;
}

/* ---- the result ---- */

/* Drops segments from the end until the rest fits. */
static size_t write_edit(edit *e, void *out, size_t most)
{
    size_t size = SEGMENT_MAGIC_SIZE;
    segment_list result = {0};
    for (size_t k = 0; k < e->n; k++)
        size += SEGMENT_HEADER_SIZE + at(e, k)->n * SEGMENT_UNIT;
    while (size > most && e->n > 0) {
        const size_t n = count_placed(e), k = n > 0 ? find_placed(e, n - 1) : e->n - 1;
        size -= SEGMENT_HEADER_SIZE + at(e, k)->n * SEGMENT_UNIT;
        take_out(e, k);
    }
    for (size_t k = 0; k < e->n; k++)
        segments_copy(&result, &e->l, e->order[k]);
    const bool ok = !result.failed && !e->l.failed && most >= LEAST;
    size = ok ? segments_size(&result) : 0;
    if (ok)
        segments_write(&result, out);
    segments_free(&result);
    return size;
}

typedef struct {
    const char *name;
    bool (*edit)(edit *e);
    unsigned weight;
} edit_row;

static const edit_row edits[TAPE_EDITS] = {
    {"insert", insert_step, 5}, {"remove", remove_one, 2},       {"repeat", repeat_run, 3}, {"move", move_one, 1},
    {"connect", connect, 4},    {"change draw", change_draw, 4}, {"redraw", redraw, 2},     {"change operator", change_operator, 2},
};

const char *tape_edit_name(size_t kind)
{
    return edits[kind].name;
}

size_t tape_edit(const void *tape, size_t size, void *out, size_t most, uint64_t seed, size_t kind)
{
    edit e;
    size_t result = 0;
    if (open_edit(&e, tape, size, seed)) {
        if (!edits[kind].edit(&e) && !e.l.failed)
            (void)insert_step(&e);
        result = write_edit(&e, out, most);
    }
    close_edit(&e);
    return result;
}

size_t nn_tape_mutate(const void *tape, size_t size, void *out, size_t most, uint64_t seed)
{
    if ((tape == NULL && size > 0) || out == NULL)
        return 0;
    size_t all = 0, kind = 0;
    for (size_t i = 0; i < TAPE_EDITS; i++)
        all += edits[i].weight;
    edit_rng r = {mix64(seed)};
    for (size_t x = below(&r, all); x >= edits[kind].weight; kind++)
        x -= edits[kind].weight;
    return tape_edit(tape, size, out, most, seed, kind);
}

size_t nn_tape_cross(const void *a, size_t a_size, const void *b, size_t b_size, void *out, size_t most, uint64_t seed)
{
    edit e, from = {0};
    size_t result = 0;
    if ((a == NULL && a_size > 0) || (b == NULL && b_size > 0) || out == NULL)
        return 0;
    bool ok = open_edit(&e, a, a_size, seed);
    ok = ok && open_edit(&from, b, b_size, seed);
    if (ok && count_placed(&from) > 0)
        ok = insert_run(&e, &from.l, draw_placed(&from), 1 + below(&e.rng, MOST_RUN));
    if (ok)
        result = write_edit(&e, out, most);
    close_edit(&e);
    close_edit(&from);
    return result;
}

size_t nn_tape_drop(const void *tape, size_t size, size_t k, void *out)
{
    edit e;
    size_t result = 0;
    if ((tape == NULL && size > 0) || out == NULL)
        return 0;
    if (open_edit(&e, tape, size, 0) && k < count_placed(&e)) {
        take_out(&e, find_placed(&e, k));
        result = write_edit(&e, out, size > LEAST ? size : LEAST);
    }
    close_edit(&e);
    return result;
}
