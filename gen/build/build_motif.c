#include "build/build_motif.h"
#include "build/build_budget.h"
#include "build/build_group.h"
#include "build/build_input.h"
#include "build/build_log.h"
#include "build/build_pick.h"
#include "build/build_refuse.h"
#include "build/build_worlds.h"
#include "build/motif_feed.h"
#include "build/build_worlds.h"

#include <string.h>

#define NODE_TRIES 16   /* of a node, while the choices that its motif leaves open differ */
#define GIVEN_TRIES 8   /* existing tensors that are offered to a motif */
#define PLAIN_TRIES 3   /* plans without an existing tensor */
#define FAILURES 8      /* of a due motif, after which it is left out */
#define BEFORE_MOTIFS 2 /* nodes that a graph has before its first motif, so that a node can feed it */
#define FRONT_TRIES 12  /* operators in front of a new graph input */
#define MATCH_SCAN 16

const char *motif_level_word(motif_level level)
{
    static const char *const words[] = {"exact", "variant", "mutated"};
    return words[level];
}

const placed_motif *builder_motifs(const builder *b, size_t *n)
{
    *n = b->motif.n_placed;
    return b->motif.placed;
}

bool build_motifs_begin(builder *b)
{
    motif_state *m = &b->motif;
    m->n_placed = m->n_due = m->nodes = m->failures = 0;
    m->share = 0;
    if (!b->motifs.set)
        return true;
    void *p = m->due;
    bool ok = nn_grow(&p, &m->due_capacity, b->motifs.n_due + 1, sizeof *m->due);
    m->due = p;
    if (!ok)
        return false;
    if (b->motifs.n_due > 0)
        memcpy(m->due, b->motifs.due, b->motifs.n_due * sizeof *m->due);
    m->n_due = b->motifs.n_due;
    if (b->motifs.share > 0)
        m->share = (uint32_t)tape_draw(b->t, "motif share", 2 * (uint64_t)b->motifs.share + 1);
    return true;
}

/* ---- the inputs of a motif ---- */

/* A motif that is being placed. */
typedef struct {
    size_t motif;
    motif_level level; /* asked for; that of the plan is lower if no near miss was found */
    motif_plan plan;
    int32_t tensor[MOTIF_MAX_INPUTS]; /* existing tensor of an input; -1: none */
    tensor_desc desc[MOTIF_MAX_INPUTS];
    bool fed; /* frame 0 of the group makes input 0 */
    int fed_output;
    const motif_again *again; /* what a tape says of it; NULL: nothing */
    bool own_constants;       /* nodes that have a constant in common have an initializer each */
} motif_try;

/* An interval of a new graph input inside the required one: a usual one if possible. Invalid if there is none. */
static interval input_range(builder *b, const tensor_desc *d)
{
    static const double usual[][2] = {{-1, 1}, {-2, 2}, {-4, 4}, {0, 1}, {-3, 1}, {0.5, 2}};
    static const double whole[][2] = {{-8, 8}, {0, 10}, {-20, 20}, {0, 100}, {1, 10}, {1, 4}};
    const size_t n = sizeof usual / sizeof *usual;
    double least = 0, largest = 0;
    (void)dtype_limits(d->type, &least, &largest);
    interval all = iv_meet(d->range, iv(least, largest));
    size_t first = (size_t)tape_draw(b->t, "interval", n);
    for (size_t k = 0; k < n; k++) {
        const double *x = dtype_is_whole(d->type) ? whole[(first + k) % n] : usual[(first + k) % n];
        if (iv_inside(iv(x[0], x[1]), all))
            return build_typed_ends(d->type, iv(x[0], x[1]));
    }
    interval r = iv_meet(all, iv(-4, 4));
    if (!iv_valid(r) || !(r.lo < r.hi)) { /* near the end that is nearer to zero */
        double step = dtype_is_whole(d->type) ? 10 : 4;
        r = all.lo > 0 ? iv(all.lo, all.lo + step) : iv(all.hi - step, all.hi);
        r = iv_meet(r, all);
    }
    return build_typed_ends(d->type, r);
}

