#include "build/build_group.h"
#include "build/build_empty.h"
#include "build/build_budget.h"
#include "build/build_commit.h"
#include "build/build_log.h"
#include "build/build_pick.h"
#include "build/build_refuse.h"
#include "build/build_slots.h"
#include "build/build_worlds.h"

#define MAX_DEPTH 2 /* a producer, and a producer for one of its inputs */

op_spec spec_of(const op_model *op)
{
    op_spec sp = {.op = op, .link_frame = -1, .link_slot = -1, .target = -1};
    for (int k = 0; k < SPEC_GIVEN; k++)
        sp.given[k] = sp.given_slot[k] = -1;
    return sp;
}

void spec_link(op_spec *sp, int frame, int output, int input)
{
    sp->link_frame = frame;
    sp->link_output = output;
    sp->link_input = input;
}

/* ---- one operator ---- */

/* The type that takes the fewest nodes to make. */
static dtype cheapest_type(const builder *b, dtype_mask types)
{
    dtype best = DT_NONE;
    for (int t = 1; t < DT_COUNT; t++)
        if (types >> t & 1 && (best == DT_NONE || b->index->produce[t] < b->index->produce[best]))
            best = (dtype)t;
    return best;
}

/* Whether a given or linked input determines the type of output 0. */
static bool output_bound(const op_spec *sp)
{
    const op_model *op = sp->op;
    int var = op->outputs[0].type_var;
    for (int k = 0; k < SPEC_GIVEN; k++)
        if (sp->given[k] >= 0 && op->inputs[sp->given_input[k]].type_var == var)
            return true;
    return sp->link_frame >= 0 && op->inputs[sp->link_input].type_var == var;
}

/* The type to request for output 0. Types that are not of data cost nodes later, so they are drawn only if there is room. */
static dtype wanted_output(builder *b, const op_spec *sp)
{
    const op_output *out = sp->op->n_outputs ? &sp->op->outputs[0] : NULL;
    if (!out || out->type_var < 0 || output_bound(sp))
        return DT_NONE;
    if (sp->output_type != DT_NONE)
        return sp->output_type;
    if (!(out->types & b->ops->data) || !(out->types & (out->types - 1)))
        return DT_NONE;
    if (build_many_types(b))
        return tape_chance(b->t, "any output type", 1, 4) && build_slack(b) >= 3 ? DT_NONE : build_draw_data_type(b, out->types);
    uint32_t any = sp->op->flags & OP_SOURCE ? 2 : 5; /* of 6: other operators with a free output type exist to change types */
    return build_slack(b) >= 3 && tape_chance(b->t, "any output type", any, 6) ? DT_NONE : DT_FLOAT32;
}

int build_output_of(const op_model *op, dtype type)
{
    for (int perhaps = 0; perhaps < 2; perhaps++)
        for (size_t o = 0; o < op->n_outputs; o++)
            if (op->outputs[o].types >> type & 1 && (perhaps || !(op->outputs[o].optional || op->outputs[o].conditional)))
                return (int)o;
    return 0;
}

static lower_result add_op(builder *b, const op_spec *sp, int depth, size_t *opened);

/* Adds an operator that makes a tensor for an input that accepts no type of data: output *output of frame *frame. */
static lower_result add_producer(builder *b, const op_model *user, size_t of, int depth, size_t *opened, int *frame, int *output)
{
    dtype type = cheapest_type(b, user->inputs[of].types);
    const op_list *l = &b->index->producers[type];
    if (l->n == 0 || depth > MAX_DEPTH)
        return build_refuse(b, l->n == 0 ? BUILD_NO_PRODUCER : BUILD_OPERATORS, user, (int)of);
    const op_model *op = &b->ops->ops[l->items[build_draw(b, "producer", l->n)]];
    op_spec sp = spec_of(op);
    sp.output_type = type;
    sp.partners = tape_chance(b->t, "producer joins", 1, 2);
    int input = op_main_input(op);
    if (input >= 0)
        spec_give(&sp, 0, build_pick_either(b, op, (size_t)input, b->ops->data), input);
    lower_result res = add_op(b, &sp, depth, opened);
    *frame = (int)b->group.n - 1;
    *output = build_output_of(op, type);
    return res;
}

/* The tensors for the inputs that accept no type of data: an existing tensor, or an output of a producer in the group. -1:
 * none. */
