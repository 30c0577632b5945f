/* A near miss is drawn again until it applies. Each is a function that returns MISS if it does not apply to what it drew; the plan
 * is then unchanged. */
#include "motif/motif_mutate.h"
#include "motif/motif_draw.h"

#include "base/json_line.h"
#include "rules/opmodel_rules.h"

#include <string.h>

enum { TRIES = 40, MOST = 2 };

typedef enum { MISS, DONE, NO_MEMORY } outcome;

typedef struct {
    const motif_set *set;
    motif_plan *p;
    bool given;
    const lower_limits *limits;
    tape *t;
    arena *a;
    bool node[MOTIF_MAX_NODES], input[MOTIF_MAX_INPUTS], constant[MOTIF_MAX_CONSTS]; /* must stay as they are */
    const char *texts[MOST];
    size_t n;
} mutation;

static outcome done(mutation *m, const char *text)
{
    if (text == NULL || arena_failed(m->a))
        return NO_MEMORY;
    m->texts[m->n++] = text;
    return DONE;
}

static size_t draw(mutation *m, size_t n)
{
    return tape_draw(m->t, "near miss", n);
}

/* The shortest of a few texts that is enough for a message, with a point in every locale. */
static const char *number(mutation *m, double x)
{
    char *s = arena_printf(m->a, "%.6g", x);
    if (s != NULL)
        (void)line_point(s);
    return s != NULL ? s : "?";
}

static bool written(motif_operand o)
{
    return o.kind >= MOTIF_CONST;
}

static bool same(motif_operand a, motif_operand b)
{
    return a.kind == b.kind && a.index == b.index && (a.kind != MOTIF_NODE || a.output == b.output);
}

static size_t slots(const motif_node *n)
{
    size_t k = 0;
    for (size_t i = 0; i < n->op->n_inputs; i++)
        k += (size_t)n->arity[i];
    return k;
}

/* ---- what must stay ---- */

static void lock(mutation *m, size_t k)
{
    const motif_node *n = &m->p->nodes[k];
    m->node[k] = true;
    for (size_t i = 0; i < slots(n); i++) {
        motif_operand o = n->operands[i];
        if (o.kind == MOTIF_CONST)
            m->constant[o.index] = true;
        else if (o.kind == MOTIF_INPUT)
            m->input[o.index] = true;
        else if (o.kind == MOTIF_NODE)
            m->node[o.index] = true; /* an earlier node: its turn comes */
    }
}

static void lock_claimed(mutation *m)
{
    memset(m->node, 0, sizeof m->node);
    memset(m->input, 0, sizeof m->input);
    memset(m->constant, 0, sizeof m->constant);
    for (size_t k = m->p->n_nodes; k-- > 0;)
        if (m->node[k] || m->p->nodes[k].claimed)
            lock(m, k);
}

/* A node that may change; NULL: the one that was drawn may not. */
static motif_node *free_node(mutation *m, size_t *k)
{
    *k = draw(m, m->p->n_nodes);
    return m->node[*k] ? NULL : &m->p->nodes[*k];
}

static motif_const *free_const(mutation *m, size_t *k)
{
    if (m->p->n_consts == 0)
        return NULL;
    *k = draw(m, m->p->n_consts);
    return m->constant[*k] ? NULL : &m->p->consts[*k];
}

/* ---- operands ---- */

static void replace(motif_plan *p, motif_operand from, motif_operand to)
{
    for (size_t k = 0; k < p->n_nodes; k++)
        for (size_t i = 0; i < slots(&p->nodes[k]); i++)
            if (same(p->nodes[k].operands[i], from))
                p->nodes[k].operands[i] = to;
}

static size_t uses(const motif_plan *p, motif_operand o)
{
    size_t n = 0;
    for (size_t k = 0; k < p->n_nodes; k++)
        for (size_t i = 0; i < slots(&p->nodes[k]); i++)
            n += same(p->nodes[k].operands[i], o);
    return n;
}

/* Takes out constant k, which nothing uses; the last one gets its number. */
static void drop_const(motif_plan *p, size_t k)
{
    size_t last = --p->n_consts;
    p->consts[k] = p->consts[last];
    replace(p, (motif_operand){.kind = MOTIF_CONST, .index = (int)last}, (motif_operand){.kind = MOTIF_CONST, .index = (int)k});
}