/* Makes the input a new graph input. */
static lower_result take_new(builder *b, motif_try *m, size_t k)
{
    if (!build_is_data(b, m->plan.inputs[k].desc.type))
        return build_refuse(b, BUILD_NO_PARTNER, m->plan.nodes[0].op, -1);
    m->tensor[k] = -1;
    m->desc[k] = m->plan.inputs[k].desc;
    if (!tensor_narrow_to_type(&m->desc[k]))
        return build_refuse(b, BUILD_NO_PARTNER, m->plan.nodes[0].op, -1);
    log_scope(b, SCOPE_INPUT + (unsigned)k);
    m->desc[k].range = input_range(b, &m->desc[k]);
    log_pause(b);
    if (!(m->desc[k].range.lo < m->desc[k].range.hi))
        return build_refuse(b, BUILD_NO_PARTNER, m->plan.nodes[0].op, -1);
    m->desc[k].likely = est_tied(est_all(m->desc[k].range), !dtype_is_float(m->desc[k].type));
    return LOWER_OK;
}

static bool used(const motif_try *m, size_t k, int32_t t)
{
    for (size_t i = 0; i < k; i++)
        if (m->tensor[i] == t)
            return true;
    return false;
}

/* An existing tensor for an input after the first; -1: none. */
static int32_t match(const builder *b, const motif_try *m, size_t k)
{
    const tensor_desc *d = &m->plan.inputs[k].desc;
    int32_t t = state_same_shape(&b->s, d);
    for (int n = 0; t >= 0 && n < MATCH_SCAN; n++, t = b->s.notes[t].same_shape)
        if (!b->s.notes[t].inner && !used(m, k, t) && tensor_shape_equal(&b->s.tensors[t].desc, d) &&
            iv_inside(b->s.tensors[t].desc.range, d->range))
            return t;
    return -1;
}

/* The same where a tape names the tensor. */
static int32_t match_again(const builder *b, const motif_try *m, size_t k)
{
    const int32_t t = m->again->tensor[k];
    const tensor_desc *d = &m->plan.inputs[k].desc;
    if (t == AGAIN_LOST)
        return match(b, m, k);
    const bool suits = t >= 0 && !b->s.notes[t].inner && !used(m, k, t) && tensor_shape_equal(&b->s.tensors[t].desc, d) &&
                       iv_inside(b->s.tensors[t].desc.range, d->range);
    return suits ? t : -1;
}

static lower_result take_others(builder *b, motif_try *m)
{
    lower_result res = LOWER_OK;
    for (size_t k = 1; k < m->plan.n_inputs && res == LOWER_OK; k++) {
        bool fresh = m->plan.graph_input >> k & 1;
        int32_t t = fresh ? -1 : m->again ? match_again(b, m, k) : match(b, m, k);
        m->tensor[k] = t;
        if (t >= 0)
            m->desc[k] = b->s.tensors[t].desc;
        else
            res = take_new(b, m, k);
    }
    return res;
}

/* ---- nodes ---- */

static lower_slot slot_of(const builder *b, const motif_try *m, const motif_operand *x, const op_input *in)
{
    lower_slot s = {.kind = SLOT_TENSOR, .rank = -1};
    switch (x->kind) {
    case MOTIF_ABSENT:
        s.kind = SLOT_ABSENT;
        break;
    case MOTIF_AUTO:
        s.kind = op_input_must(in) ? SLOT_OPEN : SLOT_AUTO;
        break;
    case MOTIF_CONST:
        s.tensor = &m->plan.consts[x->index].desc;
        s.init = &m->plan.consts[x->index].init;
        s.share = m->own_constants ? 0 : 1 + MOTIF_MAX_INPUTS + x->index;
        break;
    case MOTIF_INPUT:
        s.tensor = &m->desc[x->index];
        break;
    case MOTIF_NODE:
        s.tensor = &b->group.inst[b->group.first + (size_t)x->index].outputs[x->output].desc;
        break;
    }
    return s;
}

static void request_of(const builder *b, const motif_try *m, const motif_node *n, lower_request *r)
{
    *r = (lower_request){.op = n->op,
                         .output_type = n->output_type,
                         .pins = n->pins,
                         .n_pins = n->n_pins,
                         .relaxed = true,
                         .claimed = n->claimed,
                         .still = m->plan.closed};
    size_t at = 0;
    for (size_t i = 0; i < n->op->n_inputs; i++) {
        r->arity[i] = n->arity[i];
        for (int k = 0; k < n->arity[i]; k++, at++)
            r->slots[at] = slot_of(b, m, &n->operands[at], &n->op->inputs[i]);
    }
}

