#include "form/form_chain.h"
#include "form/form_sizes.h"
#include "write/contents.h"

#include <string.h>

#define LARGEST 1e30 /* beyond this, a range proves nothing in float32 */

typedef struct {
    form_model *m;
    form_graph *g;
    form_scene scene;
    form_value *first;         /* x before the first step */
    const tensor_desc *origin; /* its description; also in one of the worlds */
    int64_t permutation[NN_MAX_RANK];
} placing;

/* ---- words ---- */

static size_t raised(const placing *p, int64_t out[NN_MAX_RANK + 1])
{
    size_t n = 0;
    for (int i = 0; i <= p->origin->rank; i++) {
        if (i == p->scene.axis)
            out[n++] = 1;
        if (i < p->origin->rank)
            out[n++] = p->origin->dims[i];
    }
    return n;
}

/* The dims without that of the axis, or with a 1 for it. */
static size_t reduced(const placing *p, bool keep, int64_t out[NN_MAX_RANK + 1])
{
    size_t n = 0;
    for (int i = 0; i < p->origin->rank; i++)
        if (i != p->scene.axis)
            out[n++] = p->origin->dims[i];
        else if (keep)
            out[n++] = 1;
    return n;
}

static size_t each_axis(const placing *p, form_dims word, int64_t out[NN_MAX_RANK + 1])
{
    const tensor_desc *d = p->origin;
    for (int i = 0; i < d->rank; i++) {
        int64_t k = p->permutation[i];
        switch (word) {
        case DIMS_ONES:
            out[i] = 1;
            break;
        case DIMS_SPREAD:
            out[i] = form_axis_varies(p->m, &p->first->desc, i) ? 1 : d->dims[i];
            break;
        case DIMS_PERMUTATION:
            out[i] = k;
            break;
        case DIMS_INVERSE:
            out[k] = i;
            break;
        case DIMS_PERMUTED:
            out[i] = d->dims[k];
            break;
        default:
            out[i] = d->dims[i];
            break;
        }
    }
    return (size_t)d->rank;
}

static size_t dims_of(const placing *p, form_dims word, int64_t out[NN_MAX_RANK + 1])
{
    switch (word) {
    case DIMS_FLAT:
        *out = tensor_elements(p->origin);
        return 1;
    case DIMS_SCALAR:
        return 0;
    case DIMS_RAISED:
        return raised(p, out);
    case DIMS_PICKED:
    case DIMS_SLICED:
        return reduced(p, word == DIMS_SLICED, out);
    case DIMS_AXIS:
        *out = p->scene.axis;
        return 1;
    case DIMS_LAST:
        *out = p->origin->rank - 1;
        return 1;
    case DIMS_RANKS:
        *out = p->origin->rank;
        return 1;
    case DIMS_UNIT:
        *out = 1;
        return 1;
    case DIMS_INDEX:
    case DIMS_NEXT:
        *out = p->scene.index + (word == DIMS_NEXT);
        return 1;
    default:
        return each_axis(p, word, out);
    }
}

/* false: the type has no such number. */
static bool number_of(const tensor_desc *d, int64_t limit, form_number word, double *x)
{
    double least, most, width = d->range.hi - d->range.lo;
    const bool whole = !dtype_is_float(d->type);
    if (!dtype_limits(d->type, &least, &most))
        return false;
    switch (word) {
    case NUMBER_ABOVE:
        *x = d->range.hi + (d->range.hi < 0 ? -d->range.hi : d->range.hi) / 8 + 1;
        break;
    case NUMBER_BELOW:
        *x = d->range.lo - (d->range.lo < 0 ? -d->range.lo : d->range.lo) / 8 - 1;
        break;
    case NUMBER_MIDDLE:
        *x = d->range.lo + width / 2;
        break;
    case NUMBER_LIMIT:
        *x = (double)limit;
        break;
    default:
        *x = word == NUMBER_ONE;
        return true;
    }
    if (whole)
        *x = *x >= -0x1p52 && *x <= 0x1p52 ? (double)(int64_t)*x : *x;
    return *x > -LARGEST && *x<LARGEST && * x> least && *x < most && (!whole || (*x > -0x1p52 && *x < 0x1p52));
}

