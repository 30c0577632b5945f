#include "build/build_again.h"
#include "build/build_empty.h"
#include "base/mix.h"
#include "build/build_group.h"
#include "build/build_input.h"
#include "build/build_log.h"
#include "build/build_motif.h"
#include "build/build_moves.h"
#include "build/build_pick.h"
#include "build/build_worlds.h"

#include <string.h>

#define SAME_SCAN 64    /* tensors of the wanted shape */
#define VARIANTS 6      /* of the draws of a segment, after the draws as they are */
#define PLACE_VARIANT 5 /* with which another place is sought */

/* ---- tensors ---- */

/* How tensors are found that are not there as the segment says. */
typedef enum {
    FIND_SAME,    /* one of the same shape, or else a new graph input */
    FIND_NEW,     /* a new graph input if there can be one */
    FIND_ALL_NEW, /* and none that is there */
    FIND_KINDS
} find_kind;

/* A tensor that a segment names: what it was. */
typedef struct {
    uint32_t from;
    unsigned port;
    tensor_desc desc; /* type DT_NONE: unknown */
} named_tensor;

static double bits_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Reads what the segment says of the tensor at a place. false: nothing. */
static bool read_named(const builder *b, unsigned place, named_tensor *x)
{
    uint32_t code, dims[NN_MAX_RANK], low, high;
    *x = (named_tensor){0};
    bool named = segment_find(b->reader, ITEM_FROM, place, &x->from);
    if (!segment_find(b->reader, ITEM_PORT, place, &code))
        return named;
    x->port = code & 0xffff;
    const unsigned type = code >> 16 & 0xff, rank = code >> 24;
    if (type == DT_NONE || type >= DT_COUNT || rank > NN_MAX_RANK ||
        segment_all(b->reader, ITEM_DIM, place, dims, NN_MAX_RANK) < rank || !segment_find(b->reader, ITEM_LOW, place, &low) ||
        !segment_find(b->reader, ITEM_HIGH, place, &high))
        return named;
    const interval range = iv(bits_float(low), bits_float(high));
    if (!(range.lo <= range.hi)) /* also if one is no number */
        return named;
    x->desc = (tensor_desc){.type = (dtype)type, .rank = (int)rank, .range = range};
    for (unsigned i = 0; i < rank; i++)
        x->desc.dims[i] = dims[i];
    return named;
}

/* Makes the description one of a new graph input. false: there can be none. */
static bool make_input(const builder *b, tensor_desc *d)
{
    const int64_t most = b->limits.max_elements ? b->limits.max_elements : 4096;
    const int64_t most_dim = b->limits.max_dim ? b->limits.max_dim : 64;
    int64_t elements = 1;
    bool fits = d->type != DT_NONE && build_is_data(b, d->type) && d->rank <= (b->limits.max_rank ? b->limits.max_rank : 6);
    for (int i = 0; fits && i < d->rank; i++) {
        fits = d->dims[i] >= (b->limits.empty > 0 ? 0 : 1) && d->dims[i] <= most_dim;
        elements *= fits ? d->dims[i] : 1;
        fits = fits && elements <= most;
    }
    const double far = b->limits.max_magnitude > 0 ? b->limits.max_magnitude : 1e4;
    if (!fits || !(d->range.lo < d->range.hi) || !tensor_narrow_to_type(d))
        return false;
    d->range = build_typed_ends(d->type, iv_meet(d->range, iv(-far, far)));
    d->likely = est_tied(est_all(d->range), !dtype_is_float(d->type));
    return d->range.lo < d->range.hi;
}

/* Whether the tensor may take the place of the one that was there. */
static bool like(const builder *b, int32_t t, const tensor_desc *d)
{
    return t >= 0 && t != b->group.target && !b->s.notes[t].inner && tensor_shape_equal(&b->s.tensors[t].desc, d);
}

static bool among(const int32_t *list, size_t n, int32_t t)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == t)
            return true;
    return false;
}