/* Whether the outputs that later nodes take are there. */
static bool has_outputs(const motif_try *m, size_t node, const op_instance *x)
{
    for (size_t k = node + 1; k < m->plan.n_nodes; k++)
        for (size_t s = 0; s < OP_MAX_SLOTS; s++) {
            const motif_operand *o = &m->plan.nodes[k].operands[s];
            if (o->kind == MOTIF_NODE && o->index == (int)node &&
                ((size_t)o->output >= x->n_outputs || !x->outputs[o->output].present))
                return false;
        }
    return true;
}

/* Says of each input of a solved node where it comes from. */
static void connect(builder *b, const motif_try *m, size_t node)
{
    size_t f = b->group.first + node;
    op_instance *x = &b->group.inst[f];
    for (size_t s = 0; s < x->n_inputs; s++) {
        const motif_operand *o = &m->plan.nodes[node].operands[s];
        inst_input *in = &x->inputs[s];
        b->group.tensor[f][s] = -1;
        if (o->kind == MOTIF_NODE) {
            in->kind = INST_LINK;
            in->frame = (int)b->group.first + o->index;
            in->output = o->output;
        } else if (o->kind == MOTIF_INPUT && o->index == 0 && m->fed) {
            in->kind = INST_LINK;
            in->frame = 0;
            in->output = m->fed_output;
        } else if (o->kind == MOTIF_INPUT && m->tensor[o->index] >= 0) {
            b->group.tensor[f][s] = m->tensor[o->index];
        } else if (o->kind == MOTIF_INPUT) {
            in->kind = INST_NEW_INPUT;
            in->share = 1 + o->index;
        }
    }
}

static lower_result solve_node(builder *b, const motif_try *m, size_t node)
{
    lower_request r;
    op_instance *x = &b->group.inst[b->group.n];
    lower_result res = LOWER_FAIL;
    request_of(b, m, &m->plan.nodes[node], &r);
    log_mark before;
    log_get_mark(b, &before);
    bool drew = true; /* anything but the style: another try may end differently */
    for (int k = 0; k < NODE_TRIES && res == LOWER_FAIL && drew; k++) {
        int frame;
        uint64_t draws = tape_count(b->t);
        log_rewind(b, &before);
        log_scope(b, (unsigned)(node + 1) * SCOPE_FRAME);
        lower_begin(b->lower, b->t);
        res = lower_add(b->lower, &r, &frame);
        if (res == LOWER_OK)
            res = lower_close(b->lower, x);
        log_pause(b);
        if (res == LOWER_OK && !has_outputs(m, node, x))
            res = build_refuse_fault(b, r.op, "an output that the motif uses is left out");
        drew = tape_count(b->t) > draws + 1;
    }
    if (res == LOWER_OK) {
        b->refused.reason = WHY_NONE;
        connect(b, m, node);
        b->group.n++;
    }
    return res;
}

/* ---- the motif ---- */

static bool remember(builder *b, const motif_try *m, int32_t first)
{
    motif_state *s = &b->motif;
    void *p = s->placed;
    bool ok = nn_grow(&p, &s->capacity, s->n_placed + 1, sizeof *s->placed);
    s->placed = p;
    if (!ok)
        return false;
    s->placed[s->n_placed++] = (placed_motif){.name = m->plan.name,
                                              .motif = m->motif,
                                              .level = m->plan.level,
                                              .mutations = m->plan.mutations,
                                              .n_mutations = m->plan.n_mutations,
                                              .first = first,
                                              .n = m->plan.n_nodes};
    s->nodes += m->plan.n_nodes;
    return true;
}

/* Writes down which motif it is and what it takes. */
static void log_motif(builder *b, const motif_try *m)
{
    const bool on = m->tensor[0] >= 0 || (m->again && m->again->how == AGAIN_ON);
    const unsigned how = m->fed ? AGAIN_FED : on ? AGAIN_ON : AGAIN_APART;
    log_put(b, ITEM_MOTIF, 0, segment_hash(m->plan.name));
    log_put(b, ITEM_HOW, 0, AGAIN_CODE(m->level, b->motif.near_miss, how));
    for (size_t k = m->fed ? 1 : 0; k < m->plan.n_inputs; k++)
        if (m->tensor[k] >= 0)
            log_tensor(b, (unsigned)k, m->tensor[k]);
        else
            log_desc(b, (unsigned)k, &m->desc[k]);
}

