#include "build/build_slots.h"
#include "build/build_log.h"
#include "build/build_pick.h"
#include "build/build_refuse.h"
#include "rules/opmodel_rules.h"

#define MAX_BINDS 3 /* tensors of a list that are tried with lower_bind */

int slots_unsettled(const slot_plan *p, int input, size_t turn)
{
    for (size_t k = 0; k < p->n_slots; k++) {
        size_t s = (k + turn) % p->n_slots;
        if (p->input_of[s] == input && !p->settled[s])
            return (int)s;
    }
    return -1;
}

void slots_settle_tensor(builder *b, slot_plan *p, int slot, int32_t t)
{
    p->r->slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &b->s.tensors[t].desc, .rank = -1};
    p->tensor[slot] = t;
    p->settled[slot] = true;
}

void slots_settle_link(slot_plan *p, int slot, int frame, int output)
{
    p->r->slots[slot] = (lower_slot){.kind = SLOT_LINK, .frame = frame, .output = output, .rank = -1};
    p->settled[slot] = true;
}

static int draw_arity(builder *b, const op_input *in, int least, bool more)
{
    int lo = in->min_arity < 1 ? 1 : in->min_arity, hi = in->max_arity < lo ? lo : in->max_arity;
    int a = least > lo ? least : lo;
    if (a < 2 && more && op_input_data(in))
        a = hi < 2 ? hi : 2;
    while (a < hi && a < lo + 4 && tape_chance(b->t, "one tensor more", 1, 3))
        a++;
    return a;
}

