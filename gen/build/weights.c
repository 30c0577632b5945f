#include "build/weights.h"
#include "rules/opfilter.h"

#include <string.h>

#define MOST 10000000u /* in thousandths */

typedef struct {
    const char *at;
    size_t n;
} word;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Gets the next line without its comment; false: there is none, or the weights end here. */
static bool next_line(const char **at, word *line)
{
    const char *p = *at, *end = p + strcspn(p, "\n"), *stop = p + strcspn(p, "#\n");
    if (*p == '\0' || (end - p == 3 && memcmp(p, "---", 3) == 0))
        return false;
    *at = *end == '\n' ? end + 1 : end;
    while (p < stop && is_space(*p))
        p++;
    while (stop > p && is_space(stop[-1]))
        stop--;
    *line = (word){p, (size_t)(stop - p)};
    return true;
}

/* Reads a decimal number, in thousandths. */
static bool read_number(const char *p, const char *end, uint32_t *x)
{
    uint64_t n = 0;
    int decimals = -1;
    if (p == end || *p == '.')
        return false;
    for (; p < end; p++) {
        if (*p == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*p < '0' || *p > '9' || decimals == 3 || n > MOST)
            return false;
        n = 10 * n + (uint64_t)(*p - '0');
        decimals += decimals >= 0;
    }
    if (decimals == 0)
        return false;
    for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
        n *= 10;
    *x = (uint32_t)n;
    return n <= MOST;
}

typedef struct {
    word names[WEIGHT_SEQUENCE_MOST];
    size_t n_names;
    uint32_t weight;
} entry;

/* Reads a name up to the next comma; *p moves past the comma, or to NULL if there is none. */
static bool read_name(const char **p, const char *end, word *name)
{
    const char *from = *p, *comma = memchr(from, ',', (size_t)(end - from));
    const char *to = comma ? comma : end;
    while (from < to && is_space(*from))
        from++;
    while (to > from && is_space(to[-1]))
        to--;
    *name = (word){from, (size_t)(to - from)};
    *p = comma ? comma + 1 : NULL;
    for (size_t k = 0; k < name->n; k++)
        if (is_space(from[k]))
            return false;
    return name->n > 0;
}

/* Reads a line: names and a weight. */
static bool read_entry(word line, entry *e)
{
    const char *end = line.at + line.n, *p = end, *at = line.at;
    while (p > line.at && !is_space(p[-1]))
        p--;
    if (p == line.at || !read_number(p, end, &e->weight))
        return false;
    for (e->n_names = 0; at; e->n_names++)
        if (e->n_names == WEIGHT_SEQUENCE_MOST || !read_name(&at, p, &e->names[e->n_names]))
            return false;
    return true;
}

static bool any(word w)
{
    return w.n == 1 && *w.at == '*';
}

/* The operators that a name means: *lo up to *hi - 1. */
static nn_status find(const op_set *ops, word w, size_t *lo, size_t *hi, nn_error *err)
{
    int op = -1;
    *lo = 0;
    *hi = ops->n_ops;
    if (any(w))
        return NN_OK;
    nn_status s = op_set_find(ops, w.at, w.n, &op, err);
    *lo = s == NN_OK ? (size_t)op : 0;
    *hi = *lo + 1;
    return s;
}

/* Applies one entry. pass: the number of names other than *. Entries with fewer names are applied first, so that those with more
 * win. */
static nn_status apply(op_weights *x, const op_set *ops, const entry *e, int pass, nn_error *err)
{
    int spelt = !any(e->names[0]) + (e->n_names == 2 && !any(e->names[1]));
    size_t lo[2] = {0, 0}, hi[2] = {0, 0};
    for (size_t i = 0; i < e->n_names; i++)
        if (find(ops, e->names[i], &lo[i], &hi[i], err) != NN_OK)
            return NN_ERR_USAGE;
    if (spelt != pass)
        return NN_OK;
    for (size_t a = lo[0]; a < hi[0]; a++) {
        if (e->n_names == 1)
            x->ops[a] = e->weight;
        for (size_t b = e->n_names == 2 ? lo[1] : 0; e->n_names == 2 && b < hi[1]; b++)
            x->pairs[a * x->n_ops + b] = e->weight;
    }
    return NN_OK;
}

