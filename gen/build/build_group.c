#include "build/build_int.h"
#include "build/build_lineage.h"
#include "rules/opmodel_rules.h"
#include <string.h>

#define MAX_SCAN 24 /* candidates looked at for an open slot, in each list */
#define MAX_BINDS 3 /* of these, tried in earnest */
#define MAX_DEPTH 2 /* of producers of producers in one group */

const char *build_reason_text(build_reason r)
{
    static const char *const texts[] = {
#define X(id, text) text,
        BUILD_REASONS(X)
#undef X
    };
    return texts[r - WHY_COUNT_];
}

/* Notes why the builder itself gives a try up; input: of the operator, -1: none. */
static lower_result refuse(builder *b, build_reason r, const op_model *op, int input)
{
    b->refused = (lower_why){.reason = (int)r, .text = build_reason_text(r), .op = op};
    if (input >= 0) {
        b->refused.section = AT_IN;
        b->refused.name = op->inputs[input].name;
    }
    return LOWER_FAIL;
}

/* Notes what speaks against a group that is solved. */
static lower_result refuse_fault(builder *b, const op_model *op, const char *fault)
{
    b->refused = (lower_why){.reason = BUILD_FAULT, .text = fault, .op = op};
    return LOWER_FAIL;
}

op_spec spec_of(const op_model *op)
{
    return (op_spec){.op = op, .given = {-1, -1}, .link_frame = -1, .target = -1};
}

size_t build_draw(builder *b, const char *label, size_t n)
{
    size_t at = (size_t)tape_draw(b->t, label, n);
    return n > 1 ? (at + b->turn) % n : 0;
}

dtype build_draw_type(builder *b, dtype_mask types)
{
    dtype found[DT_COUNT] = {DT_NONE};
    size_t n = 0;
    for (int t = 1; t < DT_COUNT; t++)
        if (types >> t & 1)
            found[n++] = (dtype)t;
    return found[n > 1 ? build_draw(b, "type", n) : 0];
}

long build_need(const builder *b, size_t components, size_t live, int sink_need)
{
    size_t joins = components > 1 ? components - 1 : 0;
    if (live > b->limit && live - b->limit > joins)
        joins = live - b->limit;
    if (joins > 0 && b->index->joins.n == 0)
        return OP_COST_NONE;
    return sink_need + 2 * (long)joins; /* a join may want an operator before it that changes a shape */
}

long build_slack(const builder *b)
{
    long due = b->lenient ? 0 : b->due_cost;
    return (long)b->nodes - (long)b->s.n_nodes - build_need(b, b->s.components, b->s.live.n, b->s.sink_need) - due - b->path_cost;
}

/* ---- candidates ---- */

/* A place in a list of n tensors, newest last. A draw of 0 is the newest. */
static size_t pick_place(builder *b, size_t n, bool taken)
{
    if (taken || b->chainy)
        n = (size_t)tape_draw(b->t, "age", n) + 1; /* twice: the newer, the likelier */
    return build_draw(b, "place", n);
}

static int32_t pick_graph_input(builder *b, const op_model *op, size_t input)
{
    size_t n = b->s.inputs.n, first = n ? build_draw(b, "graph input", n) : 0;
    for (size_t k = 0; k < n && k < MAX_SCAN; k++) {
        int32_t t = b->s.inputs.items[(first + k) % n];
        if (t != b->group.target && lower_may_take(b->lower, op, input, &b->s.tensors[t].desc))
            return t;
    }
    return -1;
}

/* Whether the tensor is one to join with another by an operator of two inputs, and this is none. */
static bool wants_join(const builder *b, const op_model *op, int32_t t)
{
    return b->s.strict && b->s.notes[t].weak && build_is_data(b, b->s.tensors[t].desc.type) &&
           b->index->facts[op->index].most_data < 2;
}