static void drop_input(motif_plan *p, size_t k)
{
    size_t last = --p->n_inputs;
    uint64_t bit = p->graph_input >> last & 1;
    p->inputs[k] = p->inputs[last];
    p->graph_input = (p->graph_input & ~(UINT64_C(1) << last) & ~(UINT64_C(1) << k)) | (k < last ? bit << k : 0);
    replace(p, (motif_operand){.kind = MOTIF_INPUT, .index = (int)last}, (motif_operand){.kind = MOTIF_INPUT, .index = (int)k});
}

/* ---- constants ---- */

static outcome const_value(mutation *m)
{
    size_t k;
    motif_const *c = free_const(m, &k);
    if (c == NULL || c->init.kind != CONTENT_LIST || c->init.n_list != 1 || c->desc.type == DT_BOOL)
        return MISS;
    double x = c->init.list[0], *y = arena_alloc(m->a, sizeof *y), least, largest;
    if (y == NULL)
        return NO_MEMORY;
    const double others[] = {x * 2, x + 1, x / 2, x * 1.001, -x, x * 10};
    *y = motif_of_type(c->desc.type, others[draw(m, sizeof others / sizeof *others)]);
    if (*y == x || (dtype_limits(c->desc.type, &least, &largest) && !(least <= *y && *y <= largest)))
        return MISS;
    c->init.list = y;
    c->desc.range = iv_point(*y);
    c->desc.likely = est_tied(est_still(c->desc.range), true);
    return done(m, arena_printf(m->a, "constant %s: %s -> %s", c->name, number(m, x), number(m, *y)));
}

static outcome const_rank(mutation *m)
{
    static const char *const shapes[] = {"[]", "[1]", "[1,1]", "[1,1,1]"};
    size_t k;
    motif_const *c = free_const(m, &k);
    if (c == NULL || tensor_elements(&c->desc) != 1 || c->desc.rank > 3)
        return MISS;
    static const int ranks[] = {0, 1, 3};
    int rank = ranks[draw(m, 3)], before = c->desc.rank;
    if (rank == before || rank > m->limits->max_rank)
        return MISS;
    c->desc.rank = rank;
    for (int i = 0; i < rank; i++)
        c->desc.dims[i] = 1;
    return done(m, arena_printf(m->a, "constant %s: %s -> %s", c->name, shapes[before], shapes[rank]));
}

/* Values of the type within the range: finite ends of whole numbers are whole and within the limits. False: there are none. */
static bool range_of_type(interval *r, dtype t)
{
    double least, largest;
    if (dtype_is_float(t) || !dtype_limits(t, &least, &largest))
        return true;
    if (__builtin_isfinite(r->lo))
        r->lo = iv_ceil(*r).lo < least ? least : iv_ceil(*r).lo;
    if (__builtin_isfinite(r->hi))
        r->hi = iv_floor(*r).hi > largest ? largest : iv_floor(*r).hi;
    return r->lo <= r->hi;
}

/* The values of an input that takes the place of the constant. They vary. */
static interval input_range(const tensor_desc *c)
{
    interval r = c->range;
    if (r.lo == r.hi)
        r = r.lo == 0 ? iv(-1, 1) : r.lo > 0 ? iv(r.lo / 2, r.lo * 2) : iv(r.lo * 2, r.lo / 2);
    return range_of_type(&r, c->type) ? r : c->range;
}

static outcome const_to_input(mutation *m)
{
    size_t k;
    motif_plan *p = m->p;
    const motif_const *c = free_const(m, &k);
    if (c == NULL || p->n_inputs == MOTIF_MAX_INPUTS || (m->set->ops->data >> c->desc.type & 1) == 0)
        return MISS;
    for (int i = 0; i < c->desc.rank; i++)
        if (c->desc.dims[i] > m->limits->max_dim)
            return MISS;
    motif_in *in = &p->inputs[p->n_inputs];
    *in = (motif_in){.name = c->name, .desc = c->desc};
    in->desc.range = input_range(&c->desc);
    in->desc.likely = (estimate){.known = false};
    const char *name = c->name;
    replace(p, (motif_operand){.kind = MOTIF_CONST, .index = (int)k},
            (motif_operand){.kind = MOTIF_INPUT, .index = (int)p->n_inputs});
    drop_const(p, k);
    p->graph_input |= UINT64_C(1) << p->n_inputs++;
    return done(m, arena_printf(m->a, "constant %s is a graph input", name));
}

