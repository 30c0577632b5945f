#include "sequences/seq_match.h"

#include <string.h>

typedef struct {
    size_t a, a_end, b, b_end;
} region;

typedef struct {
    const uint32_t *a, *b;
    size_t *row; /* lengths of shared blocks that end at each place of b, from 1 */
    region *stack;
    size_t n, capacity;
} matcher;

static size_t longest(const matcher *m, const region *r, size_t *at_a, size_t *at_b)
{
    size_t best = 0;
    memset(m->row + r->b, 0, (r->b_end - r->b + 1) * sizeof *m->row);
    for (size_t i = r->a; i < r->a_end; i++) {
        size_t before = 0; /* row[j] of the operator of a before this one */
        for (size_t j = r->b; j < r->b_end; j++) {
            size_t old = m->row[j + 1];
            m->row[j + 1] = m->a[i] == m->b[j] ? before + 1 : 0;
            before = old;
            if (m->row[j + 1] > best) {
                best = m->row[j + 1];
                *at_a = i + 1 - best;
                *at_b = j + 1 - best;
            }
        }
        m->row[r->b] = 0;
    }
    return best;
}

static bool push(matcher *m, region r)
{
    if (r.a == r.a_end || r.b == r.b_end)
        return true;
    if (!nn_grow((void **)&m->stack, &m->capacity, m->n + 1, sizeof *m->stack))
        return false;
    m->stack[m->n++] = r;
    return true;
}

static nn_status gestalt(matcher *m, size_t na, size_t nb, size_t least, seq_block_fn *call, void *data, nn_error *err)
{
    nn_status s = push(m, (region){0, na, 0, nb}) ? NN_OK : nn_nomem(err);
    while (m->n > 0 && s == NN_OK) {
        region r = m->stack[--m->n];
        if (r.b_end == SIZE_MAX) { /* a block whose left side is done */
            s = call(data, m->a + r.a, r.a_end - r.a);
            continue;
        }
        size_t at_a = 0, at_b = 0, n = longest(m, &r, &at_a, &at_b);
        if (n < least)
            continue;
        if (!push(m, (region){at_a + n, r.a_end, at_b + n, r.b_end}) || !push(m, (region){at_a, at_a + n, 0, SIZE_MAX}) ||
            !push(m, (region){r.a, at_a, r.b, at_b}))
            s = nn_nomem(err);
    }
    return s;
}

static nn_status maximal(const matcher *m, size_t na, size_t nb, size_t least, seq_block_fn *call, void *data)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i + least <= na; i++)
        for (size_t j = 0; j + least <= nb && s == NN_OK; j++) {
            size_t n = 0;
            if (i > 0 && j > 0 && m->a[i - 1] == m->b[j - 1])
                continue;
            while (i + n < na && j + n < nb && m->a[i + n] == m->b[j + n])
                n++;
            if (n >= least)
                s = call(data, m->a + i, n);
        }
    return s;
}

nn_status seq_match(seq_matching how, const uint32_t *a, size_t na, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call,
                    void *data, nn_error *err)
{
    matcher m = {.a = a, .b = b};
    least = least > 0 ? least : 1;
    if (how == SEQ_MAXIMAL)
        return maximal(&m, na, nb, least, call, data);
    m.row = nn_malloc((nb + 1) * sizeof *m.row);
    nn_status s = m.row != NULL ? gestalt(&m, na, nb, least, call, data, err) : nn_nomem(err);
    nn_free(m.row);
    nn_free(m.stack);
    return s;
}
