#include "build/build_worlds.h"
#include "build/build_log.h"
#include "build/build_refuse.h"
#include "build/world_symbols.h"
#include "build/world_values.h"
#include "lower/again.h"

#include <string.h>

#define EAGER_UNTIL 6    /* later attempts take groups without sizes as they come */
#define SYMBOLS_UNTIL 10 /* later attempts have no symbols, which may leave no place for what is due */
#define AXIS_BITS 4      /* of a symbol in an item of a tape */
#define LAYOUT_PLACE(frame, slot) ((unsigned)(frame) << 8 | (unsigned)(slot))
#define OWN_STREAM ((uint64_t)1 << 40) /* beyond those of tapes of models */

struct build_worlds {
    lower *lower; /* solves instances again */
    tape *zeros;
    tape *t;
    world_symbols names;
    int64_t usual[SYMBOL_KINDS]; /* their sizes in world 0 */
    size_t n;                    /* of worlds: WORLD_COUNT, or for models with sizes that data decide WORLD_ALL */
    bool batch;                  /* the first dimension of every graph input is the batch */
    bool eager;                  /* groups without sizes may be refused */
    bool sized;                  /* some tensor of this attempt has sizes */
    tensor_desc slots[OP_MAX_SLOTS];
    again_operand operands[OP_MAX_SLOTS];
    interval was[GROUP_MAX_FRAMES][OP_MAX_OUTPUTS]; /* in world 0 */
    int64_t sizes[OP_MAX_OUTPUTS][NN_MAX_WORLDS * NN_MAX_RANK];
};

typedef struct {
    bool open;  /* data decide a size of an input or an output */
    bool sized; /* an input has sizes, or values that depend on them */
    bool wider; /* the interval of an input is no longer the one that the instance was solved with */
} input_facts;

/* ---- the request ---- */

static nn_status make(builder *b, nn_error *err)
{
    build_worlds *x = b->all_worlds = nn_calloc(1, sizeof *x);
    if (!x)
        return nn_nomem(err);
    nn_status s = lower_new(&x->lower, b->ops, NULL, &b->memory, err);
    if (s == NN_OK)
        s = tape_new_bytes(&x->zeros, NULL, 0, err);
    if (s == NN_OK)
        s = tape_new_seeded(&x->t, 0, 0, err);
    if (s == NN_OK)
        lower_set_keep(x->lower, true);
    else
        build_worlds_free(b);
    return s;
}

void build_worlds_free(builder *b)
{
    build_worlds *x = b->all_worlds;
    if (!x)
        return;
    lower_free(x->lower);
    tape_free(x->zeros);
    tape_free(x->t);
    nn_free(x);
    b->all_worlds = b->worlds = NULL;
}

nn_status build_worlds_open(builder *b, const build_request *r, nn_error *err)
{
    const dynamic_wish *d = &r->dynamic;
    b->worlds = NULL;
    b->dynamic = *d;
    lower_set_keep(b->lower, false);
    if (d->share == 0 && !d->finds)
        return NN_OK;
    nn_status s = b->all_worlds ? NN_OK : make(b, err);
    if (s != NN_OK)
        return s;
    build_worlds *x = b->all_worlds;
    tape_reseed(x->t, d->seed, OWN_STREAM + d->index);
    const bool symbols = d->share > 0 && tape_chance(x->t, "dynamic", d->share, 1000);
    lower_set_limits(x->lower, &r->limits);
    world_symbols_clear(&x->names);
    if (symbols)
        world_symbols_draw(&x->names, d->batch, lower_get_limits(x->lower), x->t);
    if (x->names.n == 0 && !d->finds)
        return NN_OK;
    x->batch = d->batch && x->names.n > 0;
    x->n = d->finds ? WORLD_ALL : WORLD_COUNT;
    for (size_t i = 0; i < x->names.n; i++)
        x->usual[i] = x->names.symbols[i].size[0];
    b->worlds = x;
    lower_set_keep(b->lower, true);
    return NN_OK;
}

void build_worlds_attempt(builder *b, const lower_limits *limits, size_t attempt)
{
    build_worlds *x = b->worlds;
    if (!x)
        return;
    lower_set_limits(x->lower, limits);
    if (attempt >= SYMBOLS_UNTIL) {
        world_symbols_clear(&x->names);
        x->batch = false;
        b->worlds = b->dynamic.finds ? x : NULL;
        lower_set_keep(b->lower, b->dynamic.finds);
    }
    x->eager = attempt < EAGER_UNTIL;
    x->sized = false;
}

/* ---- new graph inputs ---- */