bool build_cancels(const builder *b, const op_model *op, int32_t t, int32_t u)
{
    return op->flags & OP_UNLIKE && t >= 0 && u >= 0 && b->s.notes[t].origin == b->s.notes[u].origin &&
           lineage_copies(&b->s.tensors[t].desc, &b->s.tensors[u].desc);
}

static bool suits(const builder *b, const op_model *op, size_t input, int32_t t)
{
    return !wants_join(b, op, t) && !(op->flags & OP_CONTRAST && b->s.notes[t].level) &&
           lower_may_take(b->lower, op, input, &b->s.tensors[t].desc);
}

/* One of the unconsumed or consumed tensors of these types, -1: none of some that were drawn suits. */
static int32_t pick_tensor(builder *b, const op_model *op, size_t input, bool taken, dtype_mask types)
{
    const op_input *in = &op->inputs[input];
    id_list(*lists)[STATE_RANKS] = taken ? b->s.taken : b->s.free;
    size_t total = 0;
    for (int t = 1; t < DT_COUNT; t++)
        for (int r = 0; types >> t & 1 && r < STATE_RANKS; r++)
            if (in->ranks >> r & 1)
                total += lists[t][r].n;
    for (int probe = 0; probe < 4 && total > 0; probe++) {
        size_t at = (build_draw(b, "tensor", total) + (size_t)probe) % total;
        for (int t = 1; t < DT_COUNT; t++)
            for (int r = 0; types >> t & 1 && r < STATE_RANKS; r++) {
                size_t n = in->ranks >> r & 1 ? lists[t][r].n : 0;
                if (at >= n) {
                    at -= n;
                    continue;
                }
                int32_t id = lists[t][r].items[n - 1 - pick_place(b, n, taken)];
                if (suits(b, op, input, id))
                    return id;
                t = DT_COUNT; /* next probe */
                break;
            }
    }
    return -1;
}

int32_t build_pick(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only)
{
    dtype_mask types = op->inputs[input].types;
    /* Where the place of a graph input is taken, anything but graph inputs could close a cycle. */
    int32_t t =
        b->group.target >= 0 ? pick_graph_input(b, op, input) : pick_tensor(b, op, input, taken, only ? types & only : types);
    if (t < 0 && b->trace)
        b->trace->no_tensor(b->trace->data, op, op->inputs[input].name);
    return t;
}

/* ---- slots of one operator ---- */

/* Request of the operator being added, with what goes in its open slots. */
typedef struct {
    lower_request *r;
    int32_t *tensor; /* of each slot, in the group */
    size_t n_slots;
    size_t turns; /* slots without those of forms, which take no part in draws */
    int input_of[OP_MAX_SLOTS];
    bool settled[OP_MAX_SLOTS]; /* given or linked */
    bool seek[OP_MAX_SLOTS];    /* open: an existing tensor is wanted rather than a new graph input */
    int32_t hint[OP_MAX_SLOTS]; /* the one to try first, -1 */
} slot_plan;

/* First slot of an input that is not settled, from a random one on; -1: none. */
static int unsettled_slot(const slot_plan *p, int input, size_t turn)
{
    for (size_t k = 0; k < p->n_slots; k++) {
        size_t s = (k + turn) % p->n_slots;
        if (p->input_of[s] == input && !p->settled[s])
            return (int)s;
    }
    return -1;
}

static void settle_tensor(builder *b, slot_plan *p, int slot, int32_t t)
{
    p->r->slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &b->s.tensors[t].desc, .rank = -1};
    p->tensor[slot] = t;
    p->settled[slot] = true;
}

static void settle_link(slot_plan *p, int slot, int frame, int output)
{
    p->r->slots[slot] = (lower_slot){.kind = SLOT_LINK, .frame = frame, .output = output, .rank = -1};
    p->settled[slot] = true;
}

