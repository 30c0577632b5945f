/* A plan: tensors with their contents, and nodes with resolved pins. */
#include "motif/motif.h"
#include "motif/motif_draw.h"
#include "motif/motif_mutate.h"

#include "rules/opmodel_rules.h"
#include "value/dmath.h"

#include <string.h>

double motif_of_type(dtype t, double x)
{
    if (dtype_is_float(t))
        return dtype_nearest(t, x);
    return dtype_is_whole(t) ? dm_round_even(x) : x;
}

/* ---- constants ---- */

static nn_status wrong(motif_drawing *d, const char *why, spec_place at)
{
    d->why = why;
    d->at = at;
    return NN_ERR_BUILD;
}

/* Numbers of the constant's type, and their range. int64 has 2^63 for "to the end". */
static nn_status fill_list(motif_drawing *d, motif_const *c, double *list, size_t n, spec_place at)
{
    double least, largest;
    bool limited = c->desc.type != DT_INT64 && dtype_limits(c->desc.type, &least, &largest);
    interval r = iv_point(0);
    for (size_t i = 0; i < n; i++) {
        bool fits = dtype_is_float(c->desc.type) || dm_round_even(list[i]) == list[i];
        list[i] = motif_of_type(c->desc.type, list[i]);
        if (!fits || !(list[i] - list[i] == 0) || (limited && !(least <= list[i] && list[i] <= largest)))
            return wrong(d, "the type of the constant does not have this value", at);
        r = i == 0 ? iv_point(list[i]) : iv_hull(r, iv_point(list[i]));
    }
    if (n != 1 && (int64_t)n != tensor_elements(&c->desc))
        return wrong(d, "the list is not as long as the constant has elements", at);
    c->init = (content){.kind = CONTENT_LIST, .list = list, .n_list = n};
    c->desc.range = r;
    c->desc.likely = est_tied(est_still(r), true);
    return NN_OK;
}

void motif_fill_random(motif_const *c)
{
    dtype t = c->desc.type;
    interval r = iv_finite(c->desc.range) ? c->desc.range : iv(-1, 1);
    double least, largest;
    if (t == DT_BOOL) {
        c->init = (content){.kind = CONTENT_MASK, .count = -1};
        c->desc.range = iv(0, 1);
        c->desc.likely = est_tied(est_still(c->desc.range), true);
        return;
    }
    if (dtype_limits(t, &least, &largest))
        r = iv_meet(r, iv(least, largest));
    if (dtype_is_float(t))
        r = iv(dtype_toward(t, r.lo, true), dtype_toward(t, r.hi, false));
    else
        r = iv(dm_ceil(r.lo), dm_floor(r.hi));
    c->init = (content){.kind = dtype_is_float(t) ? CONTENT_UNIFORM : CONTENT_INTEGERS, .lo = r.lo, .hi = r.hi};
    c->desc.range = r;
    c->desc.likely = est_tied(est_still(r), c->init.kind != CONTENT_UNIFORM);
}

static nn_status fill_const(motif_drawing *d, const motif_pattern *p, motif_const *c)
{
    nn_status s = NN_OK;
    if (p->fill.kind != DRAW_NONE) {
        double *x = arena_alloc(d->a, sizeof *x);
        s = x != NULL ? motif_draw_real(d, &p->fill, "motif constant", x) : NN_ERR_NOMEM;
        if (s == NN_OK)
            s = fill_list(d, c, x, 1, p->place);
    } else if (p->list.e != NULL) {
        inst_value v;
        s = motif_draw_value(d, &p->list, &v);
        double *list = s == NN_OK ? arena_alloc(d->a, (v.n + 1) * sizeof *list) : NULL;
        if (s == NN_OK && list == NULL)
            s = NN_ERR_NOMEM;
        if (s == NN_OK && v.n > 0)
            memcpy(list, v.reals, v.n * sizeof *list);
        if (s == NN_OK)
            s = fill_list(d, c, list, v.n, p->place);
    } else {
        motif_fill_random(c);
        if (!iv_valid(c->desc.range))
            s = wrong(d, "the type of the constant has no value in this range", p->place);
    }
    return s;
}

static nn_status plan_consts(motif_drawing *d, motif_plan *p)
{
    p->n_consts = d->def->n_consts;
    p->consts = arena_alloc(d->a, MOTIF_MAX_CONSTS * sizeof *p->consts);
    nn_status s = p->consts != NULL ? NN_OK : NN_ERR_NOMEM;
    for (size_t i = 0; s == NN_OK && i < p->n_consts; i++) {
        motif_const *c = &p->consts[i];
        const motif_tensor *t = &d->def->consts[i];
        *c = (motif_const){.name = t->name};
        s = motif_draw_desc(d, &t->p, &c->desc);
        if (s == NN_OK)
            s = fill_const(d, &t->p, c);
        motif_know_shape(d, SYM_CONST, (int)i, 0, c->desc.dims, (size_t)c->desc.rank);
    }
    return s;
}