static outcome input_to_const(mutation *m)
{
    motif_plan *p = m->p;
    if (p->n_inputs < 2 || p->n_consts == MOTIF_MAX_CONSTS)
        return MISS;
    size_t k = 1 + draw(m, p->n_inputs - 1);
    if (m->input[k])
        return MISS;
    motif_const *c = &p->consts[p->n_consts];
    *c = (motif_const){.name = p->inputs[k].name, .desc = p->inputs[k].desc};
    motif_fill_random(c);
    if (!iv_valid(c->desc.range))
        return MISS;
    replace(p, (motif_operand){.kind = MOTIF_INPUT, .index = (int)k},
            (motif_operand){.kind = MOTIF_CONST, .index = (int)p->n_consts++});
    drop_input(p, k);
    return done(m, arena_printf(m->a, "input %s is a constant", c->name));
}

/* ---- types and shapes ---- */

static bool convert(mutation *m, motif_const *c, dtype to, bool *nomem)
{
    c->desc.type = to;
    if (c->init.kind != CONTENT_LIST) {
        motif_fill_random(c);
        return iv_valid(c->desc.range);
    }
    double *list = arena_alloc(m->a, (c->init.n_list + 1) * sizeof *list), least, largest;
    *nomem |= list == NULL;
    bool limited = dtype_limits(to, &least, &largest);
    interval r = iv_point(0);
    for (size_t i = 0; list != NULL && i < c->init.n_list; i++) {
        list[i] = motif_of_type(to, c->init.list[i]);
        if (limited && !(least <= list[i] && list[i] <= largest))
            return false;
        r = i == 0 ? iv_point(list[i]) : iv_hull(r, iv_point(list[i]));
    }
    c->init.list = list;
    c->desc.range = r;
    c->desc.likely = est_tied(est_still(r), true);
    return list != NULL;
}

static dtype other_type(mutation *m, dtype from)
{
    dtype_mask mask = m->set->ops->data & ~dtype_bit(from);
    if (mask == 0)
        return DT_NONE;
    uint64_t k = tape_draw(m->t, "near miss", (uint64_t)__builtin_popcount(mask));
    for (int t = 1; t < DT_COUNT; t++)
        if ((mask >> t & 1) != 0 && k-- == 0)
            return (dtype)t;
    return DT_NONE;
}

/* All tensors that have the type of input 0 get another. */
static outcome other_types(mutation *m)
{
    motif_plan *p = m->p;
    dtype from = p->inputs[0].desc.type, to = other_type(m, from);
    bool nomem = false;
    if (m->given || to == DT_NONE)
        return MISS;
    motif_const *consts = arena_alloc(m->a, MOTIF_MAX_CONSTS * sizeof *consts);
    if (consts == NULL)
        return NO_MEMORY;
    memcpy(consts, p->consts, p->n_consts * sizeof *consts);
    interval ranges[MOTIF_MAX_INPUTS];
    for (size_t i = 0; i < p->n_inputs; i++) {
        ranges[i] = p->inputs[i].desc.range;
        if (p->inputs[i].desc.type == from && !range_of_type(&ranges[i], to))
            return MISS;
    }
    for (size_t i = 0; i < p->n_consts; i++)
        if (consts[i].desc.type == from && !convert(m, &consts[i], to, &nomem))
            return nomem ? NO_MEMORY : MISS;
    p->consts = consts;
    for (size_t i = 0; i < p->n_inputs; i++)
        if (p->inputs[i].desc.type == from) {
            p->inputs[i].desc.type = to;
            p->inputs[i].desc.range = ranges[i];
        }
    for (size_t k = 0; k < p->n_nodes; k++)
        if (p->nodes[k].output_type == from)
            p->nodes[k].output_type = to;
    return done(m, arena_printf(m->a, "type %s -> %s", dtype_name(from), dtype_name(to)));
}

static const char *shape_text(mutation *m, const tensor_desc *d)
{
    const char *s = "[";
    for (int i = 0; i < d->rank && s != NULL; i++)
        s = arena_printf(m->a, "%s%s%lld", s, i > 0 ? "," : "", (long long)d->dims[i]);
    return s != NULL ? s : "?";
}