/* An existing tensor of the same shape that is not in the list: if possible one that no node takes. The choice depends on both
 * addresses (rendezvous hashing: Thaler and Ravishankar, 1998), so that a new tensor seldom changes it. */
static int32_t find_same(const builder *b, const named_tensor *x, const int32_t *list, size_t n)
{
    int32_t best = -1;
    uint64_t best_score = 0;
    int32_t t = state_same_shape(&b->s, &x->desc);
    for (int k = 0; t >= 0 && k < SAME_SCAN; k++, t = b->s.notes[t].same_shape) {
        const tensor_address *a = &b->address[t];
        if (!like(b, t, &x->desc) || among(list, n, t))
            continue;
        const uint64_t score = mix64(mix64((uint64_t)x->from << 16 | x->port) + ((uint64_t)a->segment << 16 | a->port)) >> 1 |
                               (uint64_t)(b->s.notes[t].free_at >= 0) << 63;
        if (best < 0 || score > best_score) {
            best = t;
            best_score = score;
        }
    }
    return best;
}

/* The tensor itself, if it is as it was; -1: it is not. */
static int32_t find_itself(const builder *b, const named_tensor *x)
{
    const int32_t t = log_find(b, x->from, x->port);
    return x->desc.type != DT_NONE && like(b, t, &x->desc) ? t : -1;
}

/* ---- a group ---- */

/* A frame that is placed again. */
typedef struct {
    lower_request *r;
    int32_t *tensor; /* in its slots; -1: none */
    int outcome[OP_MAX_SLOTS];
    tensor_desc *fresh[OP_MAX_SLOTS]; /* a new graph input that is given; NULL: none */
    size_t n;
    bool starved; /* out of memory */
} again_frame;

static const op_model *read_operator(const builder *b, unsigned place)
{
    uint32_t hash;
    if (!segment_find(b->reader, ITEM_OPERATOR, place, &hash))
        return NULL;
    for (size_t i = 0; i < b->ops->n_ops; i++)
        if (segment_hash(b->ops->ops[i].name) == hash)
            return &b->ops->ops[i];
    const op_list *l = &b->index->usable; /* another name: any operator, always the same */
    return l->n > 0 ? &b->ops->ops[l->items[mix64(hash) % l->n]] : NULL;
}

/* Decides what a slot gets. false: nothing suits. */
static bool fill_slot(builder *b, again_frame *f, size_t s, const op_input *in, unsigned place, find_kind how)
{
    named_tensor x;
    lower_slot *slot = &f->r->slots[s];
    (void)read_named(b, place, &x);
    const bool many = b->group.twice;
    int32_t t = how == FIND_ALL_NEW ? -1 : find_itself(b, &x);
    t = !many && among(f->tensor, s, t) ? -1 : t;
    tensor_desc d = x.desc;
    how = x.from == SEGMENT_NOWHERE && how == FIND_SAME ? FIND_NEW : how;
    const bool can = slot->kind == SLOT_TENSOR && op_input_data(in) && make_input(b, &d);
    if (t < 0 && !(can && how != FIND_SAME) && x.desc.type != DT_NONE)
        t = find_same(b, &x, f->tensor, s);
    if (t < 0 && x.desc.type == DT_NONE)
        t = build_pick_either(b, f->r->op, (size_t)(in - f->r->op->inputs), 0);
    f->tensor[s] = t;
    if (t >= 0) {
        slot->tensor = &b->s.tensors[t].desc;
        return true;
    }
    if (slot->kind == SLOT_OPEN) { /* it becomes a new graph input as the lowering decides, or a given one */
        d = x.desc;
        f->outcome[s] = OUTCOME_OPEN;
        if (!make_input(b, &d))
            return build_is_data(b, x.desc.type);
        slot->kind = SLOT_TENSOR;
    } else if (!can) {
        return false;
    }
    f->fresh[s] = arena_alloc(&b->memory, sizeof d);
    if (!f->fresh[s]) {
        f->starved = true;
        return false;
    }
    *f->fresh[s] = d;
    slot->tensor = f->fresh[s];
    return true;
}

