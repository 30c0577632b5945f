#include "build/build_int.h"
#include "rules/opmodel_rules.h"

#define RANDOM_TRIES 24 /* operators tried in a step before all are gone through in order */
#define CLOSE_TRIES 24
#define SOURCE_TRIES 24 /* joins tried for an operator without inputs */
#define CONVERT_TRIES 16
#define CONVERT_ONE_IN 50 /* steps in which data become another type, which operators drawn at large seldom give */

typedef lower_result (*strategy)(builder *b, const op_model *op);

static const op_model *op_at(const builder *b, const op_list *l, size_t i)
{
    return &b->ops->ops[l->items[i % l->n]];
}

/* A data input to put a tensor in, optional ones seldom; -1: none. skip: not this one (variadics aside), or -1. */
static int draw_input(builder *b, const op_model *op, int skip)
{
    int found[OP_MAX_INPUTS], n = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        if (!op_input_data(in) || in->conditional || in->optional || ((int)i == skip && in->max_arity < 2))
            continue;
        found[n++] = (int)i;
    }
    if (n == 0)
        return -1;
    return found[n > 1 ? build_draw(b, "input", (size_t)n) : 0];
}

/* ---- strategies: each makes one try, or a few ---- */

static lower_result extend(builder *b, const op_model *op, bool taken, int partners)
{
    op_spec sp = spec_of(op);
    int input = draw_input(b, op, -1);
    if (input < 0)
        return LOWER_FAIL;
    int32_t t = build_pick(b, op, (size_t)input, taken, 0);
    if (t < 0)
        return LOWER_FAIL;
    sp.given[0] = t;
    sp.given_input[0] = input;
    sp.partners = partners;
    return build_try(b, &sp, 1);
}

static lower_result extend_free(builder *b, const op_model *op)
{
    return extend(b, op, false, tape_chance(b->t, "join", 1, 2));
}

static lower_result extend_taken(builder *b, const op_model *op)
{
    if (b->s.live.n >= b->limit) /* a join with a live tensor does not add to them */
        return b->index->facts[op->index].most_data >= 2 ? extend(b, op, true, 1) : LOWER_FAIL;
    return extend(b, op, true, tape_chance(b->t, "join", 1, 2));
}

/* A tensor for the first of an operator and what it bridges to. */
static int32_t pick_like(builder *b, const op_model *op, const probe_sample *x, bool taken)
{
    const id_list *l = taken ? &b->s.taken[x->in_type][x->in_rank] : &b->s.free[x->in_type][x->in_rank];
    size_t input = x->in_input;
    size_t first = l->n ? build_draw(b, "place", l->n) : 0;
    for (size_t k = 0; k < l->n && k < 4; k++) {
        int32_t t = l->items[l->n - 1 - (first + k) % l->n];
        if (lower_may_take(b->lower, op, input, &b->s.tensors[t].desc))
            return t;
    }
    return -1;
}

/* Another operator between an existing tensor and this one, to change rank, shape or values. */
static lower_result bridge(builder *b, const op_model *op)
{
    int input = draw_input(b, op, -1);
    size_t n = 0, n_samples;
    if (input < 0)
        return LOWER_FAIL;
    const uint32_t *list = op_probe_bridges(b->probe, op, (size_t)input, &n);
    if (!list)
        return LOWER_NOMEM;
    const probe_sample *samples = op_probe_samples(b->probe, &n_samples);
    size_t first = n ? build_draw(b, "bridge", n) : 0;
    bool branch = b->s.live.n < b->limit;
    for (size_t k = 0; k < n && k < 8; k++) {
        const probe_sample *x = &samples[list[(first + k) % n]];
        const op_model *between = &b->ops->ops[x->op];
        int32_t t = pick_like(b, between, x, false);
        if (t < 0 && branch)
            t = pick_like(b, between, x, true);
        if (t < 0)
            continue;
        op_spec sp[2] = {spec_of(between), spec_of(op)};
        sp[0].output_type = build_many_types(b) ? x->out.type : DT_NONE;
        sp[0].given[0] = t;
        sp[0].given_input[0] = x->in_input;
        sp[1].link_frame = 0;
        sp[1].link_output = x->output;
        sp[1].link_input = input;
        sp[1].partners = b->index->facts[op->index].most_data >= 2 && tape_chance(b->t, "join", 2, 3);
        return build_try(b, sp, 2);
    }
    return LOWER_FAIL;
}