static outcome input_shape(mutation *m)
{
    size_t k = draw(m, m->p->n_inputs), way = draw(m, 3);
    motif_in *in = &m->p->inputs[k];
    tensor_desc *d = &in->desc, before = *d;
    if (m->input[k] || (k == 0 && m->given))
        return MISS;
    if (way == 0 && d->rank > 0) {
        d->dims[draw(m, (size_t)d->rank)] = 1;
    } else if (way == 1 && d->rank < m->limits->max_rank && d->rank < NN_MAX_RANK) {
        memmove(d->dims + 1, d->dims, (size_t)d->rank * sizeof *d->dims);
        d->dims[0] = 1;
        d->rank++;
    } else if (way == 2 && d->rank > 1) {
        d->rank--;
        memmove(d->dims, d->dims + 1, (size_t)d->rank * sizeof *d->dims);
    }
    if (tensor_shape_equal(d, &before))
        return MISS;
    return done(m, arena_printf(m->a, "input %s: %s] -> %s]", in->name, shape_text(m, &before), shape_text(m, d)));
}

/* ---- operands of nodes ---- */

/* Two slots of a node that hold different operands. */
static motif_node *two_slots(mutation *m, size_t *i, size_t *j)
{
    size_t k;
    motif_node *n = free_node(m, &k);
    size_t count = n != NULL ? slots(n) : 0;
    if (count < 2)
        return NULL;
    *i = draw(m, count);
    *j = draw(m, count);
    return written(n->operands[*i]) && written(n->operands[*j]) && !same(n->operands[*i], n->operands[*j]) ? n : NULL;
}

static outcome swap(mutation *m)
{
    size_t i, j;
    motif_node *n = two_slots(m, &i, &j);
    if (n == NULL)
        return MISS;
    motif_operand o = n->operands[i];
    n->operands[i] = n->operands[j];
    n->operands[j] = o;
    return done(m, arena_printf(m->a, "operands of %s swapped", n->name));
}

static outcome twice(mutation *m)
{
    size_t i, j;
    motif_node *n = two_slots(m, &i, &j);
    if (n == NULL)
        return MISS;
    motif_operand o = n->operands[j];
    bool used = uses(m->p, o) > 1 || (o.kind == MOTIF_NODE && (m->p->nodes[o.index].outs >> o.output & 1) != 0);
    if (!used && o.kind != MOTIF_CONST) /* nothing else would use it */
        return MISS;
    n->operands[j] = n->operands[i];
    if (!used)
        drop_const(m->p, (size_t)o.index);
    return done(m, arena_printf(m->a, "%s takes the same tensor twice", n->name));
}

/* ---- pins ---- */

static bool change_value(mutation *m, ex_type type, inst_value *v, bool *nomem)
{
    if (type == TY_BOOL || (type == TY_INT && (v->i == 0 || v->i == 1))) {
        v->i = 1 - v->i;
        return true;
    }
    if (type == TY_INT) {
        v->i += draw(m, 2) == 0 ? 1 : -1;
        return true;
    }
    if (type == TY_REAL) {
        v->r = v->r == 0 ? 1 : v->r * 2;
        return true;
    }
    if (type != TY_INTS || v->n == 0)
        return false;
    int64_t *list = arena_alloc(m->a, v->n * sizeof *list);
    *nomem = list == NULL;
    if (list == NULL)
        return false;
    memcpy(list, v->ints, v->n * sizeof *list);
    size_t i = draw(m, v->n), j = draw(m, v->n);
    if (i != j) { /* a permutation stays one */
        list[i] = v->ints[j];
        list[j] = v->ints[i];
    } else {
        list[i] += draw(m, 2) == 0 ? 1 : -1;
    }
    v->ints = list;
    return true;
}

static outcome pin(mutation *m)
{
    size_t k;
    motif_node *n = free_node(m, &k);
    if (n == NULL || n->n_pins == 0)
        return MISS;
    size_t i = draw(m, n->n_pins);
    motif_pin *pins = arena_alloc(m->a, n->n_pins * sizeof *pins);
    if (pins == NULL)
        return NO_MEMORY;
    memcpy(pins, n->pins, n->n_pins * sizeof *pins);
    const rule_var *v = &n->op->rules->vars[pins[i].var];
    bool nomem = false;
    if (draw(m, 3) > 0) {
        bool changed = change_value(m, v->type, &pins[i].v, &nomem);
        if (!changed)
            return nomem ? NO_MEMORY : MISS;
        n->pins = pins;
        return done(m, arena_printf(m->a, "%s of %s changed", v->name, n->name));
    }
    pins[i] = pins[--n->n_pins];
    n->pins = pins;
    return done(m, arena_printf(m->a, "%s of %s drawn", v->name, n->name));
}

/* ---- nodes ---- */

