#include "build/build_path.h"
#include "build/build_budget.h"
#include "build/build_chain.h"
#include "build/build_input.h"
#include "build/build_moves.h"
#include "build/build_pick.h"

#define FOLLOW_TRIES 8 /* the first half of them look one operator ahead */
#define BEGIN_MOST 3   /* largest number of operators that are solved at once */
#define MORE_TRIES 64  /* further tries to begin a firm path, for each attempt that failed on it */
#define PATIENCE 10    /* the attempt from which on parts of a due path may be left out */
#define DETOURS 3      /* consecutive failures of a wish in a deep graph, after which it may begin apart from the newest tensors */
#define ATTACH_TRIES 2
#define MOST_FAILURES 4 /* consecutive failures after which a part may be left out */

/* ---- costs ---- */

/* The number of nodes for operator k of the path: its own, and those for its inputs other than the one from the operator before
 * it. */
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

/* The number of nodes for the path after its first `at` operators. */
static int cost_from(const builder *b, const path_state *p, size_t at)
{
    int cost = 0;
    for (size_t k = at; k < p->n; k++)
        cost += link_cost(b, p, k);
    return at < p->n ? cost + b->index->facts[p->path->ops[p->n - 1]].outputs_cost : 0;
}

/* Shortens a path that need not be complete to the available room, at least a window. false: there is no room. */
static bool fit(builder *b, path_state *p)
{
    size_t least = p->path->window < p->n ? p->path->window : p->n;
    p->cost = cost_from(b, p, 0);
    if (p->path->firmness == PATH_MUST)
        return true;
    while ((size_t)(b->due.cost + b->paths.cost + p->cost) > b->nodes) {
        b->report.path_missing++;
        if (p->n <= least)
            return false;
        p->n--;
        p->cost = cost_from(b, p, 0);
    }
    return true;
}

bool build_take_paths(builder *b, const build_request *r)
{
    b->paths.n = 0;
    b->paths.cost = b->paths.credit = 0;
    b->report.path_missing = 0;
    if (r->n_paths == 0)
        return true;
    void *q = b->paths.items, *ends = b->paths.ends;
    bool ok = nn_grow(&q, &b->paths.capacity, r->n_paths, sizeof *b->paths.items);
    b->paths.items = q;
    ok = ok && nn_grow(&ends, &b->paths.cap_ends, r->n_paths, sizeof *b->paths.ends);
    b->paths.ends = ends;
    if (!ok)
        return false;
    b->paths.first = r->paths;
    for (size_t i = 0; i < r->n_paths; i++)
        b->paths.ends[i] = -1;
    for (size_t i = 0; i < r->n_paths; i++) {
        path_state p = {.path = &r->paths[i], .n = r->paths[i].n, .node = -1};
        if (b->lenient && p.path->firmness != PATH_MUST) {
            b->report.path_missing++;
        } else if (fit(b, &p)) {
            b->paths.cost += p.cost;
            b->paths.items[b->paths.n++] = p;
        }
    }
    return true;
}

/* Whether no part of the path may be left out at present. */
static bool firm(const builder *b, const path_state *p)
{
    return p->path->firmness == PATH_MUST || (p->path->firmness == PATH_DUE && b->report.attempts < PATIENCE);
}

bool build_paths_firm(const builder *b)
{
    for (size_t i = 0; i < b->paths.n; i++)
        if (firm(b, &b->paths.items[i]))
            return true;
    return false;
}

/* The path is placed up to `at`; its last operator is this node. */
static void move_to(builder *b, path_state *p, size_t at, int32_t node)
{
    p->at = at;
    p->node = node;
    b->paths.cost -= p->cost;
    p->cost = cost_from(b, p, at);
    b->paths.cost += p->cost;
}

/* ---- steps ---- */

