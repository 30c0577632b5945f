/* Dims, types and the shapes of tensors. */
#include "motif/motif_draw.h"
#include "motif/motif_pattern.h"

#include <string.h>

enum { ATTEMPTS = 12, TYPICAL = 8 };
enum { SYMBOL_SHARE = 6 }; /* eighths of the dims of a first input that may be symbols */

static nn_status no_plan(motif_drawing *d, const char *why)
{
    d->why = why;
    return NN_ERR_BUILD;
}

nn_status motif_draw_value(motif_drawing *d, const motif_expr *e, inst_value *out)
{
    const char *why;
    recheck_result r = motif_value(out, e, &d->v, d->set->ops, &d->limits, d->a, &why);
    if (r == RECHECK_NOMEM)
        return NN_ERR_NOMEM;
    d->at = e->e->place;
    return r == RECHECK_KNOWN ? NN_OK : no_plan(d, why);
}

static void know(motif_drawing *d, sym_kind kind, int index, int output, inst_value v)
{
    for (size_t i = 0; i < d->def->n_symbols; i++) {
        const motif_symbol *y = &d->def->symbols[i];
        if (y->kind == kind && y->index == index && y->output == output)
            d->v.values[i] = (inst_var){.known = true, .v = v};
    }
}

void motif_know_shape(motif_drawing *d, sym_kind kind, int index, int output, const int64_t *dims, size_t rank)
{
    know(d, kind, index, output, (inst_value){.ints = dims, .n = rank});
}

/* ---- types ---- */

static void draw_types(motif_drawing *d)
{
    for (size_t v = 0; v < d->def->n_types; v++) {
        dtype_mask mask = d->def->type_masks[v];
        d->types[v] = d->def->first_types[v];
        if (!d->exact) {
            uint64_t k = tape_draw(d->t, "motif type", (uint64_t)__builtin_popcount(mask));
            dtype other = DT_NONE;
            for (int t = 1; t < DT_COUNT && k > 0; t++)
                if ((mask >> t & 1) != 0 && (dtype)t != d->types[v]) {
                    other = (dtype)t;
                    k--;
                }
            d->types[v] = other != DT_NONE ? other : d->types[v];
        }
        if (d->given != NULL && d->def->inputs[0].p.type_var == (int)v)
            d->types[v] = d->given->type;
        know(d, SYM_TYPE, (int)v, 0, (inst_value){.s = dtype_name(d->types[v])});
    }
}

/* ---- dims ---- */

static nn_status ends(motif_drawing *d, const motif_draw *r, int64_t *lo, int64_t *hi)
{
    inst_value a, b;
    nn_status s = motif_draw_value(d, &r->items[0], &a);
    if (s == NN_OK)
        s = motif_draw_value(d, &r->items[1], &b);
    if (s != NN_OK)
        return s;
    *lo = a.i;
    *hi = b.i;
    return a.i <= b.i ? NN_OK : no_plan(d, "the range is empty");
}

/* Sizes that programs have come first: powers of two. */
static int64_t draw_size(motif_drawing *d, int64_t lo, int64_t hi)
{
    if (hi > d->limits.max_dim)
        hi = lo > d->limits.max_dim ? lo : d->limits.max_dim;
    if (d->exact) {
        int64_t x = TYPICAL >> d->attempt / 2; /* smaller where that was too large */
        return lo > x ? lo : hi < x ? hi : x;
    }
    if (tape_chance(d->t, "motif size is a power of two", 1, 2)) {
        int64_t powers[8];
        size_t n = 0;
        for (int64_t x = 1; n < 8 && x <= hi; x *= 2)
            if (x >= lo)
                powers[n++] = x;
        if (n > 0)
            return powers[tape_draw(d->t, "motif size", n)];
    }
    return tape_range(d->t, "motif size", lo, lo <= 16 && hi > 16 ? 16 : hi);
}

static bool is_element(motif_drawing *d, const motif_draw *r, int64_t x, nn_status *s)
{
    for (size_t i = 0; i < r->n; i++) {
        inst_value v;
        *s = motif_draw_value(d, &r->items[i], &v);
        if (*s != NN_OK || v.i == x)
            return *s == NN_OK;
    }
    return false;
}

/* Whether the dim may have any size, and this is the size of a symbol. A set of one size states what it must be. */
static bool is_symbol(const motif_drawing *d, const motif_draw *r, int64_t x)
{
    size_t k = 0;
    while (k < d->limits.n_sizes && d->limits.sizes[k] != x)
        k++;
    return k < d->limits.n_sizes && r->kind == DRAW_SET && r->n > 1;
}