/* Whether the first type has all values of the sets that constants are drawn from. */
static nn_status check_sets(motif_drawing *d, const motif_plan *p)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < p->n_consts; i++) {
        const motif_pattern *from = &d->def->consts[i].p;
        for (size_t k = 0; s == NN_OK && from->fill.kind == DRAW_SET && k < from->fill.n; k++) {
            motif_const c = p->consts[i];
            inst_value v;
            s = motif_draw_value(d, &from->fill.items[k], &v);
            if (s == NN_OK)
                s = fill_list(d, &c, &v.r, 1, from->place);
        }
    }
    return s;
}

static nn_status plan_inputs(motif_drawing *d, motif_plan *p)
{
    p->n_inputs = d->def->n_inputs;
    p->inputs = arena_alloc(d->a, MOTIF_MAX_INPUTS * sizeof *p->inputs);
    nn_status s = p->inputs != NULL ? NN_OK : NN_ERR_NOMEM;
    for (size_t i = 0; s == NN_OK && i < p->n_inputs; i++) {
        motif_in *in = &p->inputs[i];
        const motif_tensor *t = &d->def->inputs[i];
        *in = (motif_in){.name = t->name};
        s = motif_draw_desc(d, &t->p, &in->desc);
        motif_know_shape(d, SYM_INPUT, (int)i, 0, in->desc.dims, (size_t)in->desc.rank);
    }
    return s;
}

/* ---- nodes ---- */

static const tensor_desc *known_operand(const motif_drawing *d, const motif_plan *p, motif_operand o, tensor_desc *room)
{
    if (o.kind == MOTIF_INPUT)
        return &p->inputs[o.index].desc;
    if (o.kind == MOTIF_CONST)
        return &p->consts[o.index].desc;
    if (o.kind != MOTIF_NODE)
        return NULL;
    for (size_t i = 0; i < d->def->n_symbols; i++) {
        const motif_symbol *y = &d->def->symbols[i];
        const inst_var *v = &d->v.values[i];
        if (y->kind != SYM_OUTPUT || y->index != o.index || y->output != o.output || !v->known || v->v.n > NN_MAX_RANK)
            continue;
        *room = (tensor_desc){.rank = (int)v->v.n};
        if (v->v.n > 0)
            memcpy(room->dims, v->v.ints, v->v.n * sizeof *room->dims);
        return room;
    }
    return NULL;
}

/* Finds the shapes of the node's outputs where they follow from what is known, so that later pins can use them. */
static nn_status know_outputs(motif_drawing *d, const motif_plan *p, const motif_node *n, size_t k)
{
    const op_model *op = n->op;
    inst_input inputs[OP_MAX_SLOTS];
    bool unsure[OP_MAX_INPUTS] = {false};
    inst_var vars[OP_MAX_VARS];
    tensor_desc room;
    op_instance x = {.op = op, .inputs = inputs, .vars = vars};
    memset(vars, 0, op->rules->n_vars * sizeof *vars);
    for (size_t i = 0; i < op->n_inputs; i++)
        for (int j = 0; j < n->arity[i]; j++) {
            motif_operand o = n->operands[x.n_inputs];
            inst_input *in = &inputs[x.n_inputs++];
            const tensor_desc *desc = known_operand(d, p, o, &room);
            *in = (inst_input){.input = (int)i, .kind = desc != NULL ? INST_TENSOR : INST_ABSENT};
            if (desc != NULL)
                in->desc = *desc;
            else
                unsure[i] |= o.kind != MOTIF_ABSENT;
        }
    for (size_t i = 0; i < n->n_pins; i++)
        vars[n->pins[i].var] = (inst_var){.known = true, .written = true, .v = n->pins[i].v};
    for (size_t j = 0; j < op->n_outputs; j++) {
        inst_value dims;
        recheck_result r = recheck_output_shape(d->set->ops, &d->limits, &x, vars, unsure, j, d->a, &dims);
        if (r == RECHECK_NOMEM)
            return NN_ERR_NOMEM;
        int64_t *kept = r == RECHECK_KNOWN ? arena_alloc(d->a, (dims.n + 1) * sizeof *kept) : NULL;
        if (r == RECHECK_KNOWN && kept == NULL)
            return NN_ERR_NOMEM;
        if (kept != NULL) {
            for (size_t i = 0; i < dims.n; i++) /* they may be those of an operand */
                kept[i] = dims.ints[i];
            motif_know_shape(d, SYM_OUTPUT, (int)k, (int)j, kept, dims.n);
        }
    }
    return NN_OK;
}

