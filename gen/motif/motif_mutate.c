/* A near miss is drawn again until one applies. Its kind is drawn first and is then tried on several places, so that kinds that
 * apply to few places are not rare. */
#include "motif/motif_mutate.h"
#include "motif/motif_mutation.h"

#include "base/json_line.h"

#include <string.h>

enum { KINDS = 24, TRIES = 8 };

outcome mutation_done(mutation *m, const char *name, const char *text)
{
    if (text == NULL || arena_failed(m->a))
        return NO_MEMORY;
    m->texts[m->n++] = text;
    m->last = name;
    return DONE;
}

size_t mutation_draw(mutation *m, size_t n)
{
    return tape_draw(m->t, "near miss", n);
}

const char *mutation_number(mutation *m, double x)
{
    char *s = arena_printf(m->a, "%.6g", x);
    if (s != NULL)
        (void)line_point(s);
    return s != NULL ? s : "?";
}

const char *mutation_shape(mutation *m, const tensor_desc *d)
{
    const char *s = "[";
    for (int i = 0; i < d->rank && s != NULL; i++)
        s = arena_printf(m->a, "%s%s%lld", s, i > 0 ? "," : "", (long long)d->dims[i]);
    s = s != NULL ? arena_printf(m->a, "%s]", s) : NULL;
    return s != NULL ? s : "?";
}

bool mutation_structural(const motif_node *n, size_t slot)
{
    size_t i = 0;
    while (slot >= (size_t)n->arity[i])
        slot -= (size_t)n->arity[i++];
    return n->op->inputs[i].roles == ROLE_CONSTANT;
}

bool mutation_same(motif_operand a, motif_operand b)
{
    return a.kind == b.kind && a.index == b.index && (a.kind != MOTIF_NODE || a.output == b.output);
}

const char *mutation_name(const motif_plan *p, motif_operand o)
{
    return o.kind == MOTIF_NODE    ? p->nodes[o.index].name
           : o.kind == MOTIF_INPUT ? p->inputs[o.index].name
                                   : p->consts[o.index].name;
}

size_t mutation_slots(const motif_node *n)
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
    for (size_t i = 0; i < mutation_slots(n); i++) {
        motif_operand o = n->operands[i];
        if (o.kind == MOTIF_CONST)
            m->constant[o.index] = true;
        else if (o.kind == MOTIF_INPUT)
            m->input[o.index] = true;
        else if (o.kind == MOTIF_NODE)
            m->node[o.index] = true; /* an earlier node: its turn comes */
    }
}

/* Whether a pin states the contents of what another node of the motif computes. The contents of a constant are checked when the
 * node is solved. */
static bool takes_claimed(const motif_node *n)
{
    bool takes = false;
    for (size_t i = 0; i < mutation_slots(n); i++)
        takes |= n->claimed && mutation_structural(n, i) && n->operands[i].kind == MOTIF_NODE;
    return takes;
}

static void lock_claimed(mutation *m)
{
    memset(m->node, 0, sizeof m->node);
    memset(m->input, 0, sizeof m->input);
    memset(m->constant, 0, sizeof m->constant);
    for (size_t k = m->p->n_nodes; k-- > 0;)
        if (m->node[k] || takes_claimed(&m->p->nodes[k]))
            lock(m, k);
}

motif_node *mutation_node(mutation *m, size_t *k)
{
    *k = mutation_draw(m, m->p->n_nodes);
    return m->node[*k] || m->p->nodes[*k].name == m->last ? NULL : &m->p->nodes[*k];
}

motif_const *mutation_const(mutation *m, size_t *k)
{
    if (m->p->n_consts == 0)
        return NULL;
    *k = mutation_draw(m, m->p->n_consts);
    return m->constant[*k] || m->p->consts[*k].name == m->last ? NULL : &m->p->consts[*k];
}

/* ---- operands ---- */

void mutation_replace(motif_plan *p, motif_operand from, motif_operand to)
{
    for (size_t k = 0; k < p->n_nodes; k++)
        for (size_t i = 0; i < mutation_slots(&p->nodes[k]); i++)
            if (mutation_same(p->nodes[k].operands[i], from))
                p->nodes[k].operands[i] = to;
}

size_t mutation_uses(const motif_plan *p, motif_operand o)
{
    size_t n = 0;
    for (size_t k = 0; k < p->n_nodes; k++)
        for (size_t i = 0; i < mutation_slots(&p->nodes[k]); i++)
            n += mutation_same(p->nodes[k].operands[i], o);
    return n;
}

void mutation_drop_const(motif_plan *p, size_t k)
{
    size_t last = --p->n_consts;
    p->consts[k] = p->consts[last];
    mutation_replace(p, (motif_operand){.kind = MOTIF_CONST, .index = (int)last},
                     (motif_operand){.kind = MOTIF_CONST, .index = (int)k});
}

bool mutation_spare(const mutation *m, motif_operand o)
{
    const motif_plan *p = m->p;
    if (o.kind < MOTIF_CONST)
        return true;
    if (mutation_name(p, o) == m->last)
        return false;
    if (o.kind == MOTIF_CONST)
        return true;
    return mutation_uses(p, o) > 1 || (o.kind == MOTIF_NODE && (p->nodes[o.index].outs >> o.output & 1) != 0);
}

bool mutation_range(interval *r, dtype t)
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

/* ---- all ---- */

typedef struct {
    outcome (*make)(mutation *m);
    uint8_t weight;
} mutation_kind;

/* What changes values and hardly the structure comes first: optimisers look at the structure and forget the rest. */
static const mutation_kind kinds[] = {
    {mutate_const_value, 3}, {mutate_const_shape, 8},    {mutate_swap, 6},           {mutate_pin, 10},
    {mutate_rewire, 4},      {mutate_const_to_input, 2}, {mutate_input_to_const, 1}, {mutate_types, 2},
    {mutate_twice, 1},       {mutate_unpin, 2},          {mutate_input_shape, 3},    {mutate_shown, 2},
    {mutate_consumer, 1},    {mutate_between, 2},        {mutate_double, 1},         {mutate_leave_out, 1},
};

enum { ROWS = sizeof kinds / sizeof *kinds };

int motif_draw_near_miss(tape *t)
{
    size_t all = 0;
    int k = 0;
    for (size_t i = 0; i < ROWS; i++)
        all += kinds[i].weight;
    for (size_t at = (size_t)tape_draw(t, "kind of near miss", all); at >= kinds[k].weight; k++)
        at -= kinds[k].weight;
    return k;
}

nn_status motif_mutate(const motif_set *s, motif_plan *p, int kind, bool given, const lower_limits *limits, tape *t, arena *a)
{
    mutation m = {.set = s, .p = p, .given = given, .limits = limits, .t = t, .a = a};
    size_t wanted = 1 + tape_draw(t, "second near miss", 3) / 2;
    for (int i = 0; i < KINDS && m.n < wanted; i++) {
        if (i > 0)
            kind = motif_draw_near_miss(t);
        outcome x = MISS;
        for (int k = 0; k < TRIES && x == MISS; k++) {
            lock_claimed(&m);
            x = kinds[kind % ROWS].make(&m);
        }
        if (x == NO_MEMORY)
            return NN_ERR_NOMEM;
    }
    const char **texts = arena_alloc(a, MUTATION_MOST * sizeof *texts);
    if (texts == NULL)
        return NN_ERR_NOMEM;
    memcpy(texts, m.texts, sizeof m.texts);
    p->mutations = texts;
    p->n_mutations = m.n;
    if (m.n == 0)
        p->level = MOTIF_VARIANT;
    return NN_OK;
}