/* The group so far feeds the motif, or is empty. Solves its nodes and commits all. */
static lower_result place(builder *b, motif_try *m)
{
    lower_result res = take_others(b, m);
    log_scope(b, SCOPE_OWN);
    m->own_constants = manner_says(b->manner, MANNER_own_constants) &&
                       tape_chance(b->t, "own constants", b->manner->value[MANNER_own_constants], 1000);
    log_pause(b);
    if (res == LOWER_OK)
        log_motif(b, m);
    b->group.first = b->group.n;
    b->group.shown = m->plan.shown << b->group.first;
    for (size_t k = 0; k < m->plan.n_nodes; k++)
        b->group.outs[b->group.first + k] = m->plan.nodes[k].outs;
    size_t k = 0;
    for (; k < m->plan.n_nodes && res == LOWER_OK; k++)
        res = solve_node(b, m, k);
    b->group.pinned = true;
    b->group.twice = false;
    size_t first = b->s.n_nodes + b->group.first;
    res = build_settle(b, m->plan.nodes[k > 0 ? k - 1 : 0].op, res);
    b->group.pinned = false;
    return res == LOWER_OK && !remember(b, m, (int32_t)first) ? LOWER_NOMEM : res;
}

/* Begins a try: draws a plan. LOWER_FAIL: there is none, and the try is over. */
static lower_result draw_plan(builder *b, size_t motif, motif_level level, const tensor_desc *given, motif_try *m)
{
    static const lower_limits usual = {.max_elements = 4096, .max_dim = 64, .max_rank = 6};
    lower_limits limits = b->limits;
    limits.max_elements = limits.max_elements ? limits.max_elements : usual.max_elements;
    limits.max_dim = limits.max_dim ? limits.max_dim : usual.max_dim;
    limits.max_rank = limits.max_rank ? limits.max_rank : usual.max_rank;
    limits.sizes = build_worlds_sizes(b, &limits.n_sizes);
    b->mark = arena_get_mark(&b->memory);
    b->group.n = b->group.first = 0;
    b->group.target = -1;
    b->refused.reason = WHY_NONE;
    m->motif = motif;
    m->level = level;
    m->fed = false;
    m->again = NULL;
    tape_span_begin(b->t, motif_name(b->motifs.set, motif));
    log_try(b, SEGMENT_MOTIF);
    log_scope(b, SCOPE_PLAN);
    nn_status st = motif_plan_new(b->motifs.set, motif, level, b->motif.near_miss, given, &limits, b->t, &b->memory, &m->plan);
    log_pause(b);
    b->report.tries++;
    if (st == NN_OK && m->plan.n_nodes > 0)
        return LOWER_OK;
    const op_model *op = motif_operator(b->motifs.set, motif);
    (void)build_refuse(b, BUILD_NO_PLAN, op, -1);
    return st == NN_ERR_NOMEM ? LOWER_NOMEM : build_drop(b, op);
}

lower_result build_motif_again(builder *b, const motif_again *a)
{
    motif_try m;
    const int32_t t = a->how == AGAIN_ON ? a->tensor[0] : -1;
    const tensor_desc *given = a->how != AGAIN_ON ? NULL : t >= 0 ? &b->s.tensors[t].desc : a->given;
    b->motif.near_miss = a->near_miss;
    lower_result res = draw_plan(b, a->motif, a->level, given, &m);
    if (res != LOWER_OK)
        return res;
    m.again = a;
    m.tensor[0] = -1;
    const bool own = m.plan.graph_input & 1;
    if (t >= 0 && (own || !iv_inside(given->range, m.plan.inputs[0].desc.range)))
        res = build_refuse(b, BUILD_NO_PARTNER, m.plan.nodes[0].op, -1);
    else if (t >= 0) {
        m.tensor[0] = t;
        m.desc[0] = *given;
    } else if (a->how == AGAIN_FED && !own && a->feeder && a->feed_tensor >= 0) {
        m.fed_output = a->feed_output;
        res = motif_feed_again(b, a->feeder, a->feed_input, a->feed_tensor, &m.plan.inputs[0].desc, m.fed_output);
        m.fed = res == LOWER_OK;
        if (m.fed)
            m.desc[0] = b->group.inst[0].outputs[m.fed_output].desc;
    } else {
        res = take_new(b, &m, 0);
    }
    return res == LOWER_OK ? place(b, &m) : build_settle(b, m.plan.nodes[0].op, res);
}