static bool read_slot(builder *b, again_frame *f, size_t frame, size_t s, const op_input *in, find_kind how)
{
    const unsigned place = (unsigned)frame << 8 | (unsigned)s;
    lower_slot *slot = &f->r->slots[s];
    uint32_t code = SLOT_CODE(op_input_must(in) ? SLOT_OPEN : SLOT_AUTO, OUTCOME_OPEN, -1, 0, 0);
    (void)segment_find(b->reader, ITEM_SLOT, place, &code);
    const int rank = (int)(code >> 8 & 0xff) - 1;
    *slot = (lower_slot){.kind = (slot_kind)((code & 15) % (SLOT_LINK + 1)), .rank = rank <= NN_MAX_RANK ? rank : -1};
    f->outcome[s] = (int)(code >> 4 & 15);
    f->tensor[s] = -1;
    f->fresh[s] = NULL;
    if (slot->kind == SLOT_LINK) {
        slot->frame = (int)(code >> 16 & 15);
        slot->output = (int)(code >> 20 & 15);
        return slot->frame < (int)frame && slot->output < (int)b->requests[slot->frame].op->n_outputs;
    }
    if (slot->kind == SLOT_TENSOR || (slot->kind == SLOT_OPEN && f->outcome[s] == OUTCOME_BOUND))
        return fill_slot(b, f, s, in, place, how);
    return true;
}

/* The graph input that the frame's output replaces, or only what the output is to be. */
static void read_target(builder *b, again_frame *f, unsigned at)
{
    uint32_t output;
    named_tensor x;
    if (!segment_find(b->reader, ITEM_TARGET, at, &output) || output == 0)
        return;
    (void)read_named(b, at | 0xff, &x);
    if (x.desc.type == DT_NONE)
        return;
    int32_t t = find_itself(b, &x);
    for (size_t k = 0; k < b->s.inputs.n && x.from != SEGMENT_NOWHERE && (t < 0 || b->s.notes[t].input_at < 0); k++)
        t = like(b, b->s.inputs.items[k], &x.desc) ? b->s.inputs.items[k] : t;
    tensor_desc *d = arena_alloc(&b->memory, sizeof *d);
    f->starved = d == NULL;
    if (!d)
        return;
    b->group.target = t >= 0 && b->s.notes[t].input_at >= 0 ? t : -1;
    *d = b->group.target >= 0 ? b->s.tensors[t].desc : x.desc;
    d->likely = b->group.target >= 0 ? d->likely : est_all(d->range);
    f->r->target = d;
    f->r->target_output = b->group.target_output = (int)(output - 1) % OP_MAX_OUTPUTS;
}

/* Reads a frame. false: there is none, or nothing suits a slot. */
static bool read_frame(builder *b, again_frame *f, size_t frame, const op_model *op, find_kind how)
{
    const unsigned at = (unsigned)frame << 8;
    uint32_t type = DT_NONE;
    size_t s = 0;
    *f->r = (lower_request){.op = op};
    (void)segment_find(b->reader, ITEM_TYPE, at, &type);
    f->r->output_type = type < DT_COUNT ? (dtype)type : DT_NONE;
    f->starved = false;
    read_target(b, f, at);
    if (f->starved)
        return false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        uint32_t arity = 1;
        (void)segment_find(b->reader, ITEM_ARITY, at | (unsigned)i, &arity);
        f->r->arity[i] = arity < 1 ? 1 : (int)(arity % (OP_MAX_SLOTS + 1));
        if (s + (size_t)f->r->arity[i] + (op->n_inputs - i - 1) > OP_MAX_SLOTS)
            return false;
        for (int k = 0; k < f->r->arity[i]; k++, s++)
            if (!read_slot(b, f, frame, s, &op->inputs[i], how))
                return false;
    }
    f->n = s;
    return true;
}

