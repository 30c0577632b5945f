#include "lower/empty.h"
#include "lower/eval.h"
#include "lower/usage.h"

#define MORE_IN 6 /* one frame in so many may have several dimensions of 0 that nothing demands */

static bool given_empty(const lower *l, const frame *f)
{
    bool found = f->target && tensor_is_empty(f->target);
    for (int s = 0; s < f->n_slots && !found; s++) {
        const frame_slot *slot = &f->slots[s];
        found = slot->kind == SLOT_TENSOR ? tensor_is_empty(slot->tensor)
                                          : slot->kind == SLOT_LINK && l->frames[slot->frame].least == 0 && f->op->empty;
    }
    return found;
}

void empty_settle(lower *l, frame *f)
{
    const bool allowed = f->op->empty && (!f->relaxed || f->none), given = given_empty(l, f);
    const bool found = f->none && f->op->empty && (f->op->flags & OP_FOUND) != 0;
    f->least = 1;
    if (given && !allowed)
        lower_fail(l, WHY_EMPTY);
    else if (given || found ||
             (allowed && !f->relaxed && l->limits.empty > 0 && tape_chance(l->tape, "empty", l->limits.empty, 1000)))
        f->least = 0;
}

void empty_post_link(lower *l, const frame *f, const frame_slot *slot)
{
    if (f->least == 0 || l->frames[slot->frame].least > 0)
        return;
    for (int i = 0; i < slot->rank && l->state == LOWER_OK; i++)
        term_post(l, CSP_LE, term_const(1), slot->dims[i]);
}

/* ---- which dimension is 0 ---- */

typedef struct {
    const term *dims[OP_MAX_SLOTS + OP_MAX_OUTPUTS];
    int rank[OP_MAX_SLOTS + OP_MAX_OUTPUTS];
    int n;
} tensors;

static tensors open_tensors(const frame *f, bool outputs)
{
    tensors x = {.n = 0};
    for (int s = 0; s < f->n_slots; s++)
        if (f->slots[s].kind == SLOT_OPEN) {
            x.dims[x.n] = f->slots[s].dims;
            x.rank[x.n++] = f->slots[s].rank;
        }
    for (int o = 0; o < f->n_outs && outputs; o++)
        if (f->outs[o].present) {
            x.dims[x.n] = f->outs[o].dims;
            x.rank[x.n++] = f->outs[o].rank;
        }
    return x;
}

/* Whether the dimension is still open, and may be as small as `least`. */
static bool is_open(const lower *l, term dim, int64_t least)
{
    int64_t lo, hi;
    term_bounds(l, dim, &lo, &hi);
    return lo <= least && lo < hi;
}

static size_t count_open(const lower *l, const tensors *x, size_t stop, term *found)
{
    size_t n = 0;
    for (int i = 0; i < x->n; i++)
        for (int k = 0; k < x->rank[i]; k++)
            if (is_open(l, x->dims[i][k], 0) && n++ == stop)
                *found = x->dims[i][k];
    return n;
}

static bool impose(lower *l, csp_rel rel, term a, term b)
{
    csp_mark m = csp_get_mark(l->csp);
    const size_t decide = l->n_decide;
    term_post(l, rel, a, b);
    return usage_keep_or_undo(l, m, decide);
}

void empty_impose(lower *l, frame *f)
{
    enum { TRIES = 3 };
    term dim = term_const(1);
    bool done = f->least > 0 || given_empty(l, f);
    l->f = f;
    l->rule = (rule_ref){0};
    const tensors all = open_tensors(f, true);
    for (int k = 0; k < TRIES && !done && l->state == LOWER_OK; k++) {
        const size_t n = count_open(l, &all, SIZE_MAX, &dim);
        if (n == 0)
            break;
        (void)count_open(l, &all, (size_t)tape_draw(l->tape, "empty dim", n), &dim);
        done = impose(l, CSP_EQ, dim, term_const(0));
    }
    if (f->least > 0 || l->state != LOWER_OK || tape_chance(l->tape, "more", 1, MORE_IN))
        return;
    const tensors fresh = open_tensors(f, false);
    for (int i = 0; i < fresh.n; i++)
        for (int k = 0; k < fresh.rank[i] && l->state == LOWER_OK; k++)
            if (is_open(l, fresh.dims[i][k], 0))
                (void)impose(l, CSP_LE, term_const(1), fresh.dims[i][k]);
}

bool empty_input(const frame *f)
{
    for (int s = 0; s < f->n_slots; s++) {
        const frame_slot *slot = &f->slots[s];
        if (slot->kind != SLOT_ABSENT && slot->kind != SLOT_INIT && tensor_is_empty(&slot->desc))
            return true;
    }
    return false;
}

bool empty_output(const frame *f)
{
    for (int o = 0; o < f->n_outs; o++)
        if (f->outs[o].present && tensor_is_empty(&f->outs[o].desc))
            return true;
    return false;
}