typedef struct {
    int32_t tensor[OP_MAX_INPUTS];
    int frame[OP_MAX_INPUTS], output[OP_MAX_INPUTS];
} other_inputs;

/* A data input that may be empty but must be filled here, because no other input is filled or takes a graph input. -1: none. */
static int needy_input(builder *b, const op_spec *sp)
{
    const op_model *op = sp->op;
    int found[OP_MAX_INPUTS], n = 0;
    if (sp->given[0] >= 0 || sp->given[1] >= 0 || sp->link_frame >= 0)
        return -1;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        if (!op_input_data(in))
            continue;
        if (op_input_must(in) || in->types & b->ops->data)
            return -1;
        if (!in->conditional && !in->optional)
            found[n++] = (int)i;
    }
    return n == 0 ? -1 : found[n > 1 ? build_draw(b, "input", (size_t)n) : 0];
}

/* Whether the specification fills an input. */
static bool specified(const op_spec *sp, int input)
{
    for (int k = 0; k < SPEC_GIVEN; k++)
        if (sp->given[k] >= 0 && sp->given_input[k] == input)
            return true;
    return sp->link_frame >= 0 && sp->link_input == input;
}

/* Finds an existing tensor for an input that the operator does not take already; -1: none found. */
static int32_t find_other(builder *b, const op_spec *sp, size_t input, const other_inputs *x)
{
    int32_t t = build_pick_either(b, sp->op, input, 0);
    bool used = false;
    for (int k = 0; k < SPEC_GIVEN; k++)
        used |= t == sp->given[k];
    for (size_t j = 0; j < input; j++)
        used |= x->tensor[j] == t;
    return used ? -1 : t;
}

static lower_result find_others(builder *b, const op_spec *sp, int depth, size_t *opened, other_inputs *x)
{
    const op_model *op = sp->op;
    int needy = needy_input(b, sp);
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        x->tensor[i] = x->frame[i] = -1;
        if ((!op_input_must(in) && (int)i != needy) || in->types & b->ops->data || specified(sp, (int)i))
            continue;
        if (b->group.target < 0)
            x->tensor[i] = find_other(b, sp, i, x);
        if (x->tensor[i] >= 0)
            continue;
        lower_result res = add_producer(b, op, i, depth + 1, opened, &x->frame[i], &x->output[i]);
        if (res != LOWER_OK)
            return res;
    }
    return LOWER_OK;
}

/* Sets how many slots each input needs for what the specification fills: as many, and those before a place in a variadic input. */
static void least_slots(const op_spec *sp, int *least)
{
    int places[OP_MAX_INPUTS] = {0};
    for (int k = 0; k <= SPEC_GIVEN; k++) {
        const bool link = k == SPEC_GIVEN;
        const int input = link ? sp->link_input : sp->given_input[k], slot = link ? sp->link_slot : sp->given_slot[k];
        if (link ? sp->link_frame < 0 : sp->given[k] < 0)
            continue;
        least[input]++;
        places[input] = slot - input + 1 > places[input] ? slot - input + 1 : places[input];
    }
    for (size_t i = 0; i < sp->op->n_inputs; i++)
        least[i] = places[i] > least[i] ? places[i] : least[i];
}

/* The slot of the input that has this place, or where any will do, an unsettled one; -1: there is none. */
static int find_slot(const slot_plan *p, int input, int slot, size_t turn)
{
    if (slot < 0)
        return slots_unsettled(p, input, turn);
    bool fits = slot < (int)p->n_slots && p->input_of[slot] == input && !p->settled[slot];
    return fits ? slot : -1;
}