/* The axes as the value of an item of a tape, and back. */
static uint32_t pack_axes(const int *axes, int rank)
{
    uint32_t code = 0;
    for (int k = 0; k < rank; k++)
        code |= (uint32_t)(axes[k] + 1) << AXIS_BITS * k;
    return code;
}

static void unpack_axes(const build_worlds *x, uint32_t code, int axes[NN_MAX_RANK])
{
    for (int k = 0; k < NN_MAX_RANK; k++) {
        const int symbol = (int)(code >> AXIS_BITS * k & ((1U << AXIS_BITS) - 1)) - 1;
        axes[k] = symbol < (int)x->names.n ? symbol : -1;
    }
}

/* The slot gets the sizes of the symbols. */
static lower_result fix_axes(builder *b, int frame, size_t slot, const int *axes, int rank)
{
    const world_symbols *names = &b->worlds->names;
    for (int k = 0; k < rank; k++)
        if (axes[k] >= 0 && lower_fix(b->lower, frame, (int)slot, k, names->symbols[axes[k]].size[0]) == LOWER_NOMEM)
            return LOWER_NOMEM;
    return LOWER_OK;
}

static const int batch_axes[] = {0}; /* the batch is the only symbol, and the first dimension */

lower_result build_worlds_open_again(builder *b, int frame, size_t slots)
{
    build_worlds *x = b->worlds;
    lower_result res = LOWER_OK;
    for (size_t s = 0; x && s < slots && res == LOWER_OK; s++) {
        const int rank = lower_open_rank(b->lower, frame, (int)s);
        uint32_t code = 0;
        int axes[NN_MAX_RANK];
        if (rank < 1)
            continue;
        (void)segment_find(b->reader, ITEM_LAYOUT, LAYOUT_PLACE(frame, s), &code);
        unpack_axes(x, code, axes);
        res = x->batch ? fix_axes(b, frame, s, batch_axes, 1) : fix_axes(b, frame, s, axes, rank);
        if (code != 0)
            log_put(b, ITEM_LAYOUT, LAYOUT_PLACE(frame, s), code);
    }
    return res;
}

lower_result build_worlds_open_slots(builder *b, int frame, const slot_plan *p)
{
    build_worlds *x = b->worlds;
    bool joins = b->group.target >= 0;
    for (size_t s = 0; x && s < p->n_slots; s++)
        joins |= p->settled[s] || p->tensor[s] >= 0;
    for (size_t s = 0; x && s < p->n_slots; s++) {
        const int rank = lower_open_rank(b->lower, frame, (int)s);
        int axes[NN_MAX_RANK];
        if (rank < 1)
            continue;
        if (x->batch) {
            if (fix_axes(b, frame, s, batch_axes, 1) == LOWER_NOMEM)
                return LOWER_NOMEM;
            continue;
        }
        if (joins)
            continue;
        world_layout_draw(&x->names, rank, axes, x->t);
        if (fix_axes(b, frame, s, axes, rank) == LOWER_NOMEM)
            return LOWER_NOMEM;
        if (pack_axes(axes, rank) != 0)
            log_put(b, ITEM_LAYOUT, LAYOUT_PLACE(frame, s), pack_axes(axes, rank));
    }
    return LOWER_OK;
}

/* The symbol that a dimension of a new graph input may be; -1: none. */
static int symbol_at(const build_worlds *x, int64_t size)
{
    for (size_t i = 0; i < x->names.n; i++)
        if (x->names.symbols[i].size[0] == size)
            return (int)i;
    return -1;
}

/* The symbols that new graph inputs of the group may have, as a set. */
static uint32_t possible_symbols(const build_worlds *x, const op_group *g)
{
    uint32_t set = 0;
    for (size_t f = 0; f < g->n; f++)
        for (size_t i = 0; i < g->inst[f].n_inputs; i++) {
            const inst_input *in = &g->inst[f].inputs[i];
            for (int k = 0; in->kind == INST_NEW_INPUT && k < in->desc.rank; k++) {
                const int s = symbol_at(x, in->desc.dims[k]);
                set |= s >= 0 ? 1U << s : 0;
            }
        }
    return set;
}

/* false: out of memory. */
static bool set_worlds(builder *b, tensor_desc *d, const int64_t *sizes, input_facts facts)
{
    tensor_worlds *w = arena_alloc(&b->memory, sizeof *w);
    if (w)
        *w = (tensor_worlds){.sized = facts.sized, .open = facts.open, .sizes = sizes};
    d->worlds = w;
    return w != NULL;
}

