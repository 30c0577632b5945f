/* Due paths: operators that follow one another, each on an output of the one before. */
#include "build/build_int.h"
#include "build/build_path.h"

#define FOLLOW_TRIES 8 /* of them, the first half look one operator ahead */
#define BEGIN_TRIES 9
#define BEGIN_MOST 3 /* operators solved at once */
#define MORE_TRIES 64
#define PATIENCE 10     /* attempts in which no part of a due path is left out */
#define MOST_FAILURES 4 /* in a row, of one part */

/* ---- links ---- */

typedef struct {
    int output, input;
    dtype_mask types; /* that both may have */
} path_link;

/* One of the ways in which an output of a can go in an input of z; float32 where it can be. False: there is none. */
static bool draw_link(builder *b, const op_model *a, const op_model *z, path_link *l)
{
    path_link found[OP_MAX_OUTPUTS * OP_MAX_INPUTS];
    size_t n = 0;
    for (size_t o = 0; o < a->n_outputs; o++)
        for (size_t i = 0; i < z->n_inputs; i++) {
            const op_input *in = &z->inputs[i];
            dtype_mask types = a->outputs[o].types & in->types;
            if (types && op_input_data(in) && !in->conditional)
                found[n++] = (path_link){(int)o, (int)i, types};
        }
    if (n == 0)
        return false;
    *l = found[build_draw(b, "link", n)];
    return true;
}

bool build_path_typed(const op_model *a, const op_model *z)
{
    for (size_t o = 0; o < a->n_outputs; o++)
        for (size_t i = 0; i < z->n_inputs; i++)
            if (op_input_data(&z->inputs[i]) && !z->inputs[i].conditional && (a->outputs[o].types & z->inputs[i].types))
                return true;
    return false;
}

/* A type for the output: one of data if it can be. */
static dtype link_type(builder *b, dtype_mask types)
{
    return build_draw_type(b, types & b->ops->data ? types & b->ops->data : types);
}

/* Further inputs to fill with tensors. */
static int partners(builder *b, const op_model *op)
{
    return b->index->facts[op->index].most_data >= 2 ? (int)tape_draw(b->t, "partners", 3) : 0;
}

/* Specifications of n operators in a row; the first has no tensor yet. */
static bool chain(builder *b, const uint16_t *ops, size_t n, op_spec *sp)
{
    for (size_t k = 0; k < n; k++) {
        const op_model *op = &b->ops->ops[ops[k]];
        path_link l;
        sp[k] = spec_of(op);
        sp[k].partners = partners(b, op);
        if (k == 0)
            continue;
        if (!draw_link(b, sp[k - 1].op, op, &l))
            return false;
        sp[k].link_frame = (int)k - 1;
        sp[k].link_output = l.output;
        sp[k].link_input = l.input;
        if (l.output == 0)
            sp[k - 1].output_type = link_type(b, l.types);
    }
    return true;
}

/* ---- costs ---- */

static int link_cost(const builder *b, const path_state *p, size_t k)
{
    const op_facts *x = &b->index->facts[p->path->ops[k]];
    int cost = x->inputs_cost;
    if (k > 0 && cost > 0) {
        const op_facts *before = &b->index->facts[p->path->ops[k - 1]];
        int saved = 0;
        for (int t = 1; t < DT_COUNT; t++)
            if ((before->gives & x->takes) >> t & 1 && b->index->produce[t] > saved)
                saved = b->index->produce[t];
        cost = before->gives & b->ops->data || saved > cost ? cost : cost - saved;
    }
    return cost + 1;
}

/* Nodes for all that comes after the first `at` operators. */
static int cost_from(const builder *b, const path_state *p, size_t at)
{
    int cost = 0;
    for (size_t k = at; k < p->n; k++)
        cost += link_cost(b, p, k);
    return at < p->n ? cost + b->index->facts[p->path->ops[p->n - 1]].outputs_cost : 0;
}