/* Lets the last operator of a path also take outputs of the paths that meet it. false: it cannot take them. */
static bool meet(builder *b, const path_state *p, op_spec *last)
{
    int at = last->given[0] >= 0;
    const int beside = last->link_frame >= 0 ? last->link_input : at > 0 ? last->given_input[0] : -1;
    for (size_t k = p->path->meets; k > 0; k--, at++) {
        const due_path *head = p->path - k;
        const int32_t end = b->paths.ends[head - b->paths.first];
        if (end < 0)
            return false;
        const graph_node *from = &b->s.nodes[end];
        const int32_t t = from->outputs[build_draw(b, "output", from->n_outputs)];
        const int slot = head->operands ? head->operands[head->n] : -1;
        if (t < 0 || at == SPEC_GIVEN)
            return false;
        const int input = slot >= 0 ? spec_input_at(last->op, slot) : build_input_beside(b, last->op, t, beside);
        if (input < 0 || !lower_may_take(b->lower, last->op, (size_t)input, &b->s.tensors[t].desc))
            return false;
        spec_give(last, at, t, input);
        last->given_slot[at] = slot;
    }
    return true;
}

/* Tries n operators that complete the path up to `at`. */
static lower_result try_to(builder *b, path_state *p, op_spec *sp, size_t n, size_t at)
{
    if (at == p->n && p->path->meets > 0 && !meet(b, p, &sp[n - 1]))
        return LOWER_FAIL;
    b->paths.credit = p->cost - cost_from(b, p, at);
    lower_result res = build_try(b, sp, n);
    b->paths.credit = 0;
    if (res == LOWER_OK) {
        p->failures = 0;
        move_to(b, p, at, (int32_t)b->s.n_nodes - 1); /* the last operator of a group is its last node */
    }
    return res;
}

static const int8_t *operands_from(const path_state *p, size_t at)
{
    return p->path->operands ? p->path->operands + at : NULL;
}

/* Places operators of the path from `at` on, on an output of a node: two of them, or one if two fail. both: two only. */
static lower_result follow(builder *b, path_state *p, int32_t node, size_t at, bool both)
{
    const graph_node *from = &b->s.nodes[node];
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < FOLLOW_TRIES && res == LOWER_FAIL; k++) {
        size_t ahead = both || (k < FOLLOW_TRIES / 2 && at + 1 < p->n) ? 2 : 1;
        op_spec sp[2];
        int32_t t = from->outputs[build_draw(b, "output", from->n_outputs)];
        if (t < 0 || !build_chain(b, p->path->ops + at, operands_from(p, at), ahead, sp))
            continue;
        const int slot = p->path->operands ? p->path->operands[at] : -1;
        int input = slot >= 0 ? spec_input_at(sp[0].op, slot) : build_input_for(b, sp[0].op, t);
        if (input < 0 || (slot >= 0 && !lower_may_take(b->lower, sp[0].op, (size_t)input, &b->s.tensors[t].desc)))
            continue;
        spec_give(&sp[0], 0, t, input);
        sp[0].given_slot[0] = slot;
        res = try_to(b, p, sp, ahead, at + ahead);
        from = &b->s.nodes[node]; /* the array of nodes may have moved */
    }
    return res;
}

/* A producer of one of the node's inputs that has this operator; -1: none. */
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

/* Begins a window of three again at the node of its first operator, which saves a node. */
static lower_result branch(builder *b, path_state *p)
{
    if (p->path->window != 3 || p->at < 2)
        return LOWER_FAIL;
    int32_t node = node_before(b, p->node, p->path->ops[p->at - 2]);
    return node < 0 ? LOWER_FAIL : follow(b, p, node, p->at - 1, true);
}

/* Begins the path at an existing node with its first operator. */
static lower_result adopt(builder *b, path_state *p)
{
    size_t n = b->s.n_nodes, first = n ? build_draw(b, "node", n) : 0;
    for (size_t k = 0; k < n; k++) {
        size_t node = (first + k) % n;
        if (b->s.nodes[node].op == p->path->ops[0] && (!b->style.deep || state_node_live(&b->s, (int32_t)node)))
            return follow(b, p, (int32_t)node, 1, false);
    }
    return LOWER_FAIL;
}

#define SUPPLY 3 /* number of tensors of other types that are made for a window that is hard to place */