/* The operator takes the place of a graph input. */
static lower_result backward(builder *b, const op_model *op)
{
    if (b->s.inputs.n == 0 || !(b->index->facts[op->index].gives & b->ops->data) || op->flags & OP_SOURCE)
        return LOWER_FAIL;
    op_spec sp = spec_of(op);
    sp.target = b->s.inputs.items[build_draw(b, "target", b->s.inputs.n)];
    if (b->s.strict && !b->s.notes[sp.target].passed)
        return LOWER_FAIL;
    sp.partners = tape_chance(b->t, "join", 1, 4);
    return build_try(b, &sp, 1);
}

/* One of these types that the table has a use for: float32 or, more often, another that is among them. */
static dtype draw_type(builder *b, dtype_mask types)
{
    dtype_mask others = types & b->index->taken & ~((dtype_mask)1 << DT_FLOAT32);
    if (!others || (types >> DT_FLOAT32 & 1 && !tape_chance(b->t, "other type", 2, 3)))
        return DT_FLOAT32;
    return build_draw_type(b, others);
}

/* An input that takes an output of the type: any for float32. */
static int draw_taking(builder *b, const op_model *op, dtype type)
{
    if (type == DT_FLOAT32)
        return draw_input(b, op, -1);
    for (size_t i = 0; i < op->n_inputs; i++)
        if (op_input_data(&op->inputs[i]) && (op->inputs[i].types >> type & 1) && !op->inputs[i].conditional)
            return (int)i;
    return -1;
}

/* The operator on new graph inputs or without inputs, and at once a join of it with a live tensor. */
static lower_result start_and_join(builder *b, const op_model *op)
{
    int output = build_output_of(op, DT_FLOAT32);
    dtype type = draw_type(b, op->outputs[output].types);
    const op_list *joins = type == DT_FLOAT32 ? &b->index->joins : &b->index->takers[type];
    if (joins->n == 0)
        return LOWER_FAIL;
    const op_model *join = op_at(b, joins, build_draw(b, "join", joins->n));
    int link = draw_taking(b, join, type);
    int other = link < 0 ? -1 : draw_input(b, join, link);
    if (other < 0)
        return LOWER_FAIL;
    int32_t t = build_pick(b, join, (size_t)other, false, b->ops->data);
    if (t < 0)
        t = build_pick(b, join, (size_t)other, true, b->ops->data);
    if (t < 0)
        return LOWER_FAIL;
    op_spec sp[2] = {spec_of(op), spec_of(join)};
    sp[0].output_type = type;
    sp[1].link_frame = 0;
    sp[1].link_output = output;
    sp[1].link_input = link;
    sp[1].given[0] = t;
    sp[1].given_input[0] = other;
    return build_try(b, sp, 2);
}

/* The operator on new graph inputs; in a graph that is not empty this is one component more. */
static lower_result start(builder *b, const op_model *op)
{
    op_spec sp = spec_of(op);
    return build_try(b, &sp, 1);
}

size_t build_inputs(const op_model *op)
{
    size_t n = op->n_inputs;
    while (n > 0 && op_input_is_form(op, n - 1))
        n--;
    return n;
}

size_t build_feed(builder *b, const op_model *op, op_spec *sp)
{
    size_t n_inputs = build_inputs(op), first = n_inputs > 1 ? build_draw(b, "input", n_inputs) : 0;
    int input = -1;
    dtype_mask types = 0;
    for (size_t k = 0; k < n_inputs && input < 0; k++) {
        size_t i = (first + k) % n_inputs;
        const op_input *in = &op->inputs[i];
        types = in->types & ~b->ops->data;
        if (types && op_input_data(in) && !in->conditional && !in->optional)
            input = (int)i;
    }
    if (input < 0)
        return 0;
    sp[0] = sp[1] = spec_of(op);
    int32_t t = tape_chance(b->t, "made at once", 1, 2) ? -1 : build_pick(b, op, (size_t)input, false, types);
    if (t >= 0) {
        sp[0].given[0] = t;
        sp[0].given_input[0] = input;
        return 1;
    }
    dtype type = build_draw_type(b, types & b->index->produced);
    if (type == DT_NONE)
        return 0;
    const op_list *l = &b->index->producers[type];
    const op_model *producer = op_at(b, l, build_draw_op(b, "producer", l, SIZE_MAX));
    sp[0] = spec_of(producer);
    sp[0].output_type = type;
    sp[0].given_input[0] = draw_input(b, producer, -1);
    if (sp[0].given_input[0] >= 0)
        sp[0].given[0] = build_pick(b, producer, (size_t)sp[0].given_input[0], false, b->ops->data);
    sp[1].link_frame = 0;
    sp[1].link_output = build_output_of(producer, type);
    sp[1].link_input = input;
    return 2;
}