/* Adds a sequence of three or more operators. */
static nn_status add_sequence(op_weights *x, const op_set *ops, const entry *e, nn_error *err)
{
    weight_sequence q = {.n = (uint16_t)e->n_names, .weight = e->weight};
    for (size_t i = 0; i < e->n_names; i++) {
        size_t lo, hi;
        if (any(e->names[i]))
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "expected a name instead of * in a sequence of three or more operators");
        if (find(ops, e->names[i], &lo, &hi, err) != NN_OK)
            return NN_ERR_USAGE;
        q.ops[i] = (uint16_t)lo;
    }
    if (q.weight > 0)
        x->sequences[x->n_sequences++] = q;
    return NN_OK;
}

/* The number of lines that may be sequences of three or more operators. */
static size_t count_sequences(const char *text)
{
    size_t n = 0;
    word line;
    while (next_line(&text, &line)) {
        const char *first = memchr(line.at, ',', line.n);
        n += first && memchr(first + 1, ',', (size_t)(line.at + line.n - first - 1));
    }
    return n;
}

/* Allocates the weights, all 1. */
static op_weights *weights_new(const op_set *ops, const char *text, arena *a)
{
    op_weights *x = arena_calloc(a, 1, sizeof *x);
    bool pairs = strchr(text, ',') != NULL; /* the comma may be in a comment; that only costs memory */
    if (!x)
        return NULL;
    x->n_ops = ops->n_ops;
    x->ops = arena_calloc(a, x->n_ops + 1, sizeof *x->ops);
    x->pairs = pairs ? arena_calloc(a, x->n_ops * x->n_ops + 1, sizeof *x->pairs) : NULL;
    x->sequences = arena_calloc(a, count_sequences(text) + 1, sizeof *x->sequences);
    if (!x->ops || (pairs && !x->pairs) || !x->sequences)
        return NULL;
    for (size_t i = 0; i < x->n_ops; i++)
        x->ops[i] = 1000;
    for (size_t i = 0; x->pairs && i < x->n_ops * x->n_ops; i++)
        x->pairs[i] = 1000;
    return x;
}

nn_status weights_parse(op_weights **out, const op_set *ops, const char *text, arena *a, nn_error *err)
{
    word line;
    if (strchr(text, ',') && op_pairs_fit(ops, "weights", err) != NN_OK)
        return NN_ERR_USAGE;
    op_weights *x = weights_new(ops, text, a);
    if (!x)
        return nn_nomem(err);
    for (int pass = 0; pass < 3; pass++) {
        int number = 1;
        for (const char *at = text; next_line(&at, &line); number++) {
            entry e = {0};
            nn_error inner;
            if (line.n == 0)
                continue;
            if (!read_entry(line, &e))
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                               "weights, line %d: '%.*s': expected 1 to %d operators separated by commas and a number from 0 to "
                               "10000 with at most three decimals",
                               number, (int)(line.n < 60 ? line.n : 60), line.at, WEIGHT_SEQUENCE_MOST);
            if (e.n_names > 2 && pass > 0)
                continue;
            if ((e.n_names > 2 ? add_sequence(x, ops, &e, &inner) : apply(x, ops, &e, pass, &inner)) != NN_OK)
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "weights, line %d: %.300s", number, inner.message);
        }
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < x->n_ops; i++)
        sum += x->ops[i];
    if (sum == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "weights: no operator has a weight above 0");
    *out = x;
    return NN_OK;
}

char *weights_normal(const char *text, arena *a)
{
    char *copy = arena_alloc(a, strlen(text) + 2), *to = copy;
    word line;
    if (!copy)
        return NULL;
    const char *at = text;
    while (next_line(&at, &line)) {
        bool gap = false;
        for (size_t i = 0; i < line.n; i++) {
            if (is_space(line.at[i])) {
                gap = true;
                continue;
            }
            if (gap && line.at[i] != ',' && to[-1] != ',')
                *to++ = ' ';
            gap = false;
            *to++ = line.at[i];
        }
        if (line.n > 0)
            *to++ = '\n';
    }
    size_t n = strlen(at);
    memcpy(to, at, n + 1);
    return copy;
}

const char *weights_rest(const char *text)
{
    word line;
    while (next_line(&text, &line)) {
    }
    return text;
}