/* A node that applies op to o. An operator that may give another type is asked for the one of input 0, which most tensors have. */
static motif_node unary(const motif_plan *p, const op_model *op, motif_operand o)
{
    motif_node n = {.name = op->name, .op = op};
    if (op->outputs[0].type_var >= 0 && op->outputs[0].type_var != op->inputs[0].type_var)
        n.output_type = p->inputs[0].desc.type;
    n.arity[0] = 1;
    n.operands[0] = o;
    return n;
}

static const op_model *draw_between(mutation *m)
{
    if (m->set->n_between == 0 || m->p->n_nodes == MOTIF_MAX_NODES)
        return NULL;
    return m->set->between[draw(m, m->set->n_between)];
}

/* An inner tensor: the output of a node that only the motif's nodes take. */
static motif_node *inner_node(mutation *m, size_t *k)
{
    motif_node *n = free_node(m, k);
    return n != NULL && (n->outs & 1) == 0 && uses(m->p, (motif_operand){MOTIF_NODE, (int)*k, 0}) > 0 ? n : NULL;
}

static outcome consumer(mutation *m)
{
    size_t k;
    const op_model *op = draw_between(m);
    const motif_node *n = op != NULL ? inner_node(m, &k) : NULL;
    if (n == NULL)
        return MISS;
    motif_node *more = &m->p->nodes[m->p->n_nodes++];
    *more = unary(m->p, op, (motif_operand){MOTIF_NODE, (int)k, 0});
    more->outs = 1;
    return done(m, arena_printf(m->a, "%s also goes to %s", n->name, op->name));
}

static outcome shown(mutation *m)
{
    size_t k;
    const motif_node *n = inner_node(m, &k);
    if (n == NULL || (m->p->shown >> k & 1) != 0)
        return MISS;
    m->p->shown |= UINT64_C(1) << k;
    return done(m, arena_printf(m->a, "%s is a graph output", n->name));
}

/* Makes room for a node at place k. */
static void make_room(motif_plan *p, size_t k)
{
    memmove(p->nodes + k + 1, p->nodes + k, (p->n_nodes - k) * sizeof *p->nodes);
    p->n_nodes++;
    for (size_t i = k + 1; i < p->n_nodes; i++)
        for (size_t j = 0; j < slots(&p->nodes[i]); j++)
            if (p->nodes[i].operands[j].kind == MOTIF_NODE && p->nodes[i].operands[j].index >= (int)k)
                p->nodes[i].operands[j].index++;
    uint64_t below = (UINT64_C(1) << k) - 1;
    p->shown = (p->shown & below) | (p->shown & ~below) << 1;
}

static outcome between(mutation *m)
{
    size_t k;
    const op_model *op = draw_between(m);
    const motif_node *n = op != NULL ? free_node(m, &k) : NULL;
    if (n == NULL || slots(n) == 0)
        return MISS;
    size_t i = draw(m, slots(n));
    motif_operand o = n->operands[i];
    if (o.kind != MOTIF_NODE && o.kind != MOTIF_INPUT)
        return MISS;
    const char *name = n->name, *from = o.kind == MOTIF_NODE ? m->p->nodes[o.index].name : m->p->inputs[o.index].name;
    make_room(m->p, k);
    m->p->nodes[k] = unary(m->p, op, o);
    m->p->nodes[k + 1].operands[i] = (motif_operand){MOTIF_NODE, (int)k, 0};
    return done(m, arena_printf(m->a, "%s between %s and %s", op->name, from, name));
}

/* ---- all ---- */

nn_status motif_mutate(const motif_set *s, motif_plan *p, bool given, const lower_limits *limits, tape *t, arena *a)
{
    static outcome (*const kinds[])(mutation *) = {const_value, const_rank,  const_to_input, input_to_const, swap,     pin,    pin,
                                                   other_types, input_shape, twice,          shown,          consumer, between};
    mutation m = {.set = s, .p = p, .given = given, .limits = limits, .t = t, .a = a};
    size_t wanted = 1 + tape_draw(t, "second near miss", 3) / 2;
    for (int k = 0; k < TRIES && m.n < wanted; k++) {
        lock_claimed(&m);
        if (kinds[draw(&m, sizeof kinds / sizeof *kinds)](&m) == NO_MEMORY)
            return NN_ERR_NOMEM;
    }
    const char **texts = arena_alloc(a, MOST * sizeof *texts);
    if (texts == NULL)
        return NN_ERR_NOMEM;
    memcpy(texts, m.texts, sizeof m.texts);
    p->mutations = texts;
    p->n_mutations = m.n;
    if (m.n == 0)
        p->level = MOTIF_VARIANT;
    return NN_OK;
}
