#include "compare/elements.h"

#include <stdlib.h>
#include <string.h>

/* Greater first; infinite ones by how far they are off; then in the order of the files. */
static int by_ratio(const void *x, const void *y)
{
    const outside_element *a = x, *b = y;
    if (a->ratio != b->ratio)
        return a->ratio > b->ratio ? -1 : 1;
    if (a->off != b->off)
        return a->off > b->off ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

void outside_sort(outside_list *l)
{
    if (l->n > 1)
        qsort(l->all, l->n, sizeof *l->all, by_ratio);
    l->n = l->n < l->limit ? l->n : l->limit;
}

void outside_free(outside_list *l)
{
    nn_free(l->all);
    *l = (outside_list){.n = 0};
}

/* Twice as many as are wanted are kept before they are sorted. */
static nn_status keep(outside_list *l, const outside_element *e, nn_error *err)
{
    if (l->limit == 0)
        return NN_OK;
    if (l->n >= l->limit && l->n - l->limit >= l->limit)
        outside_sort(l);
    if (!nn_grow((void **)&l->all, &l->capacity, l->n + 1, sizeof *l->all))
        return nn_nomem(err);
    l->all[l->n++] = *e;
    return NN_OK;
}

/* Numbers of one output. Whole numbers are compared as such: a double does not hold all of them. */
typedef struct {
    double *expected, *actual, *bounds;
    int64_t *expected_ints, *actual_ints;
    bool whole;
} numbers;

static bool read_numbers(numbers *x, const compared_output *c, arena *a)
{
    size_t n = c->expected->n + 1;
    x->whole = !dtype_is_float(c->expected->type);
    x->expected = arena_alloc(a, n * sizeof(double));
    x->actual = arena_alloc(a, n * sizeof(double));
    x->bounds = c->bounds != NULL ? arena_alloc(a, n * sizeof(double)) : NULL;
    x->expected_ints = arena_calloc(a, n, sizeof(int64_t));
    x->actual_ints = arena_calloc(a, n, sizeof(int64_t));
    if (arena_failed(a))
        return false;
    file_tensor_reals(c->expected, x->expected);
    file_tensor_reals(c->actual, x->actual);
    if (x->whole) {
        file_tensor_ints(c->expected, x->expected_ints);
        file_tensor_ints(c->actual, x->actual_ints);
    }
    if (x->bounds != NULL)
        file_tensor_reals(c->bounds, x->bounds);
    return true;
}

static double distance(const numbers *x, dtype type, size_t i)
{
    if (!x->whole)
        return __builtin_fabs(x->actual[i] - x->expected[i]);
    int64_t a = x->actual_ints[i], b = x->expected_ints[i];
    bool less = type == DT_UINT64 ? (uint64_t)a < (uint64_t)b : a < b;
    return (double)(less ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b);
}

/* Whether element i is right: within its bound, or the same infinity, or NaN where NaN is expected. */
static bool inside(const numbers *x, size_t i, double off, double bound)
{
    double y = x->actual[i], v = x->expected[i];
    if (off <= bound || bound > __DBL_MAX__)
        return true;
    return x->whole ? off == 0 : y == v || (y != y && v != v);
}

static void place_of(outside_element *e, const file_tensor *t, size_t i)
{
    e->rank = t->rank;
    for (int k = t->rank - 1; k >= 0; k--) {
        e->index[k] = (int64_t)(i % (size_t)t->dims[k]);
        i /= (size_t)t->dims[k];
    }
}

static outside_element element_of(const numbers *x, const compared_output *c, size_t i, double off, double bound)
{
    const double infinite = __builtin_inf();
    outside_element e = {.output = c->output,
                         .set = c->set,
                         .number = c->number,
                         .type = c->expected->type,
                         .expected = x->expected[i],
                         .bound = bound,
                         .actual = x->actual[i],
                         .expected_int = x->expected_ints[i],
                         .actual_int = x->actual_ints[i],
                         .off = off <= __DBL_MAX__ ? off : infinite};
    e.ratio = e.off / bound;
    if (!(e.ratio <= __DBL_MAX__))
        e.ratio = infinite;
    place_of(&e, c->expected, i);
    return e;
}

static nn_status compare(outside_list *l, const compared_output *c, const numbers *x, nn_error *err)
{
    uint64_t before = l->outside;
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < c->expected->n; i++) {
        double off = distance(x, c->expected->type, i);
        double bound = x->bounds != NULL ? x->bounds[i] : c->atol + c->rtol * __builtin_fabs(x->expected[i]);
        l->elements++;
        l->unbounded += bound > __DBL_MAX__ && x->bounds != NULL;
        if (inside(x, i, off, bound))
            continue;
        outside_element e = element_of(x, c, i, off, bound);
        e.place = l->elements;
        l->outside++;
        l->worst = e.ratio > l->worst ? e.ratio : l->worst;
        s = keep(l, &e, err);
    }
    l->outputs++;
    l->outputs_with += l->outside > before;
    return s;
}

nn_status outside_add(outside_list *l, const compared_output *c, nn_error *err)
{
    arena a;
    numbers x;
    arena_init(&a, 0);
    nn_status s = read_numbers(&x, c, &a) ? compare(l, c, &x, err) : nn_nomem(err);
    arena_free(&a);
    return s;
}