/* Makes tensors of the operator's input types other than those of data, if there are few. LOWER_FAIL or LOWER_NOMEM. */
static lower_result supply(builder *b, const op_model *op)
{
    dtype_mask types = b->index->facts[op->index].takes & ~b->ops->data;
    for (int t = 1; t < DT_COUNT && build_slack(b) > 2; t++) {
        size_t n = 0;
        for (int r = 0; r < STATE_RANKS; r++)
            n += b->s.free[t][r].n + b->s.taken[t][r].n;
        const op_list *l = &b->index->producers[t];
        for (size_t k = 0; k < 6 && types >> t & 1 && l->n > 0 && n < SUPPLY; k++) {
            op_spec sp = spec_of(build_op_at(b, l, build_draw(b, "producer", l->n)));
            sp.output_type = (dtype)t;
            lower_result res = build_try_one(b, sp);
            if (res == LOWER_NOMEM)
                return res;
            n += res == LOWER_OK;
        }
    }
    return LOWER_FAIL;
}

/* Lets the first operator of a chain, sp[1], take a type other than those of data. 1: it takes a tensor; 2: an output of sp[0],
 * which is set; 0: it accepts no such type. */
static size_t feed(builder *b, op_spec *sp)
{
    op_spec fed[2];
    size_t n = build_feed(b, sp[1].op, fed);
    const op_spec *last = &fed[n == 2];
    if (n == 0)
        return 0;
    sp[0] = fed[0];
    spec_give(&sp[1], 0, last->given[0], last->given_input[0]);
    spec_link(&sp[1], last->link_frame, last->link_output, last->link_input);
    return n;
}

/* ---- the beginning of a window ---- */

/* What the first operator of a window takes: any tensors, or a certain tensor of data. */
typedef enum { FROM_ANYTHING, FROM_UNCONSUMED, FROM_TAKEN } begin_from;

/* How a try begins a window. */
typedef struct {
    begin_from from;
    bool fed;    /* the first operator also takes a type other than those of data, if it can */
    bool alone;  /* it then takes nothing else */
    bool inputs; /* graph inputs may be made without limit */
    bool two;    /* only two operators of the window: if all at once fail, the others may follow later */
} begin_try;

static const begin_try begin_first[] = {
    {.from = FROM_UNCONSUMED},
    {.from = FROM_TAKEN, .fed = true, .alone = true},
    {.from = FROM_ANYTHING},
    {.from = FROM_UNCONSUMED, .fed = true, .inputs = true},
    {.from = FROM_TAKEN, .inputs = true},
    {.from = FROM_ANYTHING, .fed = true, .alone = true, .inputs = true},
    {.from = FROM_UNCONSUMED, .inputs = true, .two = true},
    {.from = FROM_TAKEN, .fed = true, .inputs = true, .two = true},
    {.from = FROM_ANYTHING, .inputs = true, .two = true},
};
/* Further tries use these in turn. */
static const begin_try begin_further[] = {
    {.fed = true, .alone = true, .inputs = true}, {.inputs = true}, {.fed = true, .inputs = true}, {.inputs = true}};
enum { FIRST_TRIES = sizeof begin_first / sizeof *begin_first, FURTHER_TRIES = sizeof begin_further / sizeof *begin_further };

/* Whether a wish that begins this way needs a node to join it with the rest, for which there is no room. */
static bool lacks_room(const builder *b, const path_state *p, bool joins_end)
{
    return b->manner && p->path->firmness == PATH_WISH && !joins_end && build_slack(b) <= 1;
}

/* Makes one try with n operators of the path from `from` on. *typed: whether their types match. */
static lower_result begin_once(builder *b, path_state *p, const begin_try *how, size_t from, size_t n, bool *typed)
{
    op_spec sp[1 + BEGIN_MOST];
    *typed = true;
    if (lacks_room(b, p, how->from == FROM_UNCONSUMED))
        return LOWER_FAIL;
    *typed = build_chain(b, p->path->ops + from, operands_from(p, from), n, sp + 1);
    if (!*typed)
        return LOWER_FAIL;
    size_t fed = how->fed ? feed(b, sp) : 0;
    if (fed > 0 && how->alone)
        sp[1].partners = 0;
    if (fed == 0 && how->from != FROM_ANYTHING) {
        int input = build_input_of(b, sp[1].op, b->ops->data);
        if (input >= 0)
            spec_give(&sp[1], 0, build_pick(b, sp[1].op, (size_t)input, how->from == FROM_TAKEN, b->ops->data), input);
        if (lacks_room(b, p, sp[1].given[0] >= 0))
            return LOWER_FAIL;
    }
    return fed == 2 ? try_to(b, p, sp, n + 1, from + n) : try_to(b, p, sp + 1, n, from + n);
}