/* Draws the slots and settles those that the specification and x fill. */
static lower_result settle(builder *b, slot_plan *p, const op_spec *sp, const other_inputs *x)
{
    int least[OP_MAX_INPUTS] = {0};
    least_slots(sp, least);
    if (!slots_draw(b, p, least, sp->partners > 0))
        return build_refuse(b, BUILD_SLOTS, sp->op, -1);
    size_t turn = p->turns > 1 ? build_draw(b, "given slot", p->turns) : 0;
    for (size_t i = 0; i < sp->op->n_inputs; i++) {
        int s = x->tensor[i] >= 0 || x->frame[i] >= 0 ? slots_unsettled(p, (int)i, turn) : -1; // NOLINT: set for each input
        if (s >= 0 && x->tensor[i] >= 0)
            slots_settle_tensor(b, p, s, x->tensor[i]);
        else if (s >= 0)
            slots_settle_link(p, s, x->frame[i], x->output[i]);
    }
    if (sp->link_frame >= 0) {
        int s = find_slot(p, sp->link_input, sp->link_slot, turn);
        if (s < 0)
            return build_refuse(b, BUILD_SLOTS, sp->op, sp->link_input);
        slots_settle_link(p, s, sp->link_frame, sp->link_output);
    }
    for (int pass = 0; pass < 2; pass++) /* those with a place go first */
        for (int k = 0; k < SPEC_GIVEN; k++) {
            if (sp->given[k] < 0 || (sp->given_slot[k] < 0) != (pass == 1))
                continue;
            int s = find_slot(p, sp->given_input[k], sp->given_slot[k], turn);
            if (s < 0)
                return build_refuse(b, BUILD_SLOTS, sp->op, sp->given_input[k]);
            slots_settle_tensor(b, p, s, sp->given[k]);
        }
    return LOWER_OK;
}

static lower_result add_op(builder *b, const op_spec *sp, int depth, size_t *opened)
{
    other_inputs x;
    lower_result res = find_others(b, sp, depth, opened, &x);
    if (res != LOWER_OK)
        return res;
    if (b->group.n == LOWER_MAX_FRAMES)
        return build_refuse(b, BUILD_OPERATORS, sp->op, -1);
    slot_plan p = {.r = &b->requests[b->group.n], .tensor = b->group.tensor[b->group.n]};
    p.r->op = sp->op;
    p.r->target = NULL;
    res = settle(b, &p, sp, &x);
    if (res != LOWER_OK)
        return res;
    slots_open(b, &p, sp->partners, sp->given[1] >= 0 ? sp->given[1] : sp->given[0]);
    p.r->output_type = wanted_output(b, sp);
    if (sp->target >= 0) {
        p.r->target = &b->s.tensors[sp->target].desc;
        p.r->target_output = b->group.target_output = build_output_of(sp->op, p.r->target->type);
    }
    int frame;
    const unsigned scope = (unsigned)(b->group.n + 1) * SCOPE_FRAME;
    log_scope(b, scope);
    res = lower_add(b->lower, p.r, &frame);
    log_pause(b);
    if (res != LOWER_OK)
        return res;
    b->group.n++;
    res = slots_bind(b, frame, &p, opened);
    if (res == LOWER_OK && b->worlds)
        res = build_worlds_open_slots(b, frame, &p);
    if (res == LOWER_OK)
        log_frame(b, (size_t)frame, p.r, p.tensor, b->left);
    return res;
}

/* ---- the group ---- */

/* The total cost of the due operators in the group. */
static int due_credit(const builder *b, const op_group *g)
{
    int credit = 0;
    for (size_t f = 0; f < g->n; f++) {
        size_t before = 0;
        for (size_t k = 0; k < f; k++)
            before += g->inst[k].op == g->inst[f].op;
        if (b->due.left[g->inst[f].op->index] > before)
            credit += b->index->facts[g->inst[f].op->index].cost;
    }
    return credit;
}

static void strike_due(builder *b, uint16_t op)
{
    for (size_t i = 0; i < b->due.n && b->due.left[op] > 0; i++)
        if (b->due.ops[i] == op) {
            b->due.ops[i] = b->due.ops[--b->due.n];
            b->due.left[op]--;
            b->due.cost -= b->index->facts[op].cost;
            return;
        }
}

/* LOWER_FAIL unless the graph may contain the group and can then be finished with exactly the requested number of nodes. */
static lower_result acceptable(builder *b, const op_model *op, const build_effect *e)
{
    if (e->fault)
        return build_refuse_fault(b, op, e->fault);
    long need = build_need(b, e->components, e->live + e->shown, e->sink_need) + b->paths.cost - b->paths.credit;
    if (!b->lenient)
        need += b->due.cost - due_credit(b, &b->group);
    bool room = e->nodes <= b->nodes && need <= (long)(b->nodes - e->nodes);
    return room ? LOWER_OK : build_refuse(b, BUILD_NO_ROOM, op, -1);
}