/* ---- steps ---- */

/* The dims that a word stands for in each world; NULL: they are the same in all. */
static const int64_t *sizes_of(const placing *p, form_dims word, size_t n)
{
    const size_t worlds = p->m->request->g->n_worlds;
    int64_t *sizes = form_sizes_room(p->m, p->origin, (int)n);
    for (size_t w = 0; sizes != NULL && w < worlds; w++) {
        const tensor_desc here = tensor_in_world(&p->first->desc, w);
        placing q = *p;
        q.origin = &here;
        int64_t dims[NN_MAX_RANK + 1];
        (void)dims_of(&q, word, dims);
        memcpy(sizes + w * n, dims, n * sizeof *dims);
    }
    return sizes;
}

/* The same as the target of a Reshape, which has -1 where a symbol sizes a dimension. */
static size_t target_of(const placing *p, form_dims word, int64_t out[NN_MAX_RANK + 1])
{
    const size_t n = dims_of(p, word, out), worlds = p->m->request->g->n_worlds;
    const int64_t *sizes = sizes_of(p, word, n);
    for (size_t k = n; sizes != NULL && k < worlds * n; k++)
        if (sizes[k] != sizes[k % n])
            out[k % n] = -1;
    return n;
}

static form_value *list_constant(form_model *m, form_graph *g, const int64_t *x, size_t n, int rank)
{
    int64_t count = (int64_t)n;
    tensor_desc d = form_desc(DT_INT64, rank, &count);
    int64_t *bytes = form_memory(m, (n + 1) * sizeof *bytes);
    if (bytes != NULL)
        values_store_whole(bytes, DT_INT64, x, n);
    return form_constant(m, g, &d, bytes);
}

static form_value *number_constant(form_model *m, form_graph *g, const tensor_desc *like, double x)
{
    tensor_desc d = form_desc(like->type, 0, NULL);
    void *bytes = form_memory(m, 8);
    int64_t whole = (int64_t)x;
    if (bytes != NULL && dtype_is_float(d.type))
        values_store_real(bytes, d.type, &x, 1);
    else if (bytes != NULL)
        values_store_whole(bytes, d.type, &whole, 1);
    return form_constant(m, g, &d, bytes);
}

static form_value *operand(const placing *p, const form_operand *o, form_value *x)
{
    int64_t list[NN_MAX_RANK + 1];
    double number = 0;
    size_t n;
    switch (o->kind) {
    case OPERAND_X:
        return x;
    case OPERAND_INDEX:
        return p->scene.at;
    case OPERAND_TRUE:
        return form_constant_bool(p->m, p->g, true);
    case OPERAND_SHAPE:
        return form_shape_of(p->m, p->g, p->first);
    case OPERAND_LIST:
        n = target_of(p, (form_dims)o->what, list);
        return list_constant(p->m, p->g, list, n, 1);
    case OPERAND_INT:
        (void)dims_of(p, (form_dims)o->what, list);
        return list_constant(p->m, p->g, list, 1, 0);
    case OPERAND_NUMBER:
        break;
    }
    tensor_desc like = *p->origin;
    like.type = x->desc.type;
    (void)number_of(&like, p->scene.limit, (form_number)o->what, &number);
    return number_constant(p->m, p->g, &x->desc, number);
}

static void setting(const placing *p, form_node *n, const form_setting *s)
{
    int64_t list[NN_MAX_RANK + 1];
    if (s->literal || s->type) {
        form_attr_int(p->m, n, s->name, s->type && s->number == DT_NONE ? (int64_t)p->origin->type : s->number);
        return;
    }
    size_t count = dims_of(p, s->dims, list);
    if (s->dims >= DIMS_AXIS)
        form_attr_int(p->m, n, s->name, list[0]);
    else
        form_attr_ints(p->m, n, s->name, list, count);
}