/* Draws the size of a symbol for a dim of the first input; 0: none. The first symbol is that of the first axis. */
static int64_t draw_symbol(motif_drawing *d, const motif_dim *m)
{
    const size_t n = d->limits.n_sizes;
    if (n == 0 || m->free_use < 0 || d->attempt > 0 || !tape_chance(d->t, "motif symbol", SYMBOL_SHARE, 8))
        return 0;
    return d->limits.sizes[m->free_use == 0 || n == 1 ? 0 : 1 + tape_draw(d->t, "motif size", n - 1)];
}

/* Whether the dim can have the size. */
static bool may_be(motif_drawing *d, const motif_draw *r, int64_t x, nn_status *s)
{
    if (r->kind != DRAW_RANGE)
        return is_element(d, r, x, s);
    int64_t lo, hi;
    *s = ends(d, r, &lo, &hi);
    return *s == NN_OK && lo <= x && x <= hi;
}

/* The dim has the size that a given tensor has there. */
static nn_status take_given(motif_drawing *d, const motif_dim *m, int64_t *x)
{
    const motif_pattern *p = &d->def->inputs[0].p;
    int k = m->free_use + (p->rest >= 0 && m->free_use >= p->rest ? d->n_rest : 0);
    *x = d->given->dims[k];
    nn_status s = NN_OK;
    bool fits = is_symbol(d, &m->draw, *x) || may_be(d, &m->draw, *x, &s);
    return s != NN_OK ? s : fits ? NN_OK : no_plan(d, "the given tensor has another size");
}

static nn_status draw_dim(motif_drawing *d, const motif_dim *m, int64_t before, int64_t *x)
{
    if (d->given != NULL && m->free_use >= 0)
        return take_given(d, m, x);
    nn_status known = NN_OK;
    if (d->repeat && before > 0 && may_be(d, &m->draw, before, &known)) {
        *x = before;
        return NN_OK;
    }
    if (known != NN_OK)
        return known;
    inst_value v;
    const int64_t symbol = draw_symbol(d, m);
    if (symbol > 0 && (is_symbol(d, &m->draw, symbol) || may_be(d, &m->draw, symbol, &known)) && known == NN_OK) {
        *x = symbol;
        return NN_OK;
    }
    if (m->draw.kind == DRAW_RANGE) {
        int64_t lo, hi;
        nn_status s = ends(d, &m->draw, &lo, &hi);
        *x = s == NN_OK ? draw_size(d, lo, hi) : 0;
        return s;
    }
    bool first = d->exact && d->attempt == 0;
    size_t k = m->draw.kind == DRAW_SET && !first ? tape_draw(d->t, "motif size", m->draw.n) : 0;
    nn_status s = motif_draw_value(d, &m->draw.items[k], &v);
    *x = v.i;
    return s;
}

/* What `..` stands for. */
static nn_status draw_rest(motif_drawing *d)
{
    const motif_pattern *p = &d->def->inputs[0].p;
    int named = (int)p->n_dims, most = d->limits.max_rank - named;
    d->n_rest = 0;
    if (d->given != NULL) {
        int left = d->given->rank - named;
        if (left < 0 || left > (p->rest >= 0 ? MOTIF_MAX_REST : 0))
            return no_plan(d, "the given tensor has another rank");
        d->n_rest = left;
        for (int k = 0; k < left; k++)
            d->rest[k] = d->given->dims[p->rest + k];
        return NN_OK;
    }
    if (p->rest < 0)
        return NN_OK;
    most = most > MOTIF_MAX_REST ? MOTIF_MAX_REST : most < 0 ? 0 : most;
    d->n_rest = !d->exact ? (int)tape_draw(d->t, "motif further dims", (uint64_t)most + 1) : most < 2 ? most : 2;
    for (int k = 0; k < d->n_rest; k++)
        d->rest[k] = tape_range(d->t, "motif further dim", d->exact ? 2 : 1, 5);
    return NN_OK;
}

static nn_status draw_dims(motif_drawing *d)
{
    nn_status s = draw_rest(d);
    int64_t x = 0;
    for (size_t i = 0; s == NN_OK && i < d->def->n_dims; i++) {
        s = draw_dim(d, &d->def->dims[i], x, &x);
        know(d, SYM_DIM, (int)i, 0, (inst_value){.i = x});
    }
    for (int k = 0; d->repeat && x > 0 && k < d->n_rest; k++)
        d->rest[k] = x;
    return s;
}

/* ---- tensors ---- */