bool build_take_paths(builder *b, const build_request *r)
{
    b->n_paths = 0;
    b->path_cost = b->path_credit = 0;
    b->report.path_missing = 0;
    if (r->n_paths == 0)
        return true;
    bool musts = b->lenient; /* the others have failed often enough */
    void *q = b->paths;
    bool ok = nn_grow(&q, &b->cap_paths, r->n_paths, sizeof *b->paths);
    b->paths = q;
    if (!ok)
        return false;
    for (size_t i = 0; i < r->n_paths; i++) {
        path_state p = {.path = &r->paths[i], .n = r->paths[i].n, .node = -1};
        if (musts && p.path->firmness != PATH_MUST) {
            b->report.path_missing++;
            continue;
        }
        size_t least = r->paths[i].window < p.n ? r->paths[i].window : p.n;
        p.cost = cost_from(b, &p, 0);
        bool fits = false;
        while (!(fits = (size_t)(b->due_cost + b->path_cost + p.cost) <= b->nodes) && p.n > least &&
               p.path->firmness != PATH_MUST) {
            p.n--;
            b->report.path_missing++;
            p.cost = cost_from(b, &p, 0);
        }
        if (!fits && p.path->firmness != PATH_MUST) {
            b->report.path_missing++;
            continue;
        }
        b->path_cost += p.cost;
        b->paths[b->n_paths++] = p;
    }
    return true;
}

static bool firm(const builder *b, const path_state *p)
{
    return p->path->firmness == PATH_MUST || (p->path->firmness == PATH_DUE && b->report.attempts < PATIENCE);
}

bool build_paths_firm(const builder *b)
{
    for (size_t i = 0; i < b->n_paths; i++)
        if (firm(b, &b->paths[i]))
            return true;
    return false;
}

static void move_to(builder *b, path_state *p, size_t at, int32_t node)
{
    p->at = at;
    p->node = node;
    b->path_cost -= p->cost;
    p->cost = cost_from(b, p, at);
    b->path_cost += p->cost;
}

/* ---- steps ---- */

/* Tries the operators that bring the path to `at`. */
static lower_result try_to(builder *b, path_state *p, const op_spec *sp, size_t n, size_t at)
{
    b->path_credit = p->cost - cost_from(b, p, at);
    lower_result res = build_try(b, sp, n);
    b->path_credit = 0;
    if (res == LOWER_OK) {
        p->failures = 0;
        move_to(b, p, at, (int32_t)b->s.n_nodes - 1); /* the last operator of a group is its last node */
    }
    return res;
}

int build_input_for(builder *b, const op_model *op, int32_t t)
{
    size_t n = build_inputs(op), first = n > 1 ? build_draw(b, "input", n) : 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = (first + k) % n;
        if (op_input_data(&op->inputs[i]) && !op->inputs[i].conditional && lower_may_take(b->lower, op, i, &b->s.tensors[t].desc))
            return (int)i;
    }
    return -1;
}

/* The next operator, and the one after it if that works at once, on an output of a node; both: no less than the two. */
static lower_result follow(builder *b, path_state *p, int32_t node, size_t at, bool both)
{
    const graph_node *from = &b->s.nodes[node];
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < FOLLOW_TRIES && res == LOWER_FAIL; k++) {
        size_t ahead = both || (k < FOLLOW_TRIES / 2 && at + 1 < p->n) ? 2 : 1;
        op_spec sp[2];
        int32_t t = from->outputs[build_draw(b, "output", from->n_outputs)];
        if (t < 0 || !chain(b, p->path->ops + at, ahead, sp))
            continue;
        sp[0].given_input[0] = build_input_for(b, sp[0].op, t);
        if (sp[0].given_input[0] < 0)
            continue;
        sp[0].given[0] = t;
        res = try_to(b, p, sp, ahead, at + ahead);
        from = &b->s.nodes[node]; /* nodes may have moved */
    }
    return res;
}

/* A node with this operator before a node, -1: none. */
static int32_t node_before(const builder *b, int32_t node, uint16_t op)
{
    const graph_node *n = &b->s.nodes[node];
    for (size_t i = 0; i < n->n_inputs; i++) {
        int32_t t = n->inputs[i], p = t < 0 ? -1 : b->s.tensors[t].producer;
        if (p >= 0 && b->s.nodes[p].op == op)
            return p;
    }
    return -1;
}

/* The last window of three anew, on the node of its first operator: one node less than all of it. */
static lower_result branch(builder *b, path_state *p)
{
    if (p->path->window != 3 || p->at < 2)
        return LOWER_FAIL;
    int32_t node = node_before(b, p->node, p->path->ops[p->at - 2]);
    return node < 0 ? LOWER_FAIL : follow(b, p, node, p->at - 1, true);
}

/* Goes on from a node of the first operator that is there already. */
static lower_result adopt(builder *b, path_state *p)
{
    size_t n = b->s.n_nodes, first = n ? build_draw(b, "node", n) : 0;
    for (size_t k = 0; k < n; k++) {
        size_t node = (first + k) % n;
        if (b->s.nodes[node].op == p->path->ops[0])
            return follow(b, p, (int32_t)node, 1, false);
    }
    return LOWER_FAIL;
}