/* On an existing tensor. */
static lower_result place_on(builder *b, size_t motif, motif_level level, int32_t t)
{
    motif_try m;
    lower_result res = draw_plan(b, motif, level, &b->s.tensors[t].desc, &m);
    if (res != LOWER_OK)
        return res;
    m.tensor[0] = t;
    m.desc[0] = b->s.tensors[t].desc;
    if (!iv_inside(m.desc[0].range, m.plan.inputs[0].desc.range) || m.plan.graph_input & 1) {
        (void)build_refuse(b, BUILD_NO_PARTNER, m.plan.nodes[0].op, -1);
        return build_settle(b, m.plan.nodes[0].op, LOWER_FAIL);
    }
    return place(b, &m);
}

/* On the output of a new operator, which consumes an existing tensor. */
static lower_result place_fed(builder *b, size_t motif, motif_level level)
{
    motif_try m;
    lower_result res = draw_plan(b, motif, level, NULL, &m);
    if (res != LOWER_OK)
        return res;
    res = m.plan.graph_input & 1 ? LOWER_FAIL : motif_feed(b, &m.plan.inputs[0].desc, &m.fed_output);
    if (res != LOWER_OK)
        return build_settle(b, m.plan.nodes[0].op, res);
    m.fed = true;
    m.tensor[0] = -1;
    m.desc[0] = b->group.inst[0].outputs[m.fed_output].desc;
    return place(b, &m);
}

/* Makes input 0 of a motif, a graph input, the output of a new operator, if there is room and one is found. */
static lower_result feed_input(builder *b, const tensor_desc *d, size_t inputs_before)
{
    lower_result res = LOWER_FAIL;
    int32_t t = -1;
    for (size_t k = b->s.inputs.n; k > inputs_before; k--)
        if (tensor_shape_equal(&b->s.tensors[b->s.inputs.items[k - 1]].desc, d))
            t = b->s.inputs.items[k - 1];
    if (t < 0 || build_slack(b) < 1 || (b->s.strict && !b->s.notes[t].passed))
        return LOWER_FAIL;
    for (int k = 0; k < FRONT_TRIES && res == LOWER_FAIL && b->index->bridges.n > 0; k++) {
        const op_model *op = build_op_at(b, &b->index->bridges, build_draw(b, "feed", b->index->bridges.n));
        if (!(b->index->facts[op->index].gives >> d->type & 1) || op->flags & OP_SOURCE)
            continue;
        op_spec sp = spec_of(op);
        sp.target = t;
        res = build_try_one(b, sp);
    }
    return res;
}

/* On a new graph input, with an operator in front if possible. */
static lower_result place_apart(builder *b, size_t motif, motif_level level)
{
    motif_try m;
    const size_t inputs = b->s.inputs.n;
    lower_result res = draw_plan(b, motif, level, NULL, &m);
    if (res != LOWER_OK)
        return res;
    res = take_new(b, &m, 0);
    res = res == LOWER_OK ? place(b, &m) : build_settle(b, m.plan.nodes[0].op, res);
    if (res == LOWER_OK && !(m.plan.graph_input & 1) && feed_input(b, &m.desc[0], inputs) == LOWER_NOMEM)
        res = LOWER_NOMEM;
    return res;
}

/* The tensors of data of a kind: unconsumed ones, consumed ones, or graph inputs. Returns the k-th; -1: there are fewer. */
static int32_t tensor_at(const builder *b, int kind, size_t k)
{
    if (kind == 2)
        return k < b->s.inputs.n ? b->s.inputs.items[k] : -1;
    for (int t = 1; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++) {
            const id_list *l = kind == 0 ? &b->s.free[t][r] : &b->s.taken[t][r];
            if (k < l->n)
                return l->items[k];
            k -= l->n;
        }
    return -1;
}

static size_t count_tensors(const builder *b, int kind)
{
    size_t n = kind == 2 ? b->s.inputs.n : 0;
    for (int t = 1; t < DT_COUNT && kind < 2; t++)
        for (int r = 0; r < STATE_RANKS; r++)
            n += kind == 0 ? b->s.free[t][r].n : b->s.taken[t][r].n;
    return n;
}