/* Gives a new graph input the symbols of the set. false: out of memory. */
static bool name_input(builder *b, tensor_desc *d, uint32_t set)
{
    const build_worlds *x = b->worlds;
    int axes[NN_MAX_RANK];
    bool any = false;
    d->worlds = NULL;
    for (int k = 0; k < d->rank; k++) {
        axes[k] = symbol_at(x, d->dims[k]);
        if (axes[k] >= 0 && !(set >> axes[k] & 1))
            axes[k] = -1;
        any |= axes[k] >= 0;
    }
    if (!any)
        return true;
    int64_t *sizes = arena_alloc(&b->memory, x->n * (size_t)d->rank * sizeof *sizes);
    for (size_t w = 0; sizes && w < x->n; w++)
        for (int k = 0; k < d->rank; k++)
            sizes[w * (size_t)d->rank + (size_t)k] = axes[k] >= 0 ? x->names.symbols[axes[k]].size[w % WORLD_COUNT] : d->dims[k];
    return sizes && set_worlds(b, d, sizes, (input_facts){0});
}

bool build_worlds_sized(const builder *b)
{
    return b->worlds && b->worlds->names.n > 0;
}

const int64_t *build_worlds_sizes(const builder *b, size_t *n)
{
    *n = b->worlds ? b->worlds->names.n : 0;
    return b->worlds ? b->worlds->usual : NULL;
}

/* ---- one operator ---- */

/* The tensors that a frame takes. */
static void take_inputs(builder *b, size_t f)
{
    const op_instance *in = &b->group.inst[f];
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        b->worlds->slots[i] = x->kind == INST_LINK ? b->group.inst[x->frame].outputs[x->output].desc : x->desc;
    }
}

/* Whether dims or values depend on the world. */
static bool depends(const tensor_desc *d)
{
    return d->worlds && (d->worlds->sized || d->worlds->sizes);
}

static input_facts look(const build_worlds *x, const op_instance *in)
{
    input_facts r = {.open = in->op->flags & OP_FOUND};
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *y = &in->inputs[i];
        const tensor_desc *d = &x->slots[i];
        if (y->kind == INST_ABSENT || y->kind == INST_INIT)
            continue;
        r.open |= d->open != 0 || (d->worlds && d->worlds->open);
        r.sized |= depends(d);
        r.wider |= d->range.lo != y->desc.range.lo || d->range.hi != y->desc.range.hi;
    }
    return r;
}

/* What takes the place of a constant, with its contents where they are known. */
static void take_contents(const build_worlds *x, const op_instance *in, size_t w, again_operand *operands)
{
    for (size_t i = 0; i < in->n_inputs; i++) {
        int64_t values[WORLD_VALUES_MOST];
        again_operand *a = &operands[i];
        a->fixed = !depends(&x->slots[i]);
        a->known = in->inputs[i].kind != INST_INIT && world_values_of(&in->inputs[i], &x->slots[i], w, values);
        for (int64_t k = 0; a->known && k < tensor_elements(&x->slots[i]); k++)
            a->values[k] = (double)values[k];
    }
}

static lower_found found_in(size_t world)
{
    return world == 0 ? FOUND_DRAWN : world < WORLD_COUNT ? FOUND_MOST : FOUND_LEAST;
}

/* The instance in a world; the dims of its outputs are noted. */
static lower_result hold_in(builder *b, size_t f, size_t w)
{
    build_worlds *x = b->worlds;
    op_instance *in = &b->group.inst[f], out;
    tensor_desc slots[OP_MAX_SLOTS];
    for (size_t i = 0; i < in->n_inputs; i++)
        slots[i] = tensor_in_world(&x->slots[i], w);
    take_contents(x, in, w, x->operands);
    const again_request r = {.was = in, .inputs = slots, .operands = x->operands, .found = found_in(w)};
    lower_result res = lower_again(x->lower, x->zeros, &r, &out);
    for (size_t o = 0; o < in->n_outputs && res == LOWER_OK; o++) {
        tensor_desc *d = &in->outputs[o].desc;
        if (!in->outputs[o].present)
            continue;
        for (int k = 0; k < d->rank; k++)
            x->sizes[o][w * (size_t)d->rank + (size_t)k] = out.outputs[o].desc.dims[k];
        if (!tensor_is_empty(&out.outputs[o].desc)) /* it has no values */
            d->range = iv_hull(d->range, out.outputs[o].desc.range);
    }
    return res;
}