/* Binds the slots that were bound, and leaves those that were left. */
static lower_result bind_frame(builder *b, const again_frame *f, int frame, uint32_t *left)
{
    for (size_t s = 0; s < f->n; s++) {
        if (f->r->slots[s].kind != SLOT_OPEN || lower_open_rank(b->lower, frame, (int)s) < 0)
            continue;
        if (f->outcome[s] == OUTCOME_LEFT && lower_leave(b->lower, frame, (int)s))
            *left |= (uint32_t)1 << s;
        if (f->outcome[s] != OUTCOME_BOUND)
            continue;
        const tensor_desc *d = &b->s.tensors[f->tensor[s]].desc;
        if (!lower_fits(b->lower, frame, (int)s, d))
            return LOWER_FAIL;
        lower_result res = lower_bind(b->lower, frame, (int)s, d);
        if (res != LOWER_OK)
            return res;
    }
    return LOWER_OK;
}

/* The slots that were given a new graph input become one. */
static void open_fresh(builder *b, const again_frame *frames)
{
    for (size_t f = 0; f < b->group.n; f++)
        for (size_t s = 0; s < b->group.inst[f].n_inputs; s++)
            if (frames[f].fresh[s] && b->group.inst[f].inputs[s].kind == INST_TENSOR) {
                b->group.inst[f].inputs[s].kind = INST_NEW_INPUT;
                b->group.inst[f].inputs[s].share = 0;
            }
}

static lower_result solve_again(builder *b, again_frame *frames, find_kind how)
{
    lower_result res = LOWER_OK;
    b->group.n = 0;
    b->group.target = -1;
    b->refused.reason = WHY_NONE;
    log_scope(b, SCOPE_BEGIN);
    build_allow_empty(b);
    lower_begin(b->lower, b->t);
    log_pause(b);
    for (size_t f = 0; f < LOWER_MAX_FRAMES && res == LOWER_OK; f++) {
        const op_model *op = read_operator(b, (unsigned)f << 8);
        int frame;
        uint32_t left = 0;
        frames[f].r = &b->requests[f];
        frames[f].tensor = b->group.tensor[f];
        if (!op)
            break;
        if (!read_frame(b, &frames[f], f, op, how))
            return frames[f].starved ? LOWER_NOMEM : LOWER_FAIL;
        log_scope(b, (unsigned)(f + 1) * SCOPE_FRAME);
        res = lower_add(b->lower, frames[f].r, &frame);
        if (res == LOWER_OK) {
            b->group.n++;
            res = bind_frame(b, &frames[f], frame, &left);
        }
        if (res == LOWER_OK)
            res = build_worlds_open_again(b, frame, frames[f].n);
        log_pause(b);
        if (res == LOWER_OK)
            log_frame(b, f, frames[f].r, frames[f].tensor, left);
    }
    if (res != LOWER_OK || b->group.n == 0)
        return res == LOWER_OK ? LOWER_FAIL : res;
    log_scope(b, SCOPE_CLOSE);
    res = lower_close(b->lower, b->group.inst);
    log_pause(b);
    if (res == LOWER_OK)
        open_fresh(b, frames);
    return res;
}

static lower_result try_group(builder *b, size_t k, const op_model *op, unsigned variant, find_kind how)
{
    again_frame frames[LOWER_MAX_FRAMES];
    if (!segment_enter(b->reader, k, variant))
        return LOWER_NOMEM;
    b->mark = arena_get_mark(&b->memory);
    b->report.tries++;
    tape_span_begin(b->t, op->name);
    log_try(b, SEGMENT_GROUP);
    return build_settle(b, op, solve_again(b, frames, how));
}

/* The operator of the last frame. */
static const op_model *last_operator(const builder *b)
{
    const op_model *op = NULL;
    for (unsigned f = 0; f < LOWER_MAX_FRAMES; f++) {
        const op_model *next = read_operator(b, f << 8);
        if (!next)
            break;
        op = next;
    }
    return op;
}

