/* Puts computed elements into tensors. */
#include "reference/ref_run.h"

#define INFINITE ((double)__builtin_inff())

/* Our own roundings of the bounds: fewer than 2^20 in a chain, each of 2^-53. */
static const double INFLATE = 1 + 0x1p-32;

static int64_t wrapped(dtype t, int64_t w)
{
    unsigned unused = 64 - dtype_bits(t);
    if (t == DT_NONE || t == DT_INT64 || t == DT_UINT64)
        return w;
    if (t == DT_BOOL)
        return w != 0;
    uint64_t high = (uint64_t)w << unused;
    return dtype_is_signed(t) ? (int64_t)high >> unused : (int64_t)(high >> unused);
}

/* From exact whole numbers to v and e, because a later element is not exact, or no whole number. */
static bool loosen(ref_tensor *t, arena *a)
{
    double *v = arena_calloc(a, 2 * t->n + 1, sizeof *v);
    if (v == NULL)
        return false;
    for (size_t i = 0; t->w != NULL && i < t->n; i++) {
        v[i] = t->type == DT_UINT64 ? (double)(uint64_t)t->w[i] : (double)t->w[i];
        v[t->n + i] = __builtin_fabs(v[i]) >= 0x1p53 ? __builtin_fabs(v[i]) * 0x1p-53 : 0;
    }
    t->v = v;
    t->e = v + t->n;
    t->w = NULL;
    return true;
}

static bool make_room(ref_tensor *t, const ref_value *v, arena *a)
{
    bool whole = t->type == DT_NONE || !dtype_is_float(t->type);
    if (t->w == NULL && t->v == NULL) {
        t->whole = whole;
        if (whole && v->kind == REF_INT) {
            t->w = arena_calloc(a, t->n + 1, sizeof *t->w);
            return t->w != NULL;
        }
        return loosen(t, a);
    }
    return t->w == NULL || v->kind == REF_INT || loosen(t, a);
}

static void put_reals(const ref_run *run, ref_tensor *t, size_t first, const ref_value *x)
{
    double least = -INFINITE, largest = INFINITE;
    bool rounds = dtype_is_float(t->type);
    ref_unit unit = ref_unit_of(rounds ? t->type : run->unit.type);
    dtype_limits(t->type, &least, &largest);
    for (size_t i = 0; i < run->r.n; i++) {
        size_t k = x->uniform ? 0 : i;
        double v = x->v[k], e = x->e[k] * INFLATE;
        if (rounds && e == 0 && v == v && !ref_representable(t->type, v))
            ref_rounded(&unit, 1, 1, &v, &e);
        bool special = v - v != 0;                                                  /* an exact infinity or NaN */
        bool stores = dtype_format_of(t->type) != NULL && dtype_bits(t->type) < 16; /* what did not fit was dealt with by a rule */
        if (t->type != DT_NONE && !stores && !(special && e == 0) && !(v - e >= least && v + e <= largest))
            e = INFINITE;
        t->v[first + i] = v;
        t->e[first + i] = e >= 0 ? e : INFINITE;
    }
}

bool ref_store(ref_run *run, ref_tensor *t, size_t first, ref_value x, arena *a, spec_place place)
{
    if (!ref_is_number(&x)) {
        ref_fail(run, place, "a number was expected for each element");
        return true;
    }
    x = ref_settle(&run->r, x);
    if (x.kind == REF_REAL && t->type != DT_NONE && !dtype_is_float(t->type)) {
        ref_fail(run, place, "a whole number was expected for an output of type %s; `cast` and `int` convert", dtype_name(t->type));
        return true;
    }
    if (!make_room(t, &x, a))
        return false;
    t->whole &= x.kind != REF_REAL;
    if (t->w != NULL) {
        for (size_t i = 0; i < run->r.n; i++)
            t->w[first + i] = wrapped(t->type, x.w[x.uniform ? 0 : i]);
        return true;
    }
    x = ref_as_real(&run->r, x);
    put_reals(run, t, first, &x);
    return true;
}