static form_value *step(const placing *p, const form_step *s, form_value *x)
{
    form_node *n = form_node_new(p->m, p->g, s->op_type, "");
    int64_t dims[NN_MAX_RANK + 1];
    for (size_t i = 0; i < s->n_inputs; i++)
        form_add_input(p->m, n, operand(p, &s->inputs[i], x));
    for (size_t i = 0; i < s->n_attrs; i++)
        setting(p, n, &s->attrs[i]);
    size_t rank = dims_of(p, s->dims, dims);
    tensor_desc d = form_desc(s->type != DT_NONE ? s->type : p->origin->type, (int)rank, dims);
    d.open = s->dims == DIMS_SAME ? p->origin->open : 0;
    form_desc_size(p->m, &d, sizes_of(p, s->dims, rank));
    form_push(p->m, &p->g->nodes, n);
    return form_add_output(p->m, n, &d);
}

/* ---- chains ---- */

/* Number of dims that a symbol sizes and that a list states, at most. In a target 0 has a meaning of its own: it counts as two. */
static int open_dims(const form_model *m, form_dims word, const tensor_desc *x)
{
    int n = form_ever_empty(m, x) ? 2 : 0;
    for (int i = 0; i < x->rank; i++)
        n += (x->open >> i & 1) != 0 ? 2 : form_axis_varies(m, x, i); /* no list states what data decide */
    switch (word) {
    case DIMS_FLAT:
        return n > 1 && form_ever_empty(m, x) ? 2 : n > 0;
    case DIMS_SAME:
    case DIMS_PERMUTED:
    case DIMS_RAISED:
    case DIMS_PICKED:
    case DIMS_SLICED:
        return n;
    default:
        return 0;
    }
}

static bool step_fits(const form_model *m, const form_step *s, const tensor_desc *x)
{
    double unused;
    if (x->open != 0 && s->dims != DIMS_SAME && s->dims != DIMS_SCALAR) /* what data decide is known to be equal only */
        return false;
    for (size_t i = 0; i < s->n_inputs; i++) {
        const form_operand *o = &s->inputs[i];
        if (o->kind == OPERAND_NUMBER && !number_of(x, 1, (form_number)o->what, &unused))
            return false;
        if (o->kind == OPERAND_LIST && open_dims(m, (form_dims)o->what, x) > 1) /* a target has one -1 */
            return false;
    }
    return s->dims != DIMS_RAISED || x->rank < NN_MAX_RANK;
}

static bool fits(const form_model *m, const form_chain *c, form_use use, const tensor_desc *x)
{
    if (c->use != use || (c->types & dtype_bit(x->type)) == 0 || x->rank < c->least_rank || x->rank > c->most_rank ||
        (c->sizes && tensor_sizes(x) == NULL))
        return false;
    for (size_t i = 0; i < c->n_steps; i++)
        if (!step_fits(m, &c->steps[i], x))
            return false;
    return true;
}

static const form_chain *choose(form_model *m, form_use use, const tensor_desc *x)
{
    const form_chain *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < m->rules->n_chains; i++)
        if (fits(m, &m->rules->chains[i], use, x) && form_draw(m, ++n) == 0)
            found = &m->rules->chains[i];
    return found;
}

bool form_chain_fits(const form_model *m, form_use use, const tensor_desc *x)
{
    for (size_t i = 0; i < m->rules->n_chains; i++)
        if (fits(m, &m->rules->chains[i], use, x))
            return true;
    return false;
}

form_value *form_chain_put(form_model *m, form_graph *g, form_use use, form_value *x, const form_scene *scene)
{
    const form_chain *c = choose(m, use, &x->desc);
    if (c == NULL)
        return NULL;
    tensor_desc origin = x->desc;
    placing p = {.m = m, .g = g, .scene = *scene, .first = x, .origin = &origin};
    for (int i = 0; i < origin.rank; i++) {
        uint32_t k = form_draw(m, (uint32_t)i + 1);
        p.permutation[i] = p.permutation[k];
        p.permutation[k] = i;
    }
    if (use == USE_NEUTRAL)
        p.scene.axis = form_draw(m, (uint32_t)origin.rank + 1);
    form_value *y = x;
    for (size_t i = 0; i < c->n_steps && !m->failed; i++)
        y = step(&p, &c->steps[i], y);
    if (use == USE_NEUTRAL || use == USE_RAISE || use == USE_PICK || use == USE_TAKE)
        y->desc.range = origin.range;
    return y;
}