nn_status motif_draw_real(motif_drawing *d, const motif_draw *r, const char *label, double *out)
{
    inst_value a, b = {0};
    size_t k = r->kind == DRAW_SET && !d->exact ? tape_draw(d->t, label, r->n) : 0;
    nn_status s = motif_draw_value(d, &r->items[k], &a);
    if (s == NN_OK && r->kind == DRAW_RANGE)
        s = motif_draw_value(d, &r->items[1], &b);
    if (s != NN_OK)
        return s;
    *out = r->kind == DRAW_RANGE && a.r < b.r ? tape_real(d->t, label, a.r, b.r) : a.r;
    return NN_OK;
}

static nn_status add_size(motif_drawing *d, tensor_desc *y, int64_t size, int64_t *elements)
{
    if (size < 1)
        return no_plan(d, "a dimension is smaller than 1");
    if (y->rank == d->limits.max_rank || y->rank == NN_MAX_RANK)
        return no_plan(d, "a tensor has too many dimensions");
    if (!nn_mul64(*elements, size, elements) || *elements > d->limits.max_elements)
        return no_plan(d, "a tensor has too many elements");
    y->dims[y->rank++] = size;
    return NN_OK;
}

nn_status motif_draw_desc(motif_drawing *d, const motif_pattern *p, tensor_desc *out)
{
    *out = (tensor_desc){.type = p->type_var >= 0 ? d->types[p->type_var] : p->type};
    int64_t elements = 1;
    nn_status s = NN_OK;
    for (size_t k = 0; s == NN_OK && k <= p->n_dims; k++) {
        for (int j = 0; s == NN_OK && p->rest == (int)k && j < d->n_rest; j++)
            s = add_size(d, out, d->rest[j], &elements);
        inst_value v;
        if (s != NN_OK || k == p->n_dims)
            break;
        s = motif_draw_value(d, &p->dims[k], &v);
        if (s == NN_OK)
            s = add_size(d, out, v.i, &elements);
    }
    out->range = iv(-__builtin_inf(), __builtin_inf());
    if (s == NN_OK && p->bounds.kind != DRAW_NONE) {
        inst_value lo, hi;
        s = motif_draw_value(d, &p->bounds.items[0], &lo);
        if (s == NN_OK)
            s = motif_draw_value(d, &p->bounds.items[1], &hi);
        if (s == NN_OK)
            out->range = iv(lo.r, hi.r);
        if (s == NN_OK && !(lo.r <= hi.r))
            s = no_plan(d, "the range of values is empty");
    }
    if (s == NN_OK && !tensor_narrow_to_type(out))
        s = no_plan(d, "the type has no value in the range");
    return s;
}

static nn_status check_given(motif_drawing *d)
{
    const motif_pattern *p = &d->def->inputs[0].p;
    tensor_desc want;
    nn_status s = motif_draw_desc(d, p, &want);
    if (s != NN_OK)
        return s;
    if (!tensor_shape_equal(&want, d->given) || !iv_inside(d->given->range, want.range))
        return no_plan(d, "the given tensor has another type, shape or range");
    return NN_OK;
}

/* Whether all inputs and constants can be made. */
static nn_status check_sizes(motif_drawing *d)
{
    nn_status s = NN_OK;
    tensor_desc y;
    for (size_t i = 0; s == NN_OK && i < d->def->n_inputs; i++) {
        s = motif_draw_desc(d, &d->def->inputs[i].p, &y);
        for (int k = 0; s == NN_OK && k < y.rank; k++)
            if (y.dims[k] > d->limits.max_dim && (i > 0 || d->given == NULL))
                s = no_plan(d, "an input has too large a dimension");
    }
    for (size_t i = 0; s == NN_OK && i < d->def->n_consts; i++)
        s = motif_draw_desc(d, &d->def->consts[i].p, &y);
    return s;
}

static bool type_fits(const motif_drawing *d)
{
    const motif_pattern *p = &d->def->inputs[0].p;
    return d->given == NULL || (motif_pattern_types(d->def, p) >> d->given->type & 1) != 0;
}

nn_status motif_draw_shapes(motif_drawing *d)
{
    if (!type_fits(d))
        return no_plan(d, "the given tensor has another type");
    draw_types(d);
    nn_status s = NN_OK;
    for (d->attempt = 0; d->attempt < ATTEMPTS; d->attempt++) {
        s = draw_dims(d);
        if (s == NN_OK && d->given != NULL)
            s = check_given(d);
        if (s == NN_OK)
            s = check_sizes(d);
        if (s != NN_ERR_BUILD)
            return s;
    }
    return s;
}