/* Numbers of tensors of each input, at least `least` of it, and the slots they make. */
static bool draw_arities(builder *b, slot_plan *p, const int *least, bool more)
{
    const op_model *op = p->r->op;
    size_t n = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        int lo = in->min_arity < 1 ? 1 : in->min_arity, hi = in->max_arity < lo ? lo : in->max_arity;
        int a = least[i] > lo ? least[i] : lo;
        if (a < 2 && more && op_input_data(in))
            a = hi < 2 ? hi : 2;
        while (a < hi && a < lo + 4 && tape_chance(b->t, "one tensor more", 1, 3))
            a++;
        if (n + (size_t)a + (op->n_inputs - i - 1) > OP_MAX_SLOTS)
            return false;
        p->r->arity[i] = a;
        for (int k = 0; k < a; k++, n++) {
            p->input_of[n] = (int)i;
            p->settled[n] = p->seek[n] = false;
            p->hint[n] = p->tensor[n] = -1;
            p->r->slots[n] = (lower_slot){.kind = op_input_must(in) ? SLOT_OPEN : SLOT_AUTO, .rank = -1};
        }
    }
    p->n_slots = p->turns = n;
    while (p->turns > 0 && op_input_is_form(op, (size_t)p->input_of[p->turns - 1]))
        p->turns--;
    return true;
}

static bool slot_taken(const slot_plan *p, int32_t t)
{
    for (size_t s = 0; s < p->n_slots; s++)
        if (p->tensor[s] == t || p->hint[s] == t)
            return true;
    return false;
}

/* A tensor that may suit an open slot: of the same shape as one that is given, else any that the input can take. */
static int32_t find_hint(builder *b, const slot_plan *p, size_t slot, int32_t given)
{
    size_t input = (size_t)p->input_of[slot];
    if (given >= 0 && b->group.target < 0 && tape_chance(b->t, "same shape", 1, 2)) {
        const tensor_desc *d = &b->s.tensors[given].desc;
        int32_t t = state_same_shape(&b->s, d);
        for (int k = 0; t >= 0 && k < MAX_SCAN; k++, t = b->s.notes[t].same_shape)
            if (!slot_taken(p, t) && !build_cancels(b, p->r->op, given, t) && tensor_shape_equal(&b->s.tensors[t].desc, d) &&
                lower_may_take(b->lower, p->r->op, input, &b->s.tensors[t].desc))
                return t;
    }
    bool taken = tape_chance(b->t, "hint taken", 1, 3);
    for (int k = 0; k < 4; k++) {
        int32_t t = build_pick(b, p->r->op, input, taken ^ (k & 1), 0);
        if (t >= 0 && !slot_taken(p, t) && !build_cancels(b, p->r->op, given, t))
            return t;
    }
    return -1;
}

/* Opens a slot; an existing tensor is sought for it unless the model is to have more graph inputs. */
static void open_slot(builder *b, slot_plan *p, size_t slot, int32_t given, bool seek)
{
    p->r->slots[slot].kind = SLOT_OPEN;
    p->seek[slot] = seek;
    if (seek)
        p->hint[slot] = find_hint(b, p, slot, given);
    if (p->hint[slot] >= 0)
        p->r->slots[slot].rank = b->s.tensors[p->hint[slot]].desc.rank;
}

static bool input_wanted(builder *b)
{
    return b->s.inputs.n < b->aim_inputs && tape_chance(b->t, "new graph input", 1, 3);
}

/* Whether a partner for the input can exist: a graph input, or a tensor of another type that is there. */
static bool partner_possible(const builder *b, const op_input *in)
{
    bool possible = (in->types & b->ops->data) != 0;
    if (b->probing)
        return possible;
    for (int t = 1; t < DT_COUNT && !possible; t++)
        for (int r = 0; in->types >> t & 1 && r < STATE_RANKS && !possible; r++)
            possible = (in->ranks >> r & 1) && b->s.free[t][r].n + b->s.taken[t][r].n > 0;
    return possible;
}