/* The operator on existing tensors and operators that make the types it takes. */
static lower_result produce(builder *b, const op_model *op)
{
    if (b->index->facts[op->index].inputs_cost > 0)
        return start(b, op);
    op_spec sp[2];
    size_t n = build_feed(b, op, sp);
    return n > 0 ? build_try(b, sp, n) : LOWER_FAIL;
}

typedef struct {
    strategy run;
    int tries, patient; /* patient: where the operator must be placed now */
    bool inputs;        /* may make graph inputs without stint */
} strategy_row;

static const strategy_row placing[] = {
    {extend_free, 3, 6, false}, {extend_taken, 3, 6, false}, {produce, 3, 10, false},       {bridge, 3, 10, false},
    {backward, 2, 6, false},    {extend_free, 2, 4, true},   {extend_taken, 2, 4, true},    {bridge, 2, 6, true},
    {backward, 2, 4, true},     {produce, 2, 4, true},       {start_and_join, 4, 16, true}, {start, 1, 3, true},
};

lower_result build_place(builder *b, const op_model *op, bool patient)
{
    bool before = b->free_inputs;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0; k < sizeof placing / sizeof *placing && res == LOWER_FAIL; k++) {
        const strategy_row *row = &placing[k];
        b->free_inputs = before || row->inputs;
        int tries = patient ? row->patient : row->tries;
        for (int i = 0; i < tries && res == LOWER_FAIL; i++)
            res = row->run(b, op);
    }
    b->free_inputs = before;
    return res;
}

/* ---- closing ---- */

/* An unconsumed output of a live node: the one that is cheapest to finish. */
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

static int input_taking(builder *b, const op_model *op, int32_t t, int skip)
{
    size_t n = build_inputs(op), first = b->s.strict && n > 1 ? build_draw(b, "input", n) : 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = (first + k) % n;
        const op_input *in = &op->inputs[i];
        if (op_input_data(in) && !in->conditional && ((int)i != skip || in->max_arity >= 2) &&
            lower_may_take(b->lower, op, i, &b->s.tensors[t].desc))
            return (int)i;
    }
    return -1;
}

/* Joins that are tried where some two tensors are to be joined. */
static const op_list *flexible_joins(const builder *b)
{
    const op_list *mixers = op_probe_mixers(b->probe);
    return b->s.strict && mixers->n > 0 ? mixers : &b->index->joins;
}

/* Brings the outputs of a live node without an output of data back to it, or a step nearer; joins a constant one with another. any:
 * by any operator that takes the type.
 */
static lower_result sink_step(builder *b, bool any)
{
    if (b->s.sinks.n == 0)
        return LOWER_FAIL;
    int32_t node = b->s.sinks.items[build_draw(b, "sink", b->s.sinks.n)], t = loose_end(b, node);
    if (t < 0)
        return LOWER_FAIL;
    dtype type = b->s.tensors[t].desc.type;
    bool join = build_is_data(b, type); /* then it is constant or weak */
    const op_list *l = join ? flexible_joins(b) : any ? &b->index->takers[type] : &b->index->sinks[type];
    size_t first = l->n ? build_draw_op(b, "sink operator", l, SIZE_MAX) : 0;
    for (size_t k = 0; k < l->n && k < (any && !join ? 3 : CLOSE_TRIES); k++) {
        op_spec sp = spec_of(op_at(b, l, first + k));
        sp.given_input[0] = input_taking(b, sp.op, t, -1);
        if (sp.given_input[0] < 0)
            continue;
        sp.given[0] = t;
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
    sp.given_input[0] = input_taking(b, op, x, -1);
    sp.given_input[1] = sp.given_input[0] < 0 ? -1 : input_taking(b, op, y, sp.given_input[0]);
    if (sp.given_input[1] < 0)
        return LOWER_FAIL;
    sp.given[0] = x;
    sp.given[1] = y;
    return build_try(b, &sp, 1);
}

/* x through another operator, then joined with y. */
static lower_result join_bridged(builder *b, const op_model *op, int32_t x, int32_t y)
{
    op_spec sp[2] = {spec_of(op), spec_of(op)};
    sp[1].given_input[0] = input_taking(b, op, y, -1);
    int link = sp[1].given_input[0] < 0 ? -1 : draw_input(b, op, sp[1].given_input[0]);
    size_t n = 0, n_samples;
    if (link < 0)
        return LOWER_FAIL;
    const uint32_t *list = op_probe_bridges(b->probe, op, (size_t)link, &n);
    if (!list)
        return LOWER_NOMEM;
    const probe_sample *samples = op_probe_samples(b->probe, &n_samples);
    sp[1].given[0] = y;
    sp[1].link_frame = 0;
    sp[1].link_input = link;
    int rank = b->s.tensors[x].desc.rank;
    bool many = build_many_types(b), tied = op->inputs[link].type_var == op->inputs[sp[1].given_input[0]].type_var;
    size_t first = n ? build_draw(b, "bridge", n) : 0;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0, tried = 0; k < n && tried < 3 && res == LOWER_FAIL; k++) {
        const probe_sample *s = &samples[list[(first + k) % n]];
        const op_model *between = &b->ops->ops[s->op];
        if (many && (s->in_type != b->s.tensors[x].desc.type || (tied && s->out.type != b->s.tensors[y].desc.type)))
            continue;
        if (s->in_rank != rank || !lower_may_take(b->lower, between, s->in_input, &b->s.tensors[x].desc))
            continue;
        sp[0] = spec_of(between);
        sp[0].output_type = build_many_types(b) ? s->out.type : DT_NONE;
        sp[1].link_output = s->output;
        sp[0].given[0] = x;
        sp[0].given_input[0] = s->in_input;
        tried++;
        res = build_try(b, sp, 2);
    }
    return res;
}