static lower_result place_on_any(builder *b, size_t motif, motif_level level, int kind)
{
    size_t n = count_tensors(b, kind), first = n ? build_draw(b, "tensor", n) : 0;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0; k < n && k < GIVEN_TRIES && res == LOWER_FAIL; k++) {
        int32_t t = tensor_at(b, kind, (first + k) % n);
        bool fits = t >= 0 && b->s.notes[t].constant == VARIES && (b->s.tensors[t].kind == TENSOR_INPUT) == (kind == 2);
        if (fits)
            res = place_on(b, motif, level, t);
    }
    return res;
}

/* A node that feeds the motif must have room, and so must the two that connect a motif of its own with the rest of the graph. */
lower_result build_motif(builder *b, size_t motif, motif_level level)
{
    /* All tries have near misses of one kind, so that those that seldom can be placed are not rare. */
    b->motif.near_miss = level == MOTIF_MUTATED ? motif_draw_near_miss(b->t) : 0;
    lower_result res = LOWER_FAIL;
    const long room = build_slack(b) - (long)motif_nodes(b->motifs.set, motif);
    for (int kind = 0; kind < 2 && res == LOWER_FAIL; kind++)
        res = place_on_any(b, motif, level, kind);
    for (int k = 0; k < PLAIN_TRIES && b->s.n_nodes > 0 && room >= 1 && res == LOWER_FAIL; k++)
        res = place_fed(b, motif, level);
    if (res == LOWER_FAIL)
        res = place_on_any(b, motif, level, 2);
    for (int k = 0; k < PLAIN_TRIES && (room >= 2 || b->s.n_nodes == 0) && res == LOWER_FAIL; k++)
        res = place_apart(b, motif, level);
    return res;
}

/* ---- policy ---- */

static lower_result due_motif_step(builder *b)
{
    motif_state *m = &b->motif;
    const due_motif d = m->due[0];
    lower_set_manner(b->lower, NULL); /* its habits may leave no place */
    lower_result res = build_motif(b, d.motif, (motif_level)d.level);
    lower_set_manner(b->lower, b->manner);
    if (res == LOWER_OK || (res == LOWER_FAIL && ++m->failures == FAILURES)) {
        b->report.motif_missing += res == LOWER_FAIL;
        memmove(m->due, m->due + 1, --m->n_due * sizeof *m->due);
        m->failures = 0;
    }
    return res;
}

static motif_level draw_level(builder *b)
{
    if (tape_chance(b->t, "near miss of a motif", b->motifs.near_misses, 100))
        return MOTIF_MUTATED;
    return tape_chance(b->t, "motif as written", 6, 13) ? MOTIF_EXACT : MOTIF_VARIANT;
}

/* How often a motif is drawn; 0: there is no room for it. A larger one has more near misses. */
static size_t motif_weight(const builder *b, size_t k, motif_level level, long slack)
{
    size_t nodes = motif_nodes(b->motifs.set, b->motifs.allowed[k]);
    return (long)nodes > slack ? 0 : level == MOTIF_MUTATED ? nodes : 1;
}

/* Draws one of the motifs for which there is room; -1: there is none. */
static int draw_motif(builder *b, motif_level level, long slack)
{
    size_t all = 0;
    for (size_t k = 0; k < b->motifs.n_allowed; k++)
        all += motif_weight(b, k, level, slack);
    size_t at = all > 0 ? build_draw(b, "motif", all) : 0;
    for (size_t k = 0; k < b->motifs.n_allowed && all > 0; k++) {
        size_t weight = motif_weight(b, k, level, slack);
        if (at < weight)
            return b->motifs.allowed[k];
        at -= weight;
    }
    return -1;
}

lower_result build_motif_step(builder *b)
{
    motif_state *m = &b->motif;
    if (b->s.n_nodes < BEFORE_MOTIFS)
        return LOWER_FAIL;
    if (m->n_due > 0)
        return due_motif_step(b);
    if (m->share == 0 || m->nodes * 1000 >= (uint64_t)m->share * (b->s.n_nodes + 1))
        return LOWER_FAIL;
    motif_level level = draw_level(b);
    int motif = draw_motif(b, level, build_slack(b));
    return motif < 0 ? LOWER_FAIL : build_motif(b, (size_t)motif, level);
}