bool slots_draw(builder *b, slot_plan *p, const int *least, bool more)
{
    const op_model *op = p->r->op;
    size_t n = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        int a = draw_arity(b, in, least[i], more);
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

static bool any_settled(const slot_plan *p)
{
    bool any = false;
    for (size_t s = 0; s < p->n_slots; s++)
        any |= p->settled[s];
    return any;
}

static bool weak_data(const builder *b, int32_t t)
{
    return b->s.notes[t].weak && build_is_data(b, b->s.tensors[t].desc.type);
}

static bool is_idle(const builder *b, const slot_plan *p)
{
    for (size_t s = 0; s < p->n_slots; s++)
        if (p->settled[s] && (p->tensor[s] < 0 || !weak_data(b, p->tensor[s])))
            return false;
    return any_settled(p) && b->s.strict && !b->s.leads;
}

/* Whether the tensor may be a partner of what is settled. */
static bool may_join(const builder *b, const slot_plan *p, int32_t given, int32_t t)
{
    return !b->s.notes[t].inner && !slot_taken(p, t) && !(p->idle && weak_data(b, t)) && !build_cancels(b, p->r->op, given, t);
}

/* A tensor that may suit an open slot: one with the shape of the given tensor, otherwise any that the input may take. */
static int32_t find_hint(builder *b, const slot_plan *p, size_t slot, int32_t given)
{
    size_t input = (size_t)p->input_of[slot];
    if (given >= 0 && b->group.target < 0 && tape_chance(b->t, "same shape", 1, 2)) {
        const tensor_desc *d = &b->s.tensors[given].desc;
        int32_t t = state_same_shape(&b->s, d);
        for (int k = 0; t >= 0 && k < PICK_SCAN; k++, t = b->s.notes[t].same_shape)
            if (may_join(b, p, given, t) && tensor_shape_equal(&b->s.tensors[t].desc, d) &&
                lower_may_take(b->lower, p->r->op, input, &b->s.tensors[t].desc))
                return t;
    }
    bool taken = tape_chance(b->t, "hint taken", 1, 3);
    for (int k = 0; k < 4; k++) {
        int32_t t = build_pick(b, p->r->op, input, taken ^ (k & 1), 0);
        if (t >= 0 && may_join(b, p, given, t))
            return t;
    }
    return -1;
}

/* Whether the slot gets the given tensor, which the operator takes already. */
static bool same_wanted(builder *b, const slot_plan *p, size_t slot, int32_t given)
{
    const op_input *in = &p->r->op->inputs[p->input_of[slot]];
    return b->style.same > 0 && given >= 0 && b->group.target < 0 && !(p->r->op->flags & (OP_SOURCE | OP_DISCONTINUOUS)) &&
           !in->optional && lower_may_take(b->lower, p->r->op, (size_t)p->input_of[slot], &b->s.tensors[given].desc) &&
           !build_cancels(b, p->r->op, given, given) && tape_chance(b->t, "same tensor", b->style.same, 1000);
}

/* Opens a slot for a tensor that the operator takes already. */
static void open_again(builder *b, slot_plan *p, size_t slot, int32_t given)
{
    p->r->slots[slot].kind = SLOT_OPEN;
    p->r->slots[slot].rank = b->s.tensors[given].desc.rank;
    p->seek[slot] = b->group.twice = true;
    p->hint[slot] = given;
}

/* Opens a slot. seek: with a tensor to try first. False: there is none, and the slot is left to an initializer. */
static bool open_slot(builder *b, slot_plan *p, size_t slot, int32_t given, bool seek)
{
    p->r->slots[slot].kind = SLOT_OPEN;
    p->seek[slot] = seek;
    if (seek)
        p->hint[slot] = find_hint(b, p, slot, given);
    if (p->hint[slot] >= 0)
        p->r->slots[slot].rank = b->s.tensors[p->hint[slot]].desc.rank;
    else if (seek && p->r->op->inputs[p->input_of[slot]].roles & (ROLE_WEIGHT | ROLE_CONSTANT)) {
        p->r->slots[slot].kind = SLOT_AUTO;
        p->seek[slot] = false;
        return false;
    }
    return true;
}

/* Whether a new graph input is preferred to an existing tensor. */
static bool input_wanted(builder *b)
{
    return b->s.inputs.n < b->style.inputs && tape_chance(b->t, "new graph input", 1, 3);
}

/* Whether the input can be filled: by a graph input, or by an existing tensor of another type. */
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

/* Whether an input that may be empty is also filled, as one that choices of the operator may leave out, such as the second of a
 * concatenation. */
static bool wants_partner(builder *b, const op_input *in)
{
    return partner_possible(b, in) && (!in->optional || tape_chance(b->t, "fill optional", 1, 4));
}

void slots_open(builder *b, slot_plan *p, int partners, int32_t given)
{
    const op_model *op = p->r->op;
    bool any = any_settled(p);
    p->idle = is_idle(b, p);
    size_t turn = p->turns > 1 ? build_draw(b, "slot", p->turns) : 0;
    for (size_t k = 0; k < p->n_slots; k++) {
        size_t s = (turn + k) % p->n_slots;
        const op_input *in = &op->inputs[p->input_of[s]];
        if (p->settled[s] || !op_input_data(in))
            continue;
        if (same_wanted(b, p, s, given))
            open_again(b, p, s, given);
        else if ((op_input_must(in) || (partners > 0 && wants_partner(b, in))) &&
                 open_slot(b, p, s, given, any && !input_wanted(b))) {
            partners--;
            any = true;
        }
    }
    for (size_t k = 0; k < p->n_slots && !any; k++) {
        size_t s = (turn + k) % p->n_slots;
        const op_input *in = &op->inputs[p->input_of[s]];
        any = op_input_data(in) && !in->optional && !in->conditional;
        if (any)
            (void)open_slot(b, p, s, given, false);
    }
}

/* ---- partners ---- */

/* Binds the slot to the tensor if it fits and does not cancel. *binds counts failures. true: the search ends with *res. */
static bool try_bind(builder *b, int frame, const slot_plan *p, size_t slot, int32_t t, int *binds, lower_result *res)
{
    for (size_t s = 0; s < p->n_slots; s++)
        if ((p->tensor[s] == t && !(b->group.twice && t == p->hint[slot])) || build_cancels(b, p->r->op, p->tensor[s], t))
            return false;
    if (t == b->group.target || b->s.notes[t].inner || (p->idle && weak_data(b, t)) ||
        !lower_fits(b->lower, frame, (int)slot, &b->s.tensors[t].desc))
        return false;
    log_mark before;
    log_get_mark(b, &before);
    log_scope(b, (unsigned)(frame + 1) * SCOPE_FRAME);
    *res = lower_bind(b->lower, frame, (int)slot, &b->s.tensors[t].desc);
    log_pause(b);
    if (*res == LOWER_OK) {
        p->tensor[slot] = t;
    } else {
        log_rewind(b, &before);
        ++*binds;
    }
    return *res != LOWER_FAIL;
}

/* The same for the tensors of a list, in turn. */
static bool scan_list(builder *b, int frame, const slot_plan *p, size_t slot, const id_list *l, bool taken, int *binds,
                      lower_result *res)
{
    if (l->n == 0)
        return false;
    size_t first = build_pick_place(b, l->n, taken);
    for (size_t k = 0; k < l->n && k < PICK_SCAN && *binds < MAX_BINDS; k++)
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

/* Whether an idle plan got no tensor that is not weak. */
static bool still_idle(const slot_plan *p, size_t opened)
{
    bool found = opened > 0;
    for (size_t s = 0; s < p->n_slots; s++)
        found |= !p->settled[s] && p->tensor[s] >= 0;
    return p->idle && !found;
}

lower_result slots_bind(builder *b, int frame, const slot_plan *p, size_t *opened)
{
    const size_t before = *opened;
    b->left = 0;
    const bool settled = any_settled(p);
    for (size_t s = 0; s < p->n_slots; s++) {
        const op_input *in = &p->r->op->inputs[p->input_of[s]];
        if (p->settled[s] || !op_input_data(in))
            continue;
        dtype type = lower_open_type(b->lower, frame, (int)s);
        int rank = lower_open_rank(b->lower, frame, (int)s);
        if (rank < 0)
            continue;
        if (type == DT_NONE)
            type = in->types & b->ops->data ? build_draw_data_type(b, in->types) : DT_BOOL;
        size_t inputs = b->s.inputs.n + *opened - (b->group.target >= 0);
        bool room = b->free_inputs || inputs < b->style.inputs;
        if (p->seek[s] || !build_is_data(b, type) || !room) {
            lower_result res = bind_slot(b, frame, p, s, rank, type);
            bool must = res == LOWER_FAIL && (!build_is_data(b, type) || !room);
            if (res == LOWER_NOMEM)
                return res;
            const bool left = must && settled && lower_leave(b->lower, frame, (int)s);
            b->left |= (uint32_t)left << s;
            if (res == LOWER_OK || left)
                continue;
            if (must)
                return build_refuse(b, BUILD_NO_PARTNER, p->r->op, p->input_of[s]);
        }
        ++*opened;
    }
    return still_idle(p, *opened - before) ? build_refuse(b, BUILD_IDLE, p->r->op, -1) : LOWER_OK;
}