/* Joins two live nodes, of different components while there are several. */
static lower_result join_step(builder *b)
{
    const op_list *joins = flexible_joins(b);
    lower_result res = LOWER_FAIL;
    for (int round = 0; round < CLOSE_TRIES && joins->n && b->s.live.n >= 2 && res == LOWER_FAIL; round++) {
        size_t n = b->s.live.n, i = build_draw(b, "live", n), j;
        int32_t u = b->s.live.items[i], v = -1;
        for (size_t k = 1; k < n && v < 0; k++) {
            j = (i + k) % n;
            if (b->s.components < 2 || state_root(&b->s, b->s.live.items[j]) != state_root(&b->s, u))
                v = b->s.live.items[j];
        }
        int32_t x = loose_end(b, u), y = v < 0 ? -1 : loose_end(b, v);
        if (x < 0 || y < 0)
            continue;
        size_t first = build_draw_op(b, "join", joins, SIZE_MAX);
        /* few operators take some of the types, and the rest are seen at once */
        const size_t tries = build_many_types(b) ? joins->n : CLOSE_TRIES;
        for (size_t k = 0; k < joins->n && k < tries && res == LOWER_FAIL; k++) {
            const op_model *op = op_at(b, joins, first + k);
            res = join_directly(b, op, x, y);
            if (res == LOWER_FAIL)
                res = join_directly(b, op, y, x);
        }
        for (size_t k = 0; k < joins->n && k < tries && res == LOWER_FAIL; k++) {
            const op_model *op = op_at(b, joins, first + k);
            res = join_bridged(b, op, x, y);
            if (res == LOWER_FAIL)
                res = join_bridged(b, op, y, x);
        }
    }
    return res;
}

static lower_result close_step(builder *b)
{
    bool before = b->free_inputs;
    lower_result res = LOWER_FAIL;
    b->free_inputs = true;
    for (int k = 0; k < 4 && res == LOWER_FAIL && b->s.sinks.n > 0; k++)
        res = sink_step(b, false);
    if (res == LOWER_FAIL && (b->s.components > 1 || b->s.live.n > b->limit))
        res = join_step(b);
    b->free_inputs = before;
    if (res == LOWER_FAIL)
        b->complaint = b->s.sinks.n ? "an output could not be brought back to a type of data" : "two parts could not be joined";
    return res;
}

/* ---- choosing ---- */

/* An operator of the list, the rarer in this model of two drawn. */
static const op_model *draw_op(builder *b, const op_list *l)
{
    if (b->weights)
        return op_at(b, l, build_draw_op(b, "operator", l, SIZE_MAX));
    const op_model *x = op_at(b, l, build_draw(b, "operator", l->n)), *y = op_at(b, l, build_draw(b, "operator", l->n));
    return b->s.op_counts[y->index] < b->s.op_counts[x->index] ? y : x;
}