/* An input of the operator that takes the types of data, -1: none. */
static int input_of_data(builder *b, const op_model *op)
{
    size_t n = build_inputs(op), first = n > 1 ? build_draw(b, "input", n) : 0;
    for (size_t k = 0; k < n; k++) {
        const op_input *in = &op->inputs[(first + k) % n];
        if (op_input_data(in) && !in->conditional && !in->optional && (in->types & b->ops->data))
            return (int)((first + k) % n);
    }
    return -1;
}

#define SUPPLY 3 /* tensors of a type other than data that a hard window is to choose from */

/* Makes tensors of the types that the operator takes beside data, if there are few: partners of a hard window. */
static lower_result supply(builder *b, const op_model *op)
{
    dtype_mask types = b->index->facts[op->index].takes & ~b->ops->data;
    for (int t = 1; t < DT_COUNT && build_slack(b) > 2; t++) {
        size_t n = 0;
        for (int r = 0; r < STATE_RANKS; r++)
            n += b->s.free[t][r].n + b->s.taken[t][r].n;
        const op_list *l = &b->index->producers[t];
        for (size_t k = 0; k < 6 && types >> t & 1 && l->n > 0 && n < SUPPLY; k++) {
            op_spec sp = spec_of(&b->ops->ops[l->items[build_draw(b, "producer", l->n)]]);
            sp.output_type = (dtype)t;
            lower_result res = build_try(b, &sp, 1);
            if (res == LOWER_NOMEM)
                return res;
            n += res == LOWER_OK;
        }
    }
    return LOWER_FAIL;
}

/* Has the first operator of a chain, sp[1], take something beside data: 1: a tensor; 2: an output of sp[0]; 0: it takes no such. */
static size_t feed(builder *b, op_spec *sp)
{
    op_spec fed[2];
    size_t n = build_feed(b, sp[1].op, fed);
    const op_spec *last = &fed[n == 2];
    if (n == 0)
        return 0;
    sp[0] = fed[0];
    sp[1].given[0] = last->given[0];
    sp[1].given_input[0] = last->given_input[0];
    sp[1].link_frame = last->link_frame;
    sp[1].link_output = last->link_output;
    sp[1].link_input = last->link_input;
    return n;
}

/* The operators of a window from its first one on. */
static lower_result begin(builder *b, path_state *p)
{
    size_t window = p->path->window < 1 || p->path->window > p->n ? p->n : p->path->window;
    size_t from = p->at + 1 > window ? p->at + 1 - window : 0, n = p->at - from + 1,
           least = window < BEGIN_MOST ? window : BEGIN_MOST;
    n = n < least ? least : n > BEGIN_MOST ? BEGIN_MOST : n;
    n = n > p->n - from ? p->n - from : n;
    lower_result res = p->at == 0 && p->n > 1 ? adopt(b, p) : LOWER_FAIL;
    bool before = b->free_inputs;
    int again = firm(b, p) ? (int)b->report.attempts - 2 : 0; /* the longer it fails, the harder it is tried */
    int tries = BEGIN_TRIES + p->path->effort + (again > 0 ? again * MORE_TRIES : 0);
    for (int k = 0; k < tries && res == LOWER_FAIL; k++) {
        op_spec sp[1 + BEGIN_MOST];
        /* Where all do not go at once, the first of them may, and the others follow. */
        size_t some = k >= BEGIN_TRIES - 3 && k < BEGIN_TRIES && n > 2 ? 2 : n;
        b->free_inputs = before || k >= BEGIN_TRIES / 3;
        if (k == (again > 1 ? 0 : BEGIN_TRIES) && firm(b, p) && supply(b, &b->ops->ops[p->path->ops[from + n - 1]]) == LOWER_NOMEM)
            res = LOWER_NOMEM;
        if (res == LOWER_NOMEM || !chain(b, p->path->ops + from, some, sp + 1))
            break;
        size_t fed = k % 2 == 1 ? feed(b, sp) : 0;
        if (fed > 0 && k % 4 == 1)
            sp[1].partners = 0;
        if (fed == 0) {
            int input = k % 3 < 2 && k < BEGIN_TRIES ? input_of_data(b, sp[1].op) : -1;
            sp[1].given[0] = input < 0 ? -1 : build_pick(b, sp[1].op, (size_t)input, k % 3 == 1, b->ops->data);
            sp[1].given_input[0] = input;
        }
        res = fed == 2 ? try_to(b, p, sp, some + 1, from + some) : try_to(b, p, sp + 1, some, from + some);
    }
    b->free_inputs = before;
    return res;
}