/* Decides the slots that are neither given nor linked. At least one data slot is to be open or settled. */
static void open_slots(builder *b, slot_plan *p, const op_spec *sp, int32_t given)
{
    const op_model *op = p->r->op;
    int partners = sp->partners;
    bool any = false;
    for (size_t s = 0; s < p->n_slots; s++)
        any |= p->settled[s];
    size_t turn = p->turns > 1 ? build_draw(b, "slot", p->turns) : 0;
    for (size_t k = 0; k < p->n_slots; k++) {
        size_t s = (turn + k) % p->n_slots;
        const op_input *in = &op->inputs[p->input_of[s]];
        if (p->settled[s] || !op_input_data(in))
            continue;
        if (op_input_must(in)) {
            open_slot(b, p, s, given, any && !input_wanted(b));
            partners--;
        } else if (partners > 0 && !in->conditional && partner_possible(b, in) &&
                   (!in->optional || tape_chance(b->t, "fill optional", 1, 4))) {
            open_slot(b, p, s, given, any && !input_wanted(b));
            partners--;
        } else {
            continue;
        }
        any = true;
    }
    for (size_t k = 0; k < p->n_slots && !any; k++) {
        size_t s = (turn + k) % p->n_slots;
        const op_input *in = &op->inputs[p->input_of[s]];
        any = op_input_data(in) && !in->optional && !in->conditional;
        if (any)
            open_slot(b, p, s, given, false);
    }
}

/* ---- partners ---- */

static bool try_bind(builder *b, int frame, const slot_plan *p, size_t slot, int32_t t, int *binds, lower_result *res)
{
    for (size_t s = 0; s < p->n_slots; s++)
        if (p->tensor[s] == t || build_cancels(b, p->r->op, p->tensor[s], t))
            return false;
    if (t == b->group.target || !lower_fits(b->lower, frame, (int)slot, &b->s.tensors[t].desc))
        return false;
    *res = lower_bind(b->lower, frame, (int)slot, &b->s.tensors[t].desc);
    if (*res == LOWER_OK)
        p->tensor[slot] = t;
    else
        ++*binds;
    return *res != LOWER_FAIL;
}

static bool scan_list(builder *b, int frame, const slot_plan *p, size_t slot, const id_list *l, bool taken, int *binds,
                      lower_result *res)
{
    if (l->n == 0)
        return false;
    size_t first = pick_place(b, l->n, taken);
    for (size_t k = 0; k < l->n && k < MAX_SCAN && *binds < MAX_BINDS; k++)
        if (try_bind(b, frame, p, slot, l->items[l->n - 1 - (first + k) % l->n], binds, res))
            return true;
    return false;
}

/* Finds an existing tensor for an open slot. LOWER_FAIL: none; the slot stays open. */
static lower_result bind_slot(builder *b, int frame, const slot_plan *p, size_t slot, int rank, dtype type)
{
    lower_result res = LOWER_FAIL;
    int binds = 0;
    if (p->hint[slot] >= 0 && try_bind(b, frame, p, slot, p->hint[slot], &binds, &res))
        return res;
    if (b->group.target >= 0) {
        scan_list(b, frame, p, slot, &b->s.inputs, true, &binds, &res);
        return res;
    }
    if (rank < 0 || rank >= STATE_RANKS)
        return LOWER_FAIL;
    bool taken = tape_chance(b->t, "partner taken", 1, 2);
    for (int k = 0; k < 2; k++, taken = !taken)
        if (scan_list(b, frame, p, slot, taken ? &b->s.taken[type][rank] : &b->s.free[type][rank], taken, &binds, &res))
            return res;
    return LOWER_FAIL;
}

/* A type of data among these, for an input whose type nothing binds yet: float32 in a third of the cases. */
static dtype draw_data_type(builder *b, dtype_mask types)
{
    dtype_mask float32 = (dtype_mask)1 << DT_FLOAT32, others = types & b->ops->data & ~float32;
    if (!others || (types & float32 && tape_chance(b->t, "float32", 1, 3)))
        return DT_FLOAT32;
    return build_draw_type(b, others);
}

