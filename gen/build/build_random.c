#include "build/build_random.h"
#include "build/build_budget.h"
#include "build/build_close.h"
#include "build/build_moves.h"
#include "build/build_weighted.h"

#define TURNS 24          /* operators drawn in a step before all are tried in order */
#define SOURCE_TRIES 24   /* joins tried for an operator without inputs */
#define CONVERT_ONE_IN 50 /* one step in so many converts data to another type, which random operators seldom do */

/* What the graph needs from the next operator. */
typedef struct {
    long slack;
    bool join;   /* more nodes with two inputs are needed */
    bool behind; /* so many are needed that other operators are not drawn at first */
} demand;

/* Properties of a drawn operator. */
enum {
    HAS_TARGET = 1, /* there are graph inputs that it could replace */
    SOURCE = 2,     /* it takes no tensor */
    SINGLE = 4,     /* it takes at most one tensor */
    JOINS = 8,      /* it is to take further tensors */
    JOINS_NOT = 16,
    FIRST = 32, /* the first operator of the step */
    LATER = 64,
    OTHER_TYPES = 128 /* it accepts types other than those of data */
};

typedef struct {
    const op_model *op;
    const demand *d;
    unsigned holds;
    int partners; /* number of further inputs to fill */
    bool branch;  /* use a tensor that is already consumed */
} trial;

static bool below(size_t count, uint32_t share, size_t total)
{
    return (uint64_t)count * 1000 < (uint64_t)share * total;
}

static demand demand_of(const builder *b)
{
    size_t nodes = b->s.n_nodes + 1;
    bool crowded = b->s.strict && b->s.live.n + b->s.shown > b->limit;
    return (demand){.slack = build_slack(b),
                    .join = crowded || below(b->s.joins, b->style.joins, nodes),
                    .behind = crowded || below(b->s.joins, b->style.joins - b->style.joins / 8, nodes)};
}

static trial trial_of(const builder *b, const demand *d, const op_model *op, bool first)
{
    const op_facts *facts = &b->index->facts[op->index];
    int partners = d->join && facts->most_data >= 2;
    unsigned holds = (b->s.inputs.n > 0 ? HAS_TARGET : 0u) | (facts->most_data == 0 ? SOURCE : 0u) |
                     (facts->most_data == 1 ? SINGLE : 0u) | (partners ? JOINS : JOINS_NOT) | (first ? FIRST : LATER) |
                     (facts->takes & ~b->ops->data ? OTHER_TYPES : 0u);
    return (trial){.op = op, .d = d, .holds = holds, .partners = partners};
}

/* ---- moves of a turn ---- */

static lower_result backward(builder *b, trial *c)
{
    return move_backward(b, c->op);
}

static lower_result start_and_join(builder *b, trial *c)
{
    return move_start_and_join(b, c->op);
}

static lower_result extend(builder *b, trial *c)
{
    bool reuse = below(b->s.reused, b->style.reuse, b->s.n_nodes + 1);
    c->branch = b->s.live.n < b->style.live && tape_chance(b->t, "branch", reuse ? 2 : 1, 4);
    return move_extend(b, c->op, c->branch, c->partners);
}

static lower_result extend_again(builder *b, trial *c)
{
    return move_extend(b, c->op, c->branch, c->d->behind ? c->partners : 0);
}

static lower_result bridge(builder *b, trial *c)
{
    return move_bridge(b, c->op);
}

static lower_result produce(builder *b, trial *c)
{
    return move_produce(b, c->op);
}

typedef struct {
    lower_result (*move)(builder *b, trial *c);
    unsigned when;     /* conditions that must all hold */
    const char *label; /* label of the draw that decides whether to try; NULL: no draw */
    uint32_t odds, of; /* probability odds/of */
    int tries;         /* each with its own draw; the first draw that says no ends them */
    long needs_slack;
    bool alone; /* if it is tried, no later move is */
} move_row;

/* Tried in this order, until one places the operator. The first operator of a step gets more tries, so that operators with narrow
 * domains are not much rarer than others. */
static const move_row rows[] = {
    {backward, HAS_TARGET, "backward", 1, 24, 1, 0, true},
    {start_and_join, SOURCE, NULL, 0, 0, SOURCE_TRIES, 0, true},
    {extend, 0, NULL, 0, 0, 1, 0, false},
    {extend_again, JOINS, NULL, 0, 0, 1, 0, false},
    {extend_again, JOINS_NOT, "again", 1, 4, 1, 0, false},
    {bridge, FIRST, "bridge", 3, 4, 2, 1, false},
    {bridge, LATER, "bridge", 1, 4, 1, 1, false},
    {produce, OTHER_TYPES, "produce", 1, 2, 1, 2, false},
    {backward, FIRST | SINGLE, "backward", 1, 4, 1, 0, false},
};

/* *alone: a move was tried that excludes later ones. */
static lower_result try_moves(builder *b, trial *c, bool *alone)
{
    lower_result res = LOWER_FAIL;
    *alone = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && res == LOWER_FAIL && !*alone; i++) {
        const move_row *row = &rows[i];
        if ((c->holds & row->when) != row->when || c->d->slack < row->needs_slack)
            continue;
        for (int k = 0; k < row->tries && res == LOWER_FAIL; k++) {
            if (row->label && !tape_chance(b->t, row->label, row->odds, row->of))
                break;
            *alone = row->alone;
            res = row->move(b, c);
        }
    }
    return res;
}

/* ---- the step ---- */

/* Moves that choose the operator themselves. */
static lower_result before_turns(builder *b, long slack)
{
    lower_result res = LOWER_FAIL;
    if (b->s.sinks.n > 0 && tape_chance(b->t, "sink now", 1, 3))
        res = close_sink(b, slack > 1 && tape_chance(b->t, "any", 1, 3));
    if (res != LOWER_FAIL)
        return res;
    if (b->weights && !b->weights->subset)
        return build_weighted_step(b);
    bool convert = b->index->converters.n > 0 && slack >= 3 && tape_chance(b->t, "convert", 1, CONVERT_ONE_IN);
    return convert ? move_convert(b) : LOWER_FAIL;
}

/* Draws operators in turn; only joins at first, if the graph has too few. */
static lower_result turns(builder *b, const demand *d)
{
    const op_list *list = d->behind && b->index->float_joins.n ? &b->index->float_joins : &b->index->usable;
    lower_result res = LOWER_FAIL;
    for (size_t turn = 0; turn < TURNS && res == LOWER_FAIL; turn++) {
        const op_model *op = build_draw_rare(b, list);
        bool alone;
        if (!build_affords(b, op, d->slack))
            continue;
        trial c = trial_of(b, d, op, turn == 0);
        res = try_moves(b, &c, &alone);
        if (turn == TURNS / 2 && !alone)
            list = &b->index->usable;
    }
    return res;
}

lower_result build_random_step(builder *b)
{
    const demand d = demand_of(b);
    lower_result res = before_turns(b, d.slack);
    if (res == LOWER_FAIL)
        res = turns(b, &d);
    size_t n = b->index->usable.n, first = res == LOWER_FAIL ? build_draw(b, "operator", n) : 0;
    for (size_t k = 0; k < n && res == LOWER_FAIL; k++)
        res = build_place(b, build_op_at(b, &b->index->usable, first + k), false);
    if (res == LOWER_FAIL)
        b->complaint = "no operator could be added";
    return res;
}
