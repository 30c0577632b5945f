#include "build/build_close.h"
#include "build/build_budget.h"
#include "build/build_input.h"
#include "build/build_pick.h"

#define CLOSE_TRIES 24
#define DIRECT_ROUNDS 2 /* pairs that are only joined directly: another pair is cheaper than an operator between */
/* A manner's graphs have few outputs, so they need many joins. For these pairs it tries only what is likely to succeed. */
#define CHOOSY_ROUNDS 12
#define MANNER_ROUNDS \
    15            /* all pairs that a manner tries: to begin the graph again is cheaper than many tries that rarely succeed */
#define BRIDGES 3 /* tried for a pair and an operator */
#define CHOSEN_BRIDGES 2 /* tried by a manner */
#define UNSURE 2         /* one in so many samples is tried where the probe cannot tell whether it will fit */

/* The unconsumed output of a live node that takes the fewest nodes to finish; -1: none. */
static int32_t loose_end(const builder *b, int32_t node)
{
    const graph_node *n = &b->s.nodes[node];
    int32_t best = -1;
    int cost = 0;
    for (size_t o = 0; o < n->n_outputs; o++) {
        int32_t t = n->outputs[o];
        if (t < 0 || b->s.notes[t].free_at < 0 || ((b->s.notes[t].weak || b->s.notes[t].aside) && !b->s.node_notes[node].weak))
            continue;
        int c = b->index->sink[b->s.tensors[t].desc.type];
        if (best < 0 || c < cost) {
            best = t;
            cost = c;
        }
    }
    return best;
}

lower_result close_sink(builder *b, bool any)
{
    if (b->s.sinks.n == 0)
        return LOWER_FAIL;
    int32_t node = b->s.sinks.items[build_draw(b, "sink", b->s.sinks.n)], t = loose_end(b, node);
    if (t < 0)
        return LOWER_FAIL;
    dtype type = b->s.tensors[t].desc.type;
    bool join = build_is_data(b, type); /* a tensor of data is constant or weak here */
    const op_list *l = join ? build_joins(b) : any ? &b->index->takers[type] : &b->index->sinks[type];
    size_t first = l->n ? build_draw_op(b, "sink operator", l, SIZE_MAX) : 0;
    for (size_t k = 0; k < l->n && k < (any && !join ? 3 : CLOSE_TRIES); k++) {
        op_spec sp = spec_of(build_op_at(b, l, first + k));
        int input = build_input_beside(b, sp.op, t, -1);
        if (input < 0)
            continue;
        spec_give(&sp, 0, t, input);
        sp.output_type = DT_FLOAT32;
        sp.partners = any || join ? 1 : 2;
        lower_result res = build_try(b, &sp, 1);
        if (res != LOWER_FAIL)
            return res;
    }
    return LOWER_FAIL;
}

static lower_result join_directly(builder *b, const op_model *op, int32_t x, int32_t y)
{
    op_spec sp = spec_of(op);
    if (build_cancels(b, op, x, y) || !op_probe_may_join(b->probe, op, &b->s.tensors[x].desc, &b->s.tensors[y].desc))
        return LOWER_FAIL;
    int first = build_input_beside(b, op, x, -1), second = first < 0 ? -1 : build_input_beside(b, op, y, first);
    if (second < 0)
        return LOWER_FAIL;
    spec_give(&sp, 0, x, first);
    spec_give(&sp, 1, y, second);
    return build_try_one(b, sp);
}

/* Whether the sample shows how to convert tensor x so that it can be joined with y. tied: both inputs must have one type. */
static bool bridges(const builder *b, const probe_sample *s, int32_t x, int32_t y, bool tied)
{
    const tensor_desc *from = &b->s.tensors[x].desc;
    if (build_many_types(b) && (s->in_type != from->type || (tied && s->out.type != b->s.tensors[y].desc.type)))
        return false;
    return s->in_rank == from->rank && lower_may_take(b->lower, &b->ops->ops[s->op], s->in_input, from);
}

/* A bridge is to make x fit y, which the operator takes as `input`. */
typedef struct {
    const op_model *op;
    int32_t x, y;
    int input, link;
    bool tied; /* both inputs must have one type */
} bridge_to;

/* Whether to try a sample. Where the probe cannot tell whether the shapes will fit, a draw decides. */
static bool promises(builder *b, uint32_t sample, const bridge_to *to)
{
    probe_fit fit = op_probe_fit(b->probe, sample, to->op, &b->s.tensors[to->x].desc, &b->s.tensors[to->y].desc);
    return fit == FITS_ALWAYS || (fit == FITS_PERHAPS && tape_chance(b->t, "unsure bridge", 1, UNSURE));
}

/* Draws whether to try an operator, by the square of the share of pairs that it joined in the probe: what joins few of them wastes
 * tries that others would use better. */
static bool easy(builder *b, const op_model *op)
{
    const uint32_t ease = (uint32_t)op_probe_ease(b->probe, op);
    return tape_chance(b->t, "join tried", ease * ease, EASE_TRIALS * EASE_TRIALS);
}

static lower_result try_bridge(builder *b, const probe_sample *s, const bridge_to *to)
{
    op_spec sp[2] = {spec_of(&b->ops->ops[s->op]), spec_of(to->op)};
    sp[0].output_type = build_many_types(b) ? s->out.type : DT_NONE;
    spec_give(&sp[0], 0, to->x, s->in_input);
    spec_give(&sp[1], 0, to->y, to->input);
    spec_link(&sp[1], 0, s->output, to->link);
    return build_try(b, sp, 2);
}