static bool below(size_t count, uint32_t share, size_t total)
{
    return (uint64_t)count * 1000 < (uint64_t)share * total;
}

/* Values of data in another type, straight from a tensor or by way of an operator whose values suit. */
static lower_result convert_step(builder *b)
{
    const op_list *l = &b->index->converters, *before = &b->index->bridges;
    const op_model *op = op_at(b, l, build_draw(b, "converter", l->n));
    dtype type = build_draw_type(b, op->outputs[0].types & ~b->ops->data & b->index->sinkable);
    if (type == DT_NONE)
        return LOWER_FAIL;
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < CONVERT_TRIES && res == LOWER_FAIL; k++) {
        op_spec sp[2] = {spec_of(op), spec_of(op)};
        size_t last = k % 2 == 1 && before->n > 0;
        sp[last].output_type = type;
        if (last) {
            sp[0] = spec_of(op_at(b, before, build_draw(b, "operator", before->n)));
            sp[1].link_frame = 0;
            sp[1].link_output = build_output_of(sp[0].op, DT_FLOAT32);
            sp[1].link_input = draw_input(b, op, -1);
        }
        int input = draw_input(b, sp[0].op, -1);
        sp[0].given_input[0] = input;
        sp[0].given[0] = input < 0 ? -1 : build_pick(b, sp[0].op, (size_t)input, false, b->ops->data);
        if (sp[0].given[0] >= 0 && (!last || sp[1].link_input >= 0))
            res = build_try(b, sp, 1 + last);
    }
    return res;
}

static lower_result random_step(builder *b)
{
    size_t done = b->s.n_nodes;
    bool crowded = b->s.strict && b->s.live.n > b->limit;
    bool join = crowded || below(b->s.joins, b->join_share, done + 1);
    bool behind = crowded || below(b->s.joins, b->join_share - b->join_share / 8, done + 1);
    const op_list *list = behind && b->index->float_joins.n ? &b->index->float_joins : &b->index->usable;
    long slack = build_slack(b);
    lower_result res = LOWER_FAIL;
    if (b->s.sinks.n > 0 && tape_chance(b->t, "sink now", 1, 3))
        res = sink_step(b, slack > 1 && tape_chance(b->t, "any", 1, 3));
    if (b->weights && res == LOWER_FAIL)
        res = build_weighted_step(b);
    else if (res == LOWER_FAIL && b->index->converters.n > 0 && slack >= 3 && tape_chance(b->t, "convert", 1, CONVERT_ONE_IN))
        res = convert_step(b);
    for (size_t turn = 0; turn < RANDOM_TRIES && res == LOWER_FAIL; turn++) {
        const op_model *op = draw_op(b, list);
        const op_facts *facts = &b->index->facts[op->index];
        if (facts->cost > slack + 1 + b->s.sink_need && b->due_left[op->index] == 0)
            continue;
        if (b->s.inputs.n > 0 && tape_chance(b->t, "backward", 1, 24)) {
            res = backward(b, op);
            continue;
        }
        if (facts->most_data == 0) {
            for (int k = 0; k < SOURCE_TRIES && res == LOWER_FAIL; k++)
                res = start_and_join(b, op);
            continue;
        }
        int partners = join && facts->most_data >= 2;
        bool reuse = below(b->s.reused, b->reuse_share, done + 1);
        bool branch = b->s.live.n < b->soft_live && tape_chance(b->t, "branch", reuse ? 2 : 1, 4);
        res = extend(b, op, branch, partners);
        if (res == LOWER_FAIL && (partners || tape_chance(b->t, "again", 1, 4)))
            res = extend(b, op, branch, behind ? partners : 0);
        /* The first operator drawn is given more tries, so that those with narrow domains are not much rarer than others. */
        for (int k = turn == 0 ? 2 : 1;
             k > 0 && res == LOWER_FAIL && slack >= 1 && tape_chance(b->t, "bridge", turn == 0 ? 3 : 1, 4); k--)
            res = bridge(b, op);
        if (res == LOWER_FAIL && facts->takes & ~b->ops->data && slack >= 2 && tape_chance(b->t, "produce", 1, 2))
            res = produce(b, op);
        if (res == LOWER_FAIL && turn == 0 && facts->most_data == 1)
            res = backward(b, op);
        if (turn == RANDOM_TRIES / 2)
            list = &b->index->usable;
    }
    size_t n = b->index->usable.n, first = res == LOWER_FAIL ? build_draw(b, "operator", n) : 0;
    for (size_t k = 0; k < n && res == LOWER_FAIL; k++)
        res = build_place(b, op_at(b, &b->index->usable, first + k), false);
    if (res == LOWER_FAIL)
        b->complaint = "no operator could follow";
    return res;
}

