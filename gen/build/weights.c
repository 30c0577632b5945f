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

/* Gets the next line without its comment; false: there is none. */
static bool next_line(const char **at, word *line)
{
    if (**at == '\0')
        return false;
    const char *p = *at, *end = p + strcspn(p, "\n"), *stop = p + strcspn(p, "#\n");
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
    word names[2];
    size_t n_names;
    uint32_t weight;
} entry;

/* Reads a line: names and a weight. */
static bool read_entry(word line, entry *e)
{
    const char *end = line.at + line.n, *p = end;
    while (p > line.at && !is_space(p[-1]))
        p--;
    if (p == line.at || !read_number(p, end, &e->weight))
        return false;
    while (p > line.at && is_space(p[-1]))
        p--;
    const char *comma = line.at;
    while (comma < p && *comma != ',')
        comma++;
    comma = comma < p ? comma : NULL;
    const char *stop = comma ? comma : p;
    e->n_names = comma ? 2 : 1;
    while (stop > line.at && is_space(stop[-1]))
        stop--;
    e->names[0] = (word){line.at, (size_t)(stop - line.at)};
    if (comma) {
        comma++;
        while (comma < p && is_space(*comma))
            comma++;
        e->names[1] = (word){comma, (size_t)(p - comma)};
    }
    for (size_t i = 0; i < e->n_names; i++)
        for (size_t k = 0; k < e->names[i].n; k++)
            if (is_space(e->names[i].at[k]) || e->names[i].at[k] == ',')
                return false;
    return e->names[0].n > 0 && (e->n_names == 1 || e->names[1].n > 0);
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

nn_status weights_parse(op_weights **out, const op_set *ops, const char *text, arena *a, nn_error *err)
{
    op_weights *x = arena_calloc(a, 1, sizeof *x);
    word line;
    if (!x)
        return nn_nomem(err);
    if (strchr(text, ',') && op_pairs_fit(ops, "weights", err) != NN_OK)
        return NN_ERR_USAGE;
    x->n_ops = ops->n_ops;
    x->ops = arena_calloc(a, x->n_ops + 1, sizeof *x->ops);
    if (strchr(text, ',')) /* the comma may be in a comment; that only costs memory */
        x->pairs = arena_calloc(a, x->n_ops * x->n_ops + 1, sizeof *x->pairs);
    if (!x->ops || (strchr(text, ',') && !x->pairs))
        return nn_nomem(err);
    for (size_t i = 0; i < x->n_ops; i++)
        x->ops[i] = 1000;
    for (size_t i = 0; x->pairs && i < x->n_ops * x->n_ops; i++)
        x->pairs[i] = 1000;
    for (int pass = 0; pass < 3; pass++) {
        int number = 1;
        for (const char *at = text; next_line(&at, &line); number++) {
            entry e = {0};
            nn_error inner;
            if (line.n == 0)
                continue;
            if (!read_entry(line, &e))
                return nn_fail(
                    err, NN_ERR_USAGE, NULL, 0, 0,
                    "weights, line %d: '%.*s': expected one operator, or two separated by a comma, and a number from 0 to "
                    "10000 with at most three decimals",
                    number, (int)(line.n < 60 ? line.n : 60), line.at);
            if (apply(x, ops, &e, pass, &inner) != NN_OK)
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
    for (const char *at = text; next_line(&at, &line);) {
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
    *to = '\0';
    return copy;
}