lower_result build_again_group(builder *b, size_t k)
{
    const op_model *op = last_operator(b);
    lower_result res = LOWER_FAIL;
    if (!op)
        return LOWER_FAIL;
    b->group.twice = b->reader->at->flags & SEGMENT_TWICE;
    for (int how = 0; how < FIND_KINDS && res == LOWER_FAIL; how++)
        res = try_group(b, k, op, 0, (find_kind)how);
    for (unsigned v = 1; v <= VARIANTS && res == LOWER_FAIL; v++)
        res = try_group(b, k, op, v, FIND_SAME);
    b->group.twice = false;
    if (res != LOWER_FAIL)
        return res;
    if (!segment_enter(b->reader, k, PLACE_VARIANT))
        return LOWER_NOMEM;
    log_pause(b);
    return build_place(b, op, false);
}

/* ---- a motif ---- */

static int read_motif(const builder *b)
{
    uint32_t hash = 0;
    if (!b->motifs.set || !segment_find(b->reader, ITEM_MOTIF, 0, &hash))
        return -1;
    for (size_t i = 0; i < b->motifs.n_allowed; i++)
        if (segment_hash(motif_name(b->motifs.set, b->motifs.allowed[i])) == hash)
            return b->motifs.allowed[i];
    return b->motifs.n_allowed > 0 ? b->motifs.allowed[mix64(hash) % b->motifs.n_allowed] : -1;
}

static int32_t find_like(const builder *b, const named_tensor *x)
{
    const int32_t t = find_itself(b, x);
    return t < 0 && x->desc.type != DT_NONE ? find_same(b, x, NULL, 0) : t;
}

/* What the segment says of the motif's inputs and of the operator in front of it. given: room for what input 0 was. */
static void read_again(builder *b, motif_again *a, tensor_desc *given)
{
    named_tensor x;
    uint32_t feed = 0;
    for (size_t k = 0; k < MOTIF_MAX_INPUTS; k++) {
        const bool named = read_named(b, (unsigned)k, &x);
        a->tensor[k] = !named ? AGAIN_NEW : k == 0 ? find_like(b, &x) : find_itself(b, &x);
        if (named && k > 0 && a->tensor[k] < 0)
            a->tensor[k] = AGAIN_LOST;
        if (k == 0 && x.desc.type != DT_NONE) {
            *given = x.desc;
            given->likely = est_all(given->range);
            a->given = given;
        }
    }
    if (a->how != AGAIN_FED || !segment_find(b->reader, ITEM_FEED, SCOPE_FEED, &feed))
        return;
    a->feeder = read_operator(b, SCOPE_FEED);
    a->feed_input = (int)(feed & 0xff);
    a->feed_output = (int)(feed >> 8 & 0xff);
    (void)read_named(b, SCOPE_FEED, &x);
    a->feed_tensor = find_like(b, &x);
    if (a->feeder && (a->feed_input >= (int)a->feeder->n_inputs || a->feed_output >= (int)a->feeder->n_outputs))
        a->feeder = NULL;
}

lower_result build_again_motif(builder *b, size_t k)
{
    const int motif = read_motif(b);
    uint32_t how = 0;
    if (motif < 0)
        return LOWER_FAIL;
    (void)segment_find(b->reader, ITEM_HOW, 0, &how);
    motif_again a = {.motif = (size_t)motif,
                     .level = (motif_level)((how & 15) % MOTIF_LEVELS),
                     .near_miss = (int)(how >> 4 & 0xff),
                     .how = (int)(how >> 12) % (AGAIN_APART + 1)};
    tensor_desc given;
    read_again(b, &a, &given);
    lower_result res = build_motif_again(b, &a);
    for (unsigned v = 1; v <= VARIANTS && res == LOWER_FAIL; v++) {
        if (!segment_enter(b->reader, k, v))
            return LOWER_NOMEM;
        if (v > 1)
            a.how = AGAIN_APART;
        res = build_motif_again(b, &a);
    }
    return res;
}