/* Keeps the sizes of an output if they differ from world to world. false: out of memory. */
static bool keep_sizes(builder *b, size_t o, tensor_desc *d, input_facts facts)
{
    build_worlds *x = b->worlds;
    const size_t rank = (size_t)d->rank, n = x->n * rank;
    bool varies = false;
    for (size_t k = rank; k < n; k++) {
        varies |= x->sizes[o][k] != x->sizes[o][k % rank];
        const bool again = k >= WORLD_COUNT * rank; /* with the same sizes */
        d->open |= again && x->sizes[o][k] != x->sizes[o][k - WORLD_COUNT * rank] ? 1U << k % rank : 0;
    }
    int64_t *sizes = varies ? arena_alloc(&b->memory, n * sizeof *sizes) : NULL;
    if (sizes)
        memcpy(sizes, x->sizes[o], n * sizeof *sizes);
    return (sizes || !varies) && (!(facts.sized || varies) || set_worlds(b, d, sizes, facts));
}

/* Values that only some sizes have must be as small as those of world 0 had to be. */
static bool still_small(const lower_limits *limits, interval was, interval now)
{
    return iv_mag(now) <= limits->max_magnitude || iv_mag(was) > limits->max_magnitude || iv_mag(now) <= iv_mag(was);
}

/* Judges a frame whose inputs differ between worlds. */
/* The world that is like this one, for an instance of which data decide nothing, or in a model without symbols; itself: none is. */
static size_t like_world(const build_worlds *x, size_t w, bool open)
{
    const size_t own = open ? w : w % WORLD_COUNT, place = own % WORLD_COUNT;
    if (x->names.n > 0)
        return own;
    return own < WORLD_COUNT ? (place > 0 && open ? 1 : 0) : WORLD_COUNT;
}

static void copy_sizes(build_worlds *x, const op_instance *in, size_t from, size_t to)
{
    for (size_t o = 0; o < in->n_outputs; o++) {
        const size_t rank = (size_t)in->outputs[o].desc.rank;
        if (in->outputs[o].present)
            memcpy(x->sizes[o] + to * rank, x->sizes[o] + from * rank, rank * sizeof *x->sizes[o]);
    }
}

static lower_result hold_sized(builder *b, size_t f, input_facts facts)
{
    build_worlds *x = b->worlds;
    op_instance *in = &b->group.inst[f];
    lower_result res = LOWER_OK;
    for (size_t o = 0; o < in->n_outputs; o++)
        if (in->outputs[o].present)
            memcpy(x->sizes[o], in->outputs[o].desc.dims, (size_t)in->outputs[o].desc.rank * sizeof(int64_t));
    const arena_mark mark = arena_get_mark(&b->memory);
    for (size_t w = facts.wider ? 0 : 1; w < x->n && res == LOWER_OK; w++) {
        const size_t like = like_world(x, w, facts.open);
        if (like != w) {
            copy_sizes(x, in, like, w);
            continue;
        }
        res = hold_in(b, f, w);
        arena_release(&b->memory, mark);
    }
    for (size_t o = 0; o < in->n_outputs && res == LOWER_OK; o++) {
        tensor_desc *d = &in->outputs[o].desc;
        if (!in->outputs[o].present)
            continue;
        if (!still_small(lower_get_limits(x->lower), x->was[f][o], d->range))
            res = LOWER_FAIL;
        else if (!keep_sizes(b, o, d, facts))
            res = LOWER_NOMEM;
    }
    return res;
}

static lower_result hold_frame(builder *b, size_t f)
{
    take_inputs(b, f);
    const input_facts facts = look(b->worlds, &b->group.inst[f]);
    lower_result res = facts.sized || facts.wider || facts.open ? hold_sized(b, f, facts) : LOWER_OK;
    if (res == LOWER_OK && b->group.pinned && !world_values_find(b, f, b->worlds->slots, b->worlds->n))
        res = LOWER_NOMEM;
    return res;
}

/* ---- the group ---- */

/* Notes the ranges of world 0, or takes the group back to them. */
static void keep_ranges(builder *b, bool back)
{
    for (size_t f = 0; f < b->group.n; f++)
        for (size_t o = 0; o < b->group.inst[f].n_outputs; o++) {
            tensor_desc *d = &b->group.inst[f].outputs[o].desc;
            if (back) {
                d->range = b->worlds->was[f][o];
                d->worlds = NULL;
                d->open = 0;
            } else {
                b->worlds->was[f][o] = d->range;
            }
        }
}

/* Whether the last output suits the graph input that it replaces in all worlds. */
static bool suits_target(const builder *b)
{
    const op_group *g = &b->group;
    if (g->target < 0)
        return true;
    const tensor_desc *want = &b->s.tensors[g->target].desc;
    const tensor_desc *have = &g->inst[g->n - 1].outputs[g->target_output].desc;
    const int64_t *a = tensor_sizes(want), *z = tensor_sizes(have);
    bool same = !a == !z;
    for (size_t k = 0; same && a && k < b->worlds->n * (size_t)want->rank; k++)
        same = a[k] == z[k];
    return same && iv_inside(have->range, want->range);
}