static lower_result bind_slots(builder *b, int frame, const slot_plan *p, size_t *opened)
{
    for (size_t s = 0; s < p->n_slots; s++) {
        const op_input *in = &p->r->op->inputs[p->input_of[s]];
        if (p->settled[s] || !op_input_data(in))
            continue;
        dtype type = lower_open_type(b->lower, frame, (int)s);
        int rank = lower_open_rank(b->lower, frame, (int)s);
        if (rank < 0)
            continue;
        if (type == DT_NONE)
            type = in->types & b->ops->data ? draw_data_type(b, in->types) : DT_BOOL;
        size_t inputs = b->s.inputs.n + *opened - (b->group.target >= 0);
        bool room = b->free_inputs || inputs < b->aim_inputs;
        if (p->seek[s] || !build_is_data(b, type) || !room) {
            lower_result res = bind_slot(b, frame, p, s, rank, type);
            if (res == LOWER_NOMEM)
                return res;
            if (res == LOWER_FAIL && (!build_is_data(b, type) || !room))
                return refuse(b, BUILD_NO_PARTNER, p->r->op, p->input_of[s]);
            if (res == LOWER_OK)
                continue;
        }
        ++*opened;
    }
    return LOWER_OK;
}

/* ---- one operator ---- */

static dtype cheapest_type(const builder *b, dtype_mask types)
{
    dtype best = DT_NONE;
    for (int t = 1; t < DT_COUNT; t++)
        if (types >> t & 1 && (best == DT_NONE || b->index->produce[t] < b->index->produce[best]))
            best = (dtype)t;
    return best;
}

/* Whether a given or linked input binds the type of output 0. */
static bool output_bound(const op_spec *sp)
{
    const op_model *op = sp->op;
    int var = op->outputs[0].type_var;
    for (int k = 0; k < 2; k++)
        if (sp->given[k] >= 0 && op->inputs[sp->given_input[k]].type_var == var)
            return true;
    return sp->link_frame >= 0 && op->inputs[sp->link_input].type_var == var;
}

/* Type to ask for output 0. Types that are not of data cost nodes later on, so they are left to chance only where there is room. */
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
        return tape_chance(b->t, "any output type", 1, 4) && build_slack(b) >= 3 ? DT_NONE : draw_data_type(b, out->types);
    uint32_t any = sp->op->flags & OP_SOURCE ? 2 : 5; /* of 6: an operator that changes types is there for that */
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

/* Adds an operator that makes a tensor for an input that takes no type of data; *frame, *output tell where. */
static lower_result add_producer(builder *b, const op_model *user, size_t of, int depth, size_t *opened, int *frame, int *output)
{
    dtype type = cheapest_type(b, user->inputs[of].types);
    const op_list *l = &b->index->producers[type];
    if (l->n == 0 || depth > MAX_DEPTH)
        return refuse(b, l->n == 0 ? BUILD_NO_PRODUCER : BUILD_OPERATORS, user, (int)of);
    const op_model *op = &b->ops->ops[l->items[build_draw(b, "producer", l->n)]];
    op_spec sp = spec_of(op);
    sp.output_type = type;
    sp.partners = tape_chance(b->t, "producer joins", 1, 2);
    size_t input = 0;
    while (input < op->n_inputs && !op_input_must(&op->inputs[input]))
        input++;
    for (size_t i = 0; input == op->n_inputs && i < op->n_inputs; i++)
        if (op_input_data(&op->inputs[i]))
            input = i;
    if (input < op->n_inputs) {
        int32_t t = build_pick(b, op, input, false, b->ops->data);
        if (t < 0)
            t = build_pick(b, op, input, true, b->ops->data);
        sp.given[0] = t;
        sp.given_input[0] = (int)input;
    }
    lower_result res = add_op(b, &sp, depth, opened);
    *frame = (int)b->group.n - 1;
    *output = build_output_of(op, type);
    return res;
}