static nn_status plan_node(motif_drawing *d, const motif_plan *p, size_t k)
{
    const def_node *from = &d->def->nodes[k];
    motif_node *n = &p->nodes[k];
    motif_pin *pins = arena_calloc(d->a, from->n_pins + 1, sizeof *pins);
    if (pins == NULL)
        return NN_ERR_NOMEM;
    *n = (motif_node){
        .name = from->name, .op = from->op, .claimed = from->claimed, .outs = from->outs, .pins = pins, .n_pins = from->n_pins};
    memcpy(n->arity, from->arity, sizeof n->arity);
    memcpy(n->operands, from->operands, sizeof n->operands);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n->n_pins; i++) {
        pins[i].var = from->pins[i].var;
        s = motif_draw_value(d, &from->pins[i].e, &pins[i].v);
    }
    inst_value type;
    if (s == NN_OK && from->output_type.e != NULL) {
        s = motif_draw_value(d, &from->output_type, &type);
        n->output_type = s == NN_OK ? dtype_parse(type.s) : DT_NONE;
        if (s == NN_OK && n->output_type == DT_NONE)
            return wrong(d, "this is not the name of a type", from->output_type.e->place);
    }
    return s == NN_OK ? know_outputs(d, p, n, k) : s;
}

static nn_status plan_nodes(motif_drawing *d, motif_plan *p)
{
    p->n_nodes = d->def->n_nodes;
    p->nodes = arena_alloc(d->a, MOTIF_MAX_NODES * sizeof *p->nodes);
    nn_status s = p->nodes != NULL ? NN_OK : NN_ERR_NOMEM;
    for (size_t k = 0; s == NN_OK && k < p->n_nodes; k++)
        s = plan_node(d, p, k);
    return s;
}

/* ---- plans ---- */

static nn_status draw_plan(motif_drawing *d, motif_plan *p)
{
    nn_status s = motif_draw_shapes(d);
    if (s == NN_OK)
        s = plan_inputs(d, p);
    if (s == NN_OK)
        s = plan_consts(d, p);
    return s == NN_OK ? plan_nodes(d, p) : s;
}

static motif_drawing *new_drawing(const motif_set *s, const motif_def *def, const lower_limits *limits, tape *t, arena *a)
{
    motif_drawing *d = arena_calloc(a, 1, sizeof *d);
    inst_var *values = arena_calloc(a, def->n_symbols + 1, sizeof *values);
    if (d == NULL || values == NULL)
        return NULL;
    d->v.values = values;
    d->set = s;
    d->def = def;
    d->limits = *limits;
    d->limits.max_elements = limits->max_elements > 0 ? limits->max_elements : 4096;
    d->limits.max_dim = limits->max_dim > 0 ? limits->max_dim : 64;
    d->limits.max_rank = limits->max_rank > 0 ? limits->max_rank : 6;
    d->t = t;
    d->a = a;
    return d;
}

nn_status motif_plan_new(const motif_set *s, size_t i, motif_level level, int near_miss, const tensor_desc *given,
                         const lower_limits *limits, tape *t, arena *a, motif_plan *out)
{
    *out = (motif_plan){.name = s->defs[i].name, .level = level};
    if (s->defs[i].left_out != NULL)
        return NN_ERR_BUILD;
    nn_error ignored;
    const motif_def *def;
    nn_status known = motif_get(&def, s, i, &ignored);
    if (known != NN_OK)
        return known == NN_ERR_NOMEM ? known : NN_ERR_BUILD;
    motif_drawing *d = new_drawing(s, def, limits, t, a);
    if (d == NULL)
        return NN_ERR_NOMEM;
    out->closed = (def->flags & MOTIF_CLOSED) != 0;
    d->given = given;
    d->exact = level == MOTIF_EXACT || (level == MOTIF_MUTATED && tape_chance(t, "motif as written", 1, 2));
    d->repeat = level == MOTIF_MUTATED && given == NULL && tape_chance(t, "sizes repeat", 1, 3);
    nn_status status = draw_plan(d, out);
    if (status == NN_OK && level == MOTIF_MUTATED)
        status = motif_mutate(s, out, near_miss, given != NULL, &d->limits, t, a);
    return status;
}

nn_status motif_try(const motif_set *s, motif_def *def, const motif_compile *c)
{
    const lower_limits large = {.max_elements = (int64_t)1 << 40, .max_dim = (int64_t)1 << 30, .max_rank = NN_MAX_RANK};
    nn_error ignored;
    tape *zeros;
    arena scratch;
    if (tape_new_bytes(&zeros, NULL, 0, &ignored) != NN_OK)
        return nn_nomem(c->err);
    arena_init(&scratch, 0);
    motif_drawing *d = new_drawing(s, def, &large, zeros, &scratch);
    motif_plan plan = {0};
    nn_status status = NN_ERR_NOMEM;
    if (d != NULL) {
        d->exact = true;
        status = draw_plan(d, &plan);
        if (status == NN_OK)
            status = check_sets(d, &plan);
    }
    if (status == NN_ERR_BUILD)
        status = motif_misfit(c, d->at.line > 0 ? d->at : def->place, "it has no plan: %s", d->why);
    else if (status == NN_ERR_NOMEM)
        status = nn_nomem(c->err);
    arena_free(&scratch);
    tape_free(zeros);
    return status;
}