/* Whether data decide no dim of a tensor that the rest of the graph may take. */
static bool is_closed(const op_group *g)
{
    for (size_t f = 0; f < g->n; f++)
        for (size_t o = 0; o < g->inst[f].n_outputs; o++) {
            const inst_output *x = &g->inst[f].outputs[o];
            const bool taken = !g->pinned || f < g->first || g->outs[f] >> o & 1 || (o == 0 && g->shown >> f & 1);
            if (x->present && x->desc.open != 0 && taken)
                return false;
        }
    return true;
}

/* What is known of contents in worlds says nothing where data decide. false: out of memory. */
static bool forget_found(builder *b, op_group *g)
{
    for (size_t f = 0; f < g->n; f++)
        for (size_t o = 0; o < g->inst[f].n_outputs; o++) {
            tensor_desc *d = &g->inst[f].outputs[o].desc;
            if (!g->inst[f].outputs[o].present || !d->worlds || !d->worlds->open || d->open != 0)
                continue;
            const tensor_worlds was = *d->worlds;
            d->worlds = NULL;
            if ((was.sizes || was.sized) && !set_worlds(b, d, was.sizes, (input_facts){.sized = was.sized}))
                return false;
        }
    return true;
}

/* Judges the group with these symbols in its new graph inputs. */
static lower_result hold_with(builder *b, uint32_t set)
{
    op_group *g = &b->group;
    lower_result res = LOWER_OK;
    keep_ranges(b, true);
    for (size_t f = 0; f < g->n && res == LOWER_OK; f++) {
        op_instance *in = &g->inst[f];
        for (size_t i = 0; i < in->n_inputs && res == LOWER_OK; i++) {
            tensor_desc *d = &in->inputs[i].desc;
            if (in->inputs[i].kind != INST_NEW_INPUT)
                continue;
            if (!name_input(b, d, set))
                res = LOWER_NOMEM;
            else if (b->worlds->batch && (d->rank < 1 || !tensor_dim_varies(d, WORLD_COUNT, 0)))
                res = LOWER_FAIL;
        }
        if (res == LOWER_OK)
            res = hold_frame(b, f);
    }
    if (res == LOWER_OK && !(suits_target(b) && is_closed(g)))
        return LOWER_FAIL;
    return res == LOWER_OK && !forget_found(b, g) ? LOWER_NOMEM : res;
}

static bool has_sizes(const op_group *g)
{
    for (size_t f = 0; f < g->n; f++)
        for (size_t o = 0; o < g->inst[f].n_outputs; o++)
            if (g->inst[f].outputs[o].present && tensor_sizes(&g->inst[f].outputs[o].desc))
                return true;
    return false;
}

/* Whether a group without sizes is refused, so that symbols do not die out. The first of a graph mostly is. No group of a tape is:
 * it was kept before. */
static bool loses_symbols(builder *b)
{
    build_worlds *x = b->worlds;
    if (x->names.n == 0)
        return false;
    if (has_sizes(&b->group)) {
        x->sized = true;
        return false;
    }
    if (!x->eager || b->reader || (b->group.pinned && b->motif.n_due > 0)) /* a due motif has few tries */
        return false;
    return x->sized ? tape_chance(x->t, "group without sizes", 1, 2) : tape_chance(x->t, "first without sizes", 15, 16);
}

lower_result build_worlds_hold(builder *b, const op_model *op)
{
    const uint32_t all = possible_symbols(b->worlds, &b->group);
    keep_ranges(b, false);
    lower_result res = hold_with(b, all);
    for (size_t i = 0; i < b->worlds->names.n && res == LOWER_FAIL && (all & (all - 1)) != 0; i++)
        if (all >> i & 1)
            res = hold_with(b, 1U << i);
    if (res == LOWER_FAIL && all != 0)
        res = hold_with(b, 0);
    if (res == LOWER_OK && loses_symbols(b))
        res = LOWER_FAIL;
    return res == LOWER_FAIL ? build_refuse(b, BUILD_SIZES, op, -1) : res;
}

void build_worlds_finish(const builder *b, graph *g)
{
    bool any = false;
    for (size_t i = 0; i < g->n_inputs && b->worlds; i++)
        any |= tensor_sizes(&g->tensors[g->inputs[i]].desc) != NULL;
    if (!any)
        return;
    g->n_worlds = WORLD_COUNT;
    g->symbols = b->worlds->names.symbols;
    g->n_symbols = b->worlds->names.n;
}