/* What goes in the inputs that take no type of data. */
typedef struct {
    int32_t tensor[OP_MAX_INPUTS];
    int frame[OP_MAX_INPUTS], output[OP_MAX_INPUTS];
} other_inputs;

/* A data input that is to take a tensor though it need not, because none else does and no graph input can go in any; -1: there is
 * no need. */
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

static lower_result find_others(builder *b, const op_spec *sp, int depth, size_t *opened, other_inputs *x)
{
    const op_model *op = sp->op;
    int needy = needy_input(b, sp);
    for (size_t i = 0; i < op->n_inputs; i++) {
        x->tensor[i] = x->frame[i] = -1;
        if ((!op_input_must(&op->inputs[i]) && (int)i != needy) || op->inputs[i].types & b->ops->data)
            continue;
        if ((sp->given[0] >= 0 && sp->given_input[0] == (int)i) || (sp->given[1] >= 0 && sp->given_input[1] == (int)i) ||
            (sp->link_frame >= 0 && sp->link_input == (int)i))
            continue;
        if (b->group.target < 0) {
            int32_t t = build_pick(b, op, i, false, 0);
            if (t < 0)
                t = build_pick(b, op, i, true, 0);
            bool used = t < 0 || t == sp->given[0] || t == sp->given[1];
            for (size_t j = 0; j < i; j++)
                used |= x->tensor[j] == t;
            if (!used) {
                x->tensor[i] = t;
                continue;
            }
        }
        lower_result res = add_producer(b, op, i, depth + 1, opened, &x->frame[i], &x->output[i]);
        if (res != LOWER_OK)
            return res;
    }
    return LOWER_OK;
}

static lower_result add_op(builder *b, const op_spec *sp, int depth, size_t *opened)
{
    const op_model *op = sp->op;
    other_inputs x;
    lower_result res = find_others(b, sp, depth, opened, &x);
    if (res != LOWER_OK)
        return res;
    if (b->group.n == LOWER_MAX_FRAMES)
        return refuse(b, BUILD_OPERATORS, op, -1);
    size_t f = b->group.n;
    slot_plan p = {.r = &b->requests[f], .tensor = b->group.tensor[f]};
    int least[OP_MAX_INPUTS] = {0};
    for (int k = 0; k < 2; k++)
        if (sp->given[k] >= 0)
            least[sp->given_input[k]]++;
    if (sp->link_frame >= 0)
        least[sp->link_input]++;
    p.r->op = op;
    p.r->target = NULL;
    if (!draw_arities(b, &p, least, sp->partners > 0))
        return refuse(b, BUILD_SLOTS, op, -1);

    size_t turn = p.turns > 1 ? build_draw(b, "given slot", p.turns) : 0;
    int32_t given = -1;
    for (size_t i = 0; i < op->n_inputs; i++) {
        int s = x.tensor[i] >= 0 || x.frame[i] >= 0 ? unsettled_slot(&p, (int)i, turn) : -1; // NOLINT: set for each input
        if (s >= 0 && x.tensor[i] >= 0)
            settle_tensor(b, &p, s, x.tensor[i]);
        else if (s >= 0)
            settle_link(&p, s, x.frame[i], x.output[i]);
    }
    if (sp->link_frame >= 0) {
        int s = unsettled_slot(&p, sp->link_input, turn);
        if (s < 0)
            return refuse(b, BUILD_SLOTS, op, sp->link_input);
        settle_link(&p, s, sp->link_frame, sp->link_output);
    }
    for (int k = 0; k < 2; k++) {
        if (sp->given[k] < 0)
            continue;
        int s = unsettled_slot(&p, sp->given_input[k], turn);
        if (s < 0)
            return refuse(b, BUILD_SLOTS, op, sp->given_input[k]);
        settle_tensor(b, &p, s, sp->given[k]);
        given = sp->given[k];
    }
    open_slots(b, &p, sp, given);
    p.r->output_type = wanted_output(b, sp);
    if (sp->target >= 0) {
        p.r->target = &b->s.tensors[sp->target].desc;
        p.r->target_output = b->group.target_output = build_output_of(op, p.r->target->type);
    }
    int frame;
    res = lower_add(b->lower, p.r, &frame);
    if (res != LOWER_OK)
        return res;
    b->group.n++;
    return bind_slots(b, frame, &p, opened);
}