/* Passes x through another operator, then joins the result with y. choosy: only where success is likely. */
static lower_result join_over(builder *b, const op_model *op, int32_t x, int32_t y, bool choosy)
{
    bridge_to to = {.op = op, .x = x, .y = y, .input = build_input_beside(b, op, y, -1), .link = -1};
    size_t n = 0, n_samples;
    to.link = to.input < 0 ? -1 : build_input_any(b, op, to.input);
    if (to.link < 0 || (choosy && !easy(b, op)))
        return LOWER_FAIL;
    const uint32_t *list = op_probe_bridges(b->probe, op, (size_t)to.link, &n);
    if (!list)
        return LOWER_NOMEM;
    const probe_sample *samples = op_probe_samples(b->probe, &n_samples);
    to.tied = op->inputs[to.link].type_var == op->inputs[to.input].type_var;
    const size_t most = choosy ? CHOSEN_BRIDGES : BRIDGES;
    size_t first = n ? build_draw(b, "bridge", n) : 0;
    /* neighbours are alike: in their order, the first one after many that do not fit would be chosen too often */
    size_t step = choosy && n ? 1 + build_draw(b, "bridge step", n) : 1;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0, tried = 0; k < n && tried < most && res == LOWER_FAIL; k++) {
        const uint32_t sample = list[(first + k * step) % n];
        if (!bridges(b, &samples[sample], x, y, to.tied))
            continue;
        if (choosy && !promises(b, sample, &to))
            continue;
        tried++;
        res = try_bridge(b, &samples[sample], &to);
    }
    return res;
}

static lower_result join_bridged(builder *b, const op_model *op, int32_t x, int32_t y)
{
    return join_over(b, op, x, y, false);
}

static lower_result join_easily(builder *b, const op_model *op, int32_t x, int32_t y)
{
    return easy(b, op) ? join_directly(b, op, x, y) : LOWER_FAIL;
}

static lower_result join_choosily(builder *b, const op_model *op, int32_t x, int32_t y)
{
    return join_over(b, op, x, y, true);
}

/* Draws a live node to join with node u, which is at index i of the list: one of another component while there are several; -1:
 * none. */
static int32_t draw_partner(builder *b, size_t i)
{
    const id_list *live = &b->s.live;
    for (size_t k = 1; k < live->n; k++) {
        int32_t v = live->items[(i + k) % live->n];
        if (b->s.components < 2 || state_root(&b->s, v) != state_root(&b->s, live->items[i]))
            return v;
    }
    return -1;
}

typedef lower_result (*join_fn)(builder *b, const op_model *op, int32_t x, int32_t y);

/* Joins two tensors by operators of the list, from an index on, in either order. */
static lower_result join_by(builder *b, join_fn join, const op_list *joins, size_t first, int32_t x, int32_t y)
{
    /* If few operators accept a type, most of the list fails at once and costs nothing. */
    const size_t tries = build_many_types(b) ? joins->n : CLOSE_TRIES;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0; k < joins->n && k < tries && res == LOWER_FAIL; k++) {
        const op_model *op = build_op_at(b, joins, first + k);
        res = join(b, op, x, y);
        if (res == LOWER_FAIL)
            res = join(b, op, y, x);
    }
    return res;
}

/* Joins two live nodes. */
static lower_result join_live(builder *b)
{
    const op_list *joins = build_joins(b);
    lower_result res = LOWER_FAIL;
    const int rounds = b->manner ? MANNER_ROUNDS : CLOSE_TRIES;
    for (int round = 0; round < rounds && joins->n && b->s.live.n >= 2 && res == LOWER_FAIL; round++) {
        size_t i = build_draw(b, "live", b->s.live.n);
        int32_t u = b->s.live.items[i], v = draw_partner(b, i);
        int32_t x = loose_end(b, u), y = v < 0 ? -1 : loose_end(b, v);
        if (x < 0 || y < 0)
            continue;
        size_t first = build_draw_op(b, "join", joins, SIZE_MAX);
        bool choosy = b->manner && round < CHOOSY_ROUNDS;
        res = join_by(b, choosy ? join_easily : join_directly, joins, first, x, y);
        if (res == LOWER_FAIL && round >= DIRECT_ROUNDS)
            res = join_by(b, choosy ? join_choosily : join_bridged, joins, first, x, y);
    }
    return res;
}

lower_result close_step(builder *b)
{
    bool before = b->free_inputs;
    lower_result res = LOWER_FAIL;
    b->free_inputs = true;
    lower_set_manner(b->lower, NULL); /* what is left must be joined, whatever the dims and ranks that it takes */
    for (int k = 0; k < 4 && res == LOWER_FAIL && b->s.sinks.n > 0; k++)
        res = close_sink(b, false);
    if (res == LOWER_FAIL && (b->s.components > 1 || b->s.live.n + b->s.shown > b->limit))
        res = join_live(b);
    b->free_inputs = before;
    lower_set_manner(b->lower, b->manner);
    if (res == LOWER_FAIL)
        b->complaint = b->s.sinks.n ? "an output could not be converted back to a type of data" : "two parts could not be joined";
    return res;
}
