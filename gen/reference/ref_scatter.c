/* scatter(data, at, updates, reduction): data, where updates are put at the flat positions `at`, one after the other. */
#include "reference/ref_run.h"

#include <string.h>

typedef enum { PUT, ADD, MULTIPLY, GREATEST, LEAST, KINDS } reduction;

static reduction read_reduction(ref_run *run, const ref_expr *x)
{
    static const char *const words[] = {"none", "add", "mul", "max", "min"};
    ref_value v = ref_eval(run, x);
    for (int k = 0; k < KINDS; k++)
        if (v.kind == REF_TEXT && strcmp(v.s, words[k]) == 0)
            return (reduction)k;
    ref_fail(run, x->place, "'none', 'add', 'mul', 'max' or 'min' was expected");
    return PUT;
}

static int64_t combine_whole(reduction how, int64_t a, int64_t b)
{
    switch (how) {
    case ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case MULTIPLY:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case GREATEST:
        return a > b ? a : b;
    case LEAST:
        return a < b ? a : b;
    default:
        return b;
    }
}

/* One more update. Sums may be taken in any order, so that each rounds numbers as large as all terms together: `all`. */
static void combine(const ref_run *run, reduction how, bool whole, double *v, double *e, double *all, double w, double ew)
{
    double far = whole ? 0 : 1;
    switch (how) {
    case ADD:
        *all += __builtin_fabs(w) + ew;
        *v += w;
        *e += ew + far * (run->unit.u * *all * 2 + run->unit.tiny);
        return;
    case MULTIPLY:
        *e = __builtin_fabs(*v) * ew + (__builtin_fabs(w) + ew) * *e;
        *v *= w;
        if (!whole)
            ref_rounded(&run->unit, 1, 1, v, e);
        return;
    case GREATEST:
    case LEAST:
        *e = w - w != 0 || *v - *v != 0 ? (double)__builtin_inff() : *e > ew ? *e : ew; /* it moves by no more than its operands */
        *v = (how == GREATEST) == (w > *v) ? w : *v;
        return;
    default:
        *v = w;
        *e = ew;
    }
}

static bool matches(ref_run *run, const ref_expr *x, const ref_tensor *at, const ref_tensor *updates)
{
    if (at != NULL && updates != NULL && at->n == updates->n && (at->w != NULL || at->n == 0) &&
        (updates->w != NULL || updates->v != NULL))
        return true;
    ref_fail(run, x->place, "exact positions and as many updates were expected");
    return false;
}

ref_value ref_scatter(ref_run *run, const ref_expr *x, const ref_tensor *data)
{
    const ref_tensor *at = ref_tensor_of(run, x->args[1]), *updates = ref_tensor_of(run, x->args[2]);
    reduction how = read_reduction(run, x->args[3]);
    ref_tensor *y = arena_calloc(run->r.a, 1, sizeof *y);
    double *v = arena_calloc(run->r.a, 3 * data->n + 1, sizeof *v);
    if (y == NULL || v == NULL) {
        run->r.exhausted = true;
        return (ref_value){.kind = REF_TENSOR, .t = NULL};
    }
    double *e = v + data->n, *all = e + data->n;
    *y = *data;
    if (run->status != NN_OK || !matches(run, x, at, updates))
        return (ref_value){.kind = REF_TENSOR, .t = y};
    bool exact = data->w != NULL && updates->w != NULL;
    y->type = DT_NONE;
    y->w = exact ? (int64_t *)v : NULL;
    y->v = exact ? NULL : v;
    y->e = exact ? NULL : e;
    for (size_t i = 0; i < data->n; i++) {
        if (exact) {
            y->w[i] = data->w[i];
            continue;
        }
        v[i] = data->w != NULL ? (double)data->w[i] : data->v[i];
        e[i] = data->w != NULL ? 0 : data->e[i];
        all[i] = __builtin_fabs(v[i]) + e[i];
    }
    for (size_t k = 0; k < at->n; k++) {
        int64_t i = at->w[k];
        if (i < 0 || (size_t)i >= data->n)
            continue;
        if (exact)
            y->w[i] = combine_whole(how, y->w[i], updates->w[k]);
        else
            combine(run, how, data->whole, &v[i], &e[i], &all[i], updates->w != NULL ? (double)updates->w[k] : updates->v[k],
                    updates->w != NULL ? 0 : updates->e[k]);
    }
    return (ref_value){.kind = REF_TENSOR, .t = y};
}