/* ---- the group ---- */

static int due_credit(const builder *b, const build_group *g)
{
    int credit = 0;
    for (size_t f = 0; f < g->n; f++) {
        size_t before = 0;
        for (size_t k = 0; k < f; k++)
            before += g->inst[k].op == g->inst[f].op;
        if (b->due_left[g->inst[f].op->index] > before)
            credit += b->index->facts[g->inst[f].op->index].cost;
    }
    return credit;
}

static void strike_due(builder *b, uint16_t op)
{
    for (size_t i = 0; i < b->n_due && b->due_left[op] > 0; i++)
        if (b->due[i] == op) {
            b->due[i] = b->due[--b->n_due];
            b->due_left[op]--;
            b->due_cost -= b->index->facts[op].cost;
            return;
        }
}

/* LOWER_FAIL unless the graph may have the group and can still be finished in just N nodes afterwards. */
static lower_result acceptable(builder *b, const op_model *op, const build_effect *e)
{
    if (e->fault)
        return refuse_fault(b, op, e->fault);
    long need = build_need(b, e->components, e->live, e->sink_need) + b->path_cost - b->path_credit;
    if (!b->lenient)
        need += b->due_cost - due_credit(b, &b->group);
    bool room = e->nodes <= b->nodes && need <= (long)(b->nodes - e->nodes);
    return room ? LOWER_OK : refuse(b, BUILD_NO_ROOM, op, -1);
}

static lower_result solve(builder *b, const op_spec *specs, size_t n)
{
    size_t opened = 0;
    b->group.n = 0;
    b->group.target = specs[n - 1].target;
    b->refused.reason = WHY_NONE;
    lower_begin(b->lower, b->t);
    for (size_t i = 0; i < n; i++) {
        op_spec sp = specs[i];
        if (sp.link_frame >= 0)
            sp.link_frame = (int)b->group.n - 1; /* producers may have come between */
        lower_result res = add_op(b, &sp, 0, &opened);
        if (res != LOWER_OK)
            return res;
    }
    return lower_close(b->lower, b->group.inst);
}

/* Counts a try that failed or was kept, and tells who listens. False without memory. */
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
        (void)refuse_fault(b, specs[n - 1].op, e->fault);
    arena_release(&b->memory, mark);
    b->group.target = -1;
    if (res == LOWER_FAIL || b->refused.reason != WHY_NONE)
        res = count_try(b, specs[n - 1].op, LOWER_FAIL) ? res : LOWER_NOMEM;
    return res;
}

lower_result build_try(builder *b, const op_spec *specs, size_t n)
{
    const op_model *op = specs[n - 1].op;
    b->mark = arena_get_mark(&b->memory);
    b->report.tries++;
    for (size_t k = 0; b->trace && k + 1 < n; k++)
        b->trace->before(b->trace->data, specs[k].op);
    tape_span_begin(b->t, op->name);
    lower_result res = solve(b, specs, n);
    build_effect e;
    if (res == LOWER_OK) {
        state_foresee(&b->s, &b->group, &e);
        res = acceptable(b, op, &e);
    }
    tape_span_end(b->t, res == LOWER_OK);
    if (res == LOWER_OK) {
        if (!state_commit(&b->s, &b->group))
            res = LOWER_NOMEM;
        for (size_t f = 0; f < b->group.n; f++)
            strike_due(b, b->group.inst[f].op->index);
        b->report.kept += b->group.n;
    } else {
        arena_release(&b->memory, b->mark);
        b->turn++;
    }
    b->group.target = -1;
    return res != LOWER_NOMEM && count_try(b, op, res) ? res : LOWER_NOMEM;
}