/* Places an operator that is due. all: if one fails, the others. */
static lower_result due_step(builder *b, bool all)
{
    lower_result res = LOWER_FAIL;
    size_t n = b->n_due, first = build_draw(b, "due", n);
    for (size_t k = 0; k < n && res == LOWER_FAIL && (all || k < 1); k++) {
        uint16_t op = b->due[(first + k) % n];
        res = build_place(b, &b->ops->ops[op], all);
        if (res == LOWER_FAIL)
            b->obstacle = op;
    }
    return res;
}

static lower_result close_step_if_open(builder *b)
{
    return build_need(b, b->s.components, b->s.live.n, b->s.sink_need) > 0 ? close_step(b) : LOWER_FAIL;
}

lower_result build_step(builder *b)
{
    long slack = build_slack(b);
    lower_result res = LOWER_FAIL;
    b->turn = (size_t)b->report.attempts - 1; /* another way round in each attempt */
    if (b->n_paths > 0) {
        bool forced = slack <= 1;
        long room = slack + b->path_cost;
        /* What is only wished for goes first: where it breaks, it takes more nodes than it has room for later. */
        bool first = b->paths[0].path->firmness == PATH_WISH;
        if (forced || first || tape_chance(b->t, "path now", (uint32_t)b->path_cost * 5, (uint32_t)room * 4))
            res = build_path_step(b);
        if (res != LOWER_FAIL)
            return res;
        if (forced && build_paths_firm(b)) {
            b->complaint = "operators that are to follow one another could not be placed";
            return close_step_if_open(b);
        }
        slack = build_slack(b);
    }
    if (b->n_due > 0 && !b->lenient) {
        long room = slack + b->due_cost;
        bool forced = slack <= 1;
        if (forced || tape_chance(b->t, "due now", (uint32_t)b->due_cost * 5, (uint32_t)room * 4))
            res = due_step(b, forced);
        if (res == LOWER_FAIL && slack <= 0 && build_need(b, b->s.components, b->s.live.n, b->s.sink_need) > 0)
            res = close_step(b);
        if (res != LOWER_FAIL || slack <= 0) {
            if (res == LOWER_FAIL)
                b->complaint = "a due operator could not be placed";
            return res;
        }
    } else if (b->n_due > 0 && slack > 0 && tape_chance(b->t, "due now", 3, 4)) {
        res = due_step(b, true);
    }
    if (res == LOWER_FAIL && slack <= 0)
        return close_step(b);
    if (res == LOWER_FAIL)
        res = random_step(b);
    if (res == LOWER_FAIL && build_need(b, b->s.components, b->s.live.n, b->s.sink_need) > 0)
        res = close_step(b);
    return res;
}

/* The first node. A due operator that made trouble before goes first. */
lower_result build_start(builder *b)
{
    lower_result res = LOWER_FAIL;
    b->free_inputs = true;
    b->turn = (size_t)b->report.attempts - 1; /* another way round in each attempt */
    if (b->n_paths > 0 &&
        (b->paths[0].path->effort > 0 || tape_chance(b->t, "path now", (uint32_t)b->path_cost, (uint32_t)b->nodes)))
        res = build_path_step(b);
    if (res == LOWER_FAIL && b->n_due > 0 && b->obstacle < b->ops->n_ops && b->due_left[b->obstacle] > 0)
        res = start(b, &b->ops->ops[b->obstacle]);
    if (res == LOWER_FAIL && b->n_due > 0 && tape_chance(b->t, "due now", (uint32_t)b->due_cost, (uint32_t)b->nodes))
        res = start(b, &b->ops->ops[b->due[build_draw(b, "due", b->n_due)]]);
    const op_list *l = &b->index->usable;
    for (size_t k = 0; k < 8 && res == LOWER_FAIL && build_slack(b) > 0; k++)
        res = start(b, draw_op(b, l));
    for (size_t k = 0; k < b->n_due && res == LOWER_FAIL; k++)
        res = start(b, &b->ops->ops[b->due[k]]);
    for (size_t k = 0; k < 2 * l->n && res == LOWER_FAIL; k++)
        res = start(b, op_at(b, l, k));
    b->free_inputs = false;
    if (res == LOWER_FAIL)
        b->complaint = "no operator could begin";
    return res;
}