/* Leaves out the window that could not be placed. */
static void skip(builder *b, path_state *p)
{
    size_t window = p->path->window < 1 || p->path->window > p->n ? p->n : p->path->window;
    size_t at = p->at + 1 < window ? window : p->at + 1;
    p->failures = 0;
    b->report.path_missing++;
    move_to(b, p, at < p->n ? at : p->n, -1);
}

lower_result build_path_step(builder *b)
{
    path_state *p = &b->paths[build_draw(b, "path", b->n_paths)];
    lower_result res = LOWER_FAIL;
    b->s.leads = true;
    if (p->node >= 0)
        res = follow(b, p, p->node, p->at, false);
    if (res == LOWER_FAIL && p->node >= 0)
        res = branch(b, p);
    if (res == LOWER_FAIL)
        res = begin(b, p);
    b->s.leads = false;
    if (res == LOWER_FAIL && ++p->failures >= MOST_FAILURES && !firm(b, p))
        skip(b, p);
    if (p->at >= p->n) {
        b->path_cost -= p->cost;
        *p = b->paths[--b->n_paths];
    }
    return res;
}

/* ---- probing ---- */

#define PROBE_SEED 0x7061746873u
#define PROBE_NODES 4096

nn_status build_probe_begin(builder *b, tape *t, const lower_limits *limits)
{
    const build_request none = {.nodes = PROBE_NODES};
    b->t = t;
    b->nodes = b->limit = b->aim_inputs = PROBE_NODES;
    b->turn = 0;
    b->lenient = false;
    b->probing = true;
    b->report = (build_report){.attempts = 1};
    arena_reset(&b->memory);
    lower_set_limits(b->lower, limits);
    lower_set_check(b->lower, false);
    tape_reseed(t, PROBE_SEED, 0);
    b->n_due = 0;
    b->due_cost = 0;
    b->weights = NULL;
    b->s.avoid = NULL;
    if (!state_reset(&b->s, b->nodes) || !build_take_paths(b, &none))
        return NN_ERR_NOMEM;
    b->s.strict = b->index->joins.n > 0;
    b->free_inputs = true;
    /* Tensors of other types, for inputs that take nothing else. */
    for (int type = 1; type < DT_COUNT; type++) {
        const op_list *l = &b->index->producers[type];
        for (size_t k = 0, made = 0; k < 8 * l->n && made < 3; k++) {
            op_spec sp = spec_of(&b->ops->ops[l->items[k % l->n]]);
            sp.output_type = (dtype)type;
            lower_result res = build_try(b, &sp, 1);
            if (res == LOWER_NOMEM)
                return NN_ERR_NOMEM;
            made += res == LOWER_OK;
        }
    }
    return NN_OK;
}

static const char no_type[] = "no output of one has a type that the next one takes";
static const char unsolved[] = "no values, shapes and attributes were found with which one can follow the other";

nn_status build_probe_path(builder *b, const uint16_t *ops, size_t n, int *tries, const char **reason)
{
    uint64_t key = 0;
    *reason = unsolved;
    for (size_t k = 0; k < n; k++) {
        key = key * b->ops->n_ops + ops[k] + 1;
        if (k > 0 && !build_path_typed(&b->ops->ops[ops[k - 1]], &b->ops->ops[ops[k]]))
            *reason = no_type;
    }
    if (*reason == no_type) {
        *tries = 0;
        return NN_OK;
    }
    tape_reseed(b->t, PROBE_SEED, key);
    b->turn = 0;
    b->s.leads = true;
    lower_result res = LOWER_FAIL;
    int k = 0;
    while (k < *tries && res != LOWER_NOMEM) {
        op_spec sp[LOWER_MAX_FRAMES];
        build_effect e;
        (void)chain(b, ops, n, sp);
        res = build_foresee(b, sp, n, &e);
        k++;
        if (res == LOWER_OK && !e.fault) {
            *reason = NULL;
            break;
        }
        if (res == LOWER_OK)
            *reason = e.fault;
        b->turn++;
    }
    *tries = k;
    b->s.leads = false;
    return res == LOWER_NOMEM ? NN_ERR_NOMEM : NN_OK;
}