/* The number of operators in a window. */
static size_t window_of(const path_state *p)
{
    return p->path->window < 1 || p->path->window > p->n ? p->n : p->path->window;
}

/* The number of operators of the path to solve at once, from *from on: the window up to the next operator to place; more or fewer
 * if the limit on their number requires it. */
static size_t begin_range(const path_state *p, size_t *from)
{
    size_t window = window_of(p), least = window < BEGIN_MOST ? window : BEGIN_MOST;
    *from = p->at + 1 > window ? p->at + 1 - window : 0;
    size_t n = p->at - *from + 1;
    n = n < least ? least : n > BEGIN_MOST ? BEGIN_MOST : n;
    return n > p->n - *from ? p->n - *from : n;
}

/* Begins a window again. A firm path gets more tries the more attempts have failed. */
static lower_result begin(builder *b, path_state *p)
{
    size_t from, n = begin_range(p, &from);
    lower_result res = p->at == 0 && p->n > 1 ? adopt(b, p) : LOWER_FAIL;
    bool before = b->free_inputs, typed = true;
    int again = firm(b, p) ? (int)b->report.attempts - 2 : 0;
    bool attach = b->style.deep && p->path->firmness == PATH_WISH && p->failures < DETOURS && b->s.live.n > 0;
    int tries = attach ? ATTACH_TRIES : FIRST_TRIES + p->path->effort + (again > 0 ? again * MORE_TRIES : 0);
    for (int k = 0; k < tries && res == LOWER_FAIL && typed; k++) {
        const begin_try *how = attach            ? &begin_first[0]
                               : k < FIRST_TRIES ? &begin_first[k]
                                                 : &begin_further[(k - FIRST_TRIES) % FURTHER_TRIES];
        b->free_inputs = before || how->inputs;
        if (k == (again > 1 ? 0 : FIRST_TRIES) && firm(b, p))
            res = supply(b, &b->ops->ops[p->path->ops[from + n - 1]]);
        if (res != LOWER_NOMEM)
            res = begin_once(b, p, how, from, how->two && n > 2 ? 2 : n, &typed);
    }
    b->free_inputs = before;
    return res;
}

/* Gives up the window that could not be placed. */
static void skip(builder *b, path_state *p)
{
    size_t window = window_of(p);
    size_t at = p->at + 1 < window ? window : p->at + 1;
    p->failures = 0;
    b->report.path_missing++;
    move_to(b, p, at < p->n ? at : p->n, -1);
}

/* Whether a wish must be given up at its first failure: no other step has room while nodes are kept for it. */
static bool out_of_room(const builder *b)
{
    return b->manner && build_slack(b) <= 1;
}

/* A path that must be complete before this one goes on, because they meet; otherwise this one. */
static path_state *before(builder *b, path_state *p)
{
    for (size_t k = p->path->meets; k > 0; k--)
        for (size_t i = 0; i < b->paths.n; i++)
            if (b->paths.items[i].path == p->path - k)
                return &b->paths.items[i];
    return p;
}

/* Draws a path. In a deep graph a wish that has begun goes on first: several at once would lie side by side. */
static path_state *draw_path(builder *b)
{
    for (size_t i = 0; i < b->paths.n && b->style.deep; i++)
        if (b->paths.items[i].node >= 0 && b->paths.items[i].path->firmness == PATH_WISH)
            return &b->paths.items[i];
    return &b->paths.items[build_draw(b, "path", b->paths.n)];
}

lower_result build_path_step(builder *b)
{
    path_state *p = before(b, draw_path(b));
    lower_result res = LOWER_FAIL;
    b->s.leads = true;
    if (p->node >= 0)
        res = follow(b, p, p->node, p->at, false);
    if (res == LOWER_FAIL && p->node >= 0)
        res = branch(b, p);
    if (res == LOWER_FAIL)
        res = begin(b, p);
    b->s.leads = false;
    if (res == LOWER_FAIL && !firm(b, p) && (++p->failures >= MOST_FAILURES || out_of_room(b)))
        skip(b, p);
    if (p->at >= p->n) {
        b->paths.ends[p->path - b->paths.first] = p->node;
        b->paths.cost -= p->cost;
        *p = b->paths.items[--b->paths.n];
    }
    return res;
}