static lower_result solve(builder *b, const op_spec *specs, size_t n)
{
    size_t opened = 0;
    b->group.n = 0;
    b->group.target = specs[n - 1].target;
    b->group.twice = false;
    b->refused.reason = WHY_NONE;
    log_scope(b, SCOPE_BEGIN);
    build_allow_empty(b);
    lower_begin(b->lower, b->t);
    log_pause(b);
    for (size_t i = 0; i < n; i++) {
        op_spec sp = specs[i];
        if (sp.link_frame >= 0)
            sp.link_frame = (int)b->group.n - 1; /* producers may have been added in between */
        lower_result res = add_op(b, &sp, 0, &opened);
        if (res != LOWER_OK)
            return res;
    }
    log_scope(b, SCOPE_CLOSE);
    lower_result res = lower_close(b->lower, b->group.inst);
    log_pause(b);
    return res;
}

/* Counts a try with its outcome and informs the listener. false: out of memory. */
static bool count_try(builder *b, const op_model *op, lower_result res)
{
    try_row row = {.op = op, .tries = 1, .steps = lower_steps(b->lower), .propagations = lower_propagations(b->lower)};
    if (res == LOWER_FAIL)
        row.why = b->refused.reason != WHY_NONE ? b->refused : lower_last_failure(b->lower);
    else
        row.kept = b->group.n;
    if (b->trace && res == LOWER_FAIL)
        b->trace->failed(b->trace->data, &row.why);
    else if (b->trace)
        b->trace->kept(b->trace->data, b->s.tensors, b->s.nodes, b->s.n_nodes, b->group.n);
    return try_table_add(&b->tried, &row);
}

lower_result build_foresee(builder *b, const op_spec *specs, size_t n, build_effect *e)
{
    arena_mark mark = arena_get_mark(&b->memory);
    lower_result res = solve(b, specs, n);
    if (res == LOWER_OK)
        state_foresee(&b->s, &b->group, e);
    if (res == LOWER_OK && e->fault)
        (void)build_refuse_fault(b, specs[n - 1].op, e->fault);
    arena_release(&b->memory, mark);
    b->group.target = -1;
    if (res == LOWER_FAIL || b->refused.reason != WHY_NONE)
        res = count_try(b, specs[n - 1].op, LOWER_FAIL) ? res : LOWER_NOMEM;
    return res;
}

lower_result build_settle(builder *b, const op_model *op, lower_result res)
{
    build_effect e;
    if (res == LOWER_OK) {
        state_foresee(&b->s, &b->group, &e);
        res = acceptable(b, op, &e);
        if (res == LOWER_OK && b->worlds)
            res = build_worlds_hold(b, op);
    }
    tape_span_end(b->t, res == LOWER_OK);
    if (res == LOWER_OK) {
        const size_t nodes = b->s.n_nodes, tensors = b->s.n_tensors;
        if (!state_commit(&b->s, &b->group) || !log_keep(b, nodes, tensors))
            res = LOWER_NOMEM;
        for (size_t f = 0; f < b->group.n; f++)
            strike_due(b, b->group.inst[f].op->index);
        b->report.kept += b->group.n;
    } else {
        log_drop(b);
        arena_release(&b->memory, b->mark);
        b->turn++;
    }
    b->group.target = -1;
    return res != LOWER_NOMEM && count_try(b, op, res) ? res : LOWER_NOMEM;
}

lower_result build_drop(builder *b, const op_model *op)
{
    try_row row = {.op = op, .tries = 1, .why = b->refused};
    log_drop(b);
    tape_span_end(b->t, false);
    arena_release(&b->memory, b->mark);
    if (b->trace)
        b->trace->failed(b->trace->data, &row.why);
    return try_table_add(&b->tried, &row) ? LOWER_FAIL : LOWER_NOMEM;
}

lower_result build_try(builder *b, const op_spec *specs, size_t n)
{
    const op_model *op = specs[n - 1].op;
    b->mark = arena_get_mark(&b->memory);
    b->report.tries++;
    for (size_t k = 0; b->trace && k + 1 < n; k++)
        b->trace->before(b->trace->data, specs[k].op);
    tape_span_begin(b->t, op->name);
    log_try(b, SEGMENT_GROUP);
    return build_settle(b, op, solve(b, specs, n));
}
