#include "build/world_symbols.h"

/* ---- symbols ---- */

typedef struct {
    const char *names[3];
    int64_t usual[4]; /* sizes in world 0 */
    int64_t least;    /* in other worlds, if it is not 1 */
} kind_row;

/* Usual sizes are numbers that attributes and channels seldom have, so that few dims have them by chance. */
static const kind_row kinds[SYMBOL_KINDS] = {
    [SYMBOL_BATCH] = {{"batch", "batch_size", "N"}, {3, 5, 6, 7}, 1},
    [SYMBOL_SEQUENCE] = {{"sequence", "sequence_length", "seq_len"}, {5, 7, 9, 10}, 1},
    [SYMBOL_HEIGHT] = {{"height", "H", "image_height"}, {7, 9, 11, 13}, 5},
    [SYMBOL_WIDTH] = {{"width", "W", "image_width"}, {7, 10, 11, 13}, 5},
    [SYMBOL_FREE] = {{"length", "input.1_dynamic_axes_0", "past"}, {5, 6, 11, 13}, 1},
};

#define GROWTH 3        /* the largest size is that in world 0 and up to so many more */
#define SMALL_IMAGE 4   /* one of so many images has a side of 1 */
#define TRIES 16        /* of the sizes of a symbol */
#define STATIC_INPUTS 8 /* one of so many new graph inputs has no symbol */

static bool size_taken(const world_symbols *s, int64_t size)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->symbols[i].size[0] == size)
            return true;
    return false;
}

/* A size for world 0 that no other symbol has; 0: there is none. */
static int64_t draw_usual(const world_symbols *s, const kind_row *row, int64_t most, tape *t)
{
    enum { N = sizeof row->usual / sizeof *row->usual };
    const size_t first = (size_t)tape_draw(t, "usual size", N);
    for (size_t k = 0; k < N; k++) {
        const int64_t size = row->usual[(first + k) % N];
        if (size <= most && !size_taken(s, size))
            return size;
    }
    return 0;
}

/* Whether b follows from a in all worlds as sizes follow from sizes: (a + p) / s + q, or a * s + q. */
static bool follows(const graph_symbol *a, const graph_symbol *b)
{
    enum { STRIDES = 4 };
    for (int64_t s = 1; s <= STRIDES; s++)
        for (int64_t p = 0; p <= s; p++) { /* p == s: the product */
            const int64_t *x = a->size, *y = b->size;
            size_t w = 0;
            while (w < WORLD_COUNT && (p < s ? y[w] - y[0] == (x[w] + p) / s - (x[0] + p) / s : y[w] - y[0] == (x[w] - x[0]) * s))
                w++;
            if (w == WORLD_COUNT)
                return true;
        }
    return false;
}

/* Whether a dimension that is computed from one of the symbols might be taken for another. */
static bool confusable(const world_symbols *s, const graph_symbol *x)
{
    for (size_t i = 0; i < s->n; i++)
        if (follows(&s->symbols[i], x) || follows(x, &s->symbols[i]))
            return true;
    return false;
}

/* none: the smallest may be 0. */
static void draw_sizes(const kind_row *row, int64_t usual, int64_t most, bool none, graph_symbol *x, tape *t)
{
    const int64_t largest = tape_range(t, "largest size", usual, usual + GROWTH <= most ? usual + GROWTH : most);
    int64_t least = 1;
    if (row->least > 1 && !tape_chance(t, "small image", 1, SMALL_IMAGE))
        least = tape_range(t, "smallest size", row->least - 1, row->least + 1);
    if (none && tape_chance(t, "size of 0", 1, 2))
        least = 0;
    const int64_t sizes[WORLD_COUNT] = {usual, least, largest, tape_range(t, "another size", least, largest)};
    for (size_t w = 0; w < WORLD_COUNT; w++)
        x->size[w] = sizes[w];
}

static void draw_symbol(world_symbols *s, symbol_kind kind, int64_t most, bool none, tape *t)
{
    const kind_row *row = &kinds[kind];
    const int64_t usual = draw_usual(s, row, most, t);
    graph_symbol x = {.name = row->names[tape_draw(t, "symbol name", 3)]};
    for (int k = 0; k < TRIES && usual > 0; k++) {
        draw_sizes(row, usual, most, none, &x, t);
        if (confusable(s, &x))
            continue;
        s->of[kind] = (int)s->n;
        s->symbols[s->n++] = x;
        return;
    }
}

void world_symbols_clear(world_symbols *s)
{
    s->n = 0;
    for (int kind = 0; kind < SYMBOL_KINDS; kind++)
        s->of[kind] = -1;
}

void world_symbols_draw(world_symbols *s, bool batch, const lower_limits *limits, tape *t)
{
    const int64_t most = limits->max_dim < limits->max_elements ? limits->max_dim : limits->max_elements;
    world_symbols_clear(s);
    for (int kind = 0; kind < (batch ? SYMBOL_BATCH + 1 : SYMBOL_KINDS); kind++)
        draw_symbol(s, (symbol_kind)kind, most, limits->empty > 0, t);
}

/* ---- graph inputs ---- */

enum { NO = -1, B = SYMBOL_BATCH, S = SYMBOL_SEQUENCE, H = SYMBOL_HEIGHT, W = SYMBOL_WIDTH, F = SYMBOL_FREE };

typedef struct {
    int rank;
    int kinds[5];
} layout_row;

static const layout_row layouts[] = {
    {1, {B}},
    {1, {S}},
    {1, {F}},
    {2, {B, NO}},
    {2, {B, S}},
    {2, {S, NO}},
    {2, {F, NO}},
    {2, {NO, F}},
    {3, {B, S, NO}},
    {3, {B, NO, S}},
    {3, {B, NO, NO}},
    {3, {B, NO, F}},
    {3, {S, B, NO}},
    {4, {B, NO, H, W}},
    {4, {B, NO, H, W}},
    {4, {B, NO, NO, NO}},
    {4, {NO, NO, H, W}},
    {4, {B, NO, S, NO}},
    {4, {B, H, W, NO}},
    {5, {B, NO, NO, NO, NO}},
    {5, {B, NO, F, NO, NO}},
};

void world_layout_draw(const world_symbols *s, int rank, int axes[NN_MAX_RANK], tape *t)
{
    const size_t all = sizeof layouts / sizeof *layouts;
    size_t n = 0, at;
    for (int i = 0; i < NN_MAX_RANK; i++)
        axes[i] = -1;
    if (s->n == 0 || rank < 1 || tape_draw(t, "static input", STATIC_INPUTS) == STATIC_INPUTS - 1)
        return;
    for (size_t i = 0; i < all; i++)
        n += layouts[i].rank == rank;
    if (n == 0) {
        axes[0] = s->of[SYMBOL_BATCH];
        return;
    }
    at = (size_t)tape_draw(t, "layout", n);
    for (size_t i = 0; i < all; i++) {
        if (layouts[i].rank != rank || at-- != 0)
            continue;
        for (int k = 0; k < rank; k++)
            axes[k] = layouts[i].kinds[k] < 0 ? -1 : s->of[layouts[i].kinds[k]];
        return;
    }
}
