#include "build/build_budget.h"
#include "build/build_extra.h"
#include "build/build_finish.h"
#include "build/build_log.h"
#include "build/build_motif.h"
#include "build/build_path.h"
#include "build/build_replay.h"
#include "build/build_step.h"
#include "build/build_style.h"
#include "build/build_worlds.h"

#include <string.h>

#define ATTEMPTS 20
#define PATH_ATTEMPTS 100 /* where a path must be in the graph, which may leave little room for the rest */
#define MANNER_UNTIL \
    3 /* later attempts ignore the manner and have no motifs but due ones, which may leave no place for what is due */
#define RELAX_AFTER 10    /* attempts after which larger values are allowed */
#define LENIENT_AFTER 14  /* attempts after which due operators may be left out */
#define NARROW_AFTER 17   /* attempts after which the graph gets as few outputs as possible */
#define SPARE_ONE_IN 1000 /* allows a weak output for each so many nodes, so that a large graph need not start again */
#define STRICT_FROM 8     /* smaller graphs, in nodes, may have weak outputs */
#define RELAXED_MAGNITUDE 100.0

nn_status builder_new(builder **out, const op_set *ops, nn_error *err)
{
    *out = NULL;
    builder *b = nn_calloc(1, sizeof *b);
    if (!b)
        return nn_nomem(err);
    lower_limits limits = {0};
    b->ops = ops;
    arena_init(&b->memory, 0);
    b->due.left = nn_calloc(ops->n_all + 1, sizeof *b->due.left);
    nn_status st = b->due.left ? op_index_new(&b->index, ops, err) : nn_nomem(err);
    if (st == NN_OK)
        st = lower_new(&b->lower, ops, &limits, &b->memory, err);
    if (st == NN_OK)
        st = op_probe_new(&b->probe, b->index, b->lower, &b->memory, err);
    if (st == NN_OK)
        st = state_init(&b->s, b->index, &b->memory, err);
    if (st != NN_OK) {
        builder_free(b);
        return st;
    }
    *out = b;
    return NN_OK;
}

void builder_free(builder *b)
{
    if (!b)
        return;
    op_probe_free(b->probe);
    lower_free(b->lower);
    state_free(&b->s);
    op_index_free(b->index);
    nn_free(b->due.ops);
    nn_free(b->due.left);
    nn_free(b->paths.items);
    nn_free(b->paths.ends);
    nn_free(b->motif.placed);
    nn_free(b->motif.due);
    nn_free(b->degrees);
    nn_free(b->address);
    build_worlds_free(b);
    try_table_free(&b->tried);
    arena_free(&b->memory);
    nn_free(b);
}

/* ---- one graph ---- */

/* Takes the due operators that there is room for, the cheapest first. The others are counted as missing. */
static bool take_due(builder *b, const build_request *r)
{
    b->due.n = 0;
    b->due.cost = 0;
    b->report.due_missing = b->report.motif_missing = 0;
    memset(b->due.left, 0, b->ops->n_all * sizeof *b->due.left);
    void *p = b->due.ops;
    bool ok = nn_grow(&p, &b->due.capacity, r->n_due + 1, sizeof *b->due.ops);
    b->due.ops = p;
    if (!ok)
        return false;
    int most = 0;
    for (size_t i = 0; i < r->n_due; i++) {
        int cost = b->index->facts[r->due[i]].cost;
        if (cost >= OP_COST_NONE || (size_t)cost > b->nodes)
            b->report.due_missing++;
        else if (cost > most)
            most = cost;
    }
    for (int cost = 1; cost <= most; cost++)
        for (size_t i = 0; i < r->n_due; i++) {
            if (b->index->facts[r->due[i]].cost != cost)
                continue;
            if ((size_t)(b->due.cost + cost) > b->nodes) {
                b->report.due_missing++;
                continue;
            }
            b->due.ops[b->due.n++] = r->due[i];
            b->due.left[r->due[i]]++;
            b->due.cost += cost;
        }
    return true;
}

lower_result build_count_step(builder *b)
{
    enum { STEPS = 256 }; /* some 10 ms */
    if (++b->steps % STEPS == 0 && watch_stops(b->watch, "nodes of a model", b->s.n_nodes, b->nodes))
        b->stopped = true;
    return b->stopped ? LOWER_NOMEM : LOWER_OK;
}

/* Builds one graph. LOWER_FAIL: it could not be finished. */
static lower_result attempt(builder *b, const build_request *r)
{
    arena_reset(&b->memory);
    b->group.target = -1;
    b->free_inputs = false;
    b->commits = b->n_address = 0;
    build_extra_draw(b, r);
    if (!state_reset(&b->s, r->nodes) || !take_due(b, r) || !build_take_paths(b, r) || !build_motifs_begin(b))
        return LOWER_NOMEM;
    log_head_begin(b);
    build_style_draw(b);
    log_head_end(b, r->nodes, false);
    b->s.strict = b->index->joins.n > 0 && b->nodes >= STRICT_FROM && b->report.attempts <= RELAX_AFTER;
    if (b->report.attempts > NARROW_AFTER) {
        b->style.live = 1;
        b->style.chain = true;
    }
    size_t spares = b->nodes / SPARE_ONE_IN;
    lower_result res = build_start(b);
    while (res == LOWER_OK && b->s.n_nodes < b->nodes) {
        res = build_count_step(b);
        res = res == LOWER_OK ? build_step(b) : res;
        if (res == LOWER_FAIL && spares > 0 && state_spare(&b->s)) {
            log_segment(b, SEGMENT_SPARE);
            spares--;
            res = LOWER_OK;
        }
    }
    if (res != LOWER_OK)
        return res;
    if (build_need_now(b) > 0 || (b->due.n > 0 && !b->lenient) || build_paths_firm(b))
        return LOWER_FAIL;
    log_tail(b);
    return build_finish(b);
}

/* What changes from attempt to attempt: a counts from 0. */
static void begin_attempt(builder *b, const build_request *r, int a)
{
    lower_limits limits = b->limits;
    b->report.attempts = (uint64_t)a + 1;
    b->lenient = a >= LENIENT_AFTER;
    b->manner = a < MANNER_UNTIL ? r->manner : NULL;
    b->motifs.share = a < MANNER_UNTIL ? r->motifs.share : 0;
    lower_set_manner(b->lower, b->manner);
    if (a >= RELAX_AFTER)
        limits.max_magnitude = (limits.max_magnitude > 0 ? limits.max_magnitude : 1e4) * RELAXED_MAGNITUDE;
    lower_set_limits(b->lower, &limits);
    build_worlds_attempt(b, &limits, (size_t)a);
}

/* One attempt to build the graph of a tape. A later one follows it less closely. */
static lower_result replay(builder *b, const build_request *r, int closeness)
{
    arena_reset(&b->memory);
    b->group.target = -1;
    b->commits = b->n_address = 0;
    const replay_head head = build_replay_head(b->reader, r->nodes);
    begin_attempt(b, r, (int)head.attempt % ATTEMPTS);
    b->lenient = true;
    b->extra = (extra_nodes){.equal = closeness == 0 ? head.equal : 0, .held = closeness == 0 ? head.held : 0};
    b->nodes = head.nodes - b->extra.equal - b->extra.held;
    if (!state_reset(&b->s, r->nodes) || !take_due(b, r) || !build_take_paths(b, r) || !build_motifs_begin(b))
        return LOWER_NOMEM;
    log_head_begin(b);
    build_style_draw(b);
    if (head.limit > 0 && head.limit <= build_most_outputs(b->nodes))
        b->limit = head.limit;
    b->extra.holder = b->ops->common[0] > 0 ? NULL : build_extra_holder(b, r);
    const bool loose = closeness > 0 || head.loose;
    log_head_end(b, head.nodes, loose);
    b->s.strict = !loose && b->index->joins.n > 0 && b->nodes >= STRICT_FROM && b->report.attempts <= RELAX_AFTER;
    lower_result res = build_replay(b, r, closeness);
    return res == LOWER_OK ? build_finish(b) : res;
}

/* Draws a graph of as few nodes as possible, where that of a tape cannot be finished: nothing is read from the tape. */
static lower_result draw_small(builder *b, const build_request *r)
{
    build_request small = *r;
    lower_result res = LOWER_FAIL;
    b->reader = NULL;
    tape_follow(b->t, NULL);
    small.replay = NULL;
    small.manner = NULL;
    small.motifs.share = 0;
    for (small.nodes = 1; small.nodes <= r->nodes && res == LOWER_FAIL; small.nodes++)
        for (int a = 0; a < ATTEMPTS && res == LOWER_FAIL; a++) {
            b->nodes = small.nodes;
            begin_attempt(b, &small, a);
            res = attempt(b, &small);
        }
    return res;
}

/* ---- the request ---- */

static nn_status check_request(const builder *b, const build_request *r, nn_error *err)
{
    if (r->nodes < 1 || r->nodes > INT32_MAX / 64)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the number of nodes must be between 1 and %d", INT32_MAX / 64);
    for (size_t i = 0; i < r->n_due; i++)
        if (r->due[i] >= b->ops->n_ops)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "due operator %u does not exist", (unsigned)r->due[i]);
    for (size_t i = 0; i < r->n_paths; i++)
        for (size_t k = 0; k < r->paths[i].n; k++)
            if (r->paths[i].ops[k] >= b->ops->n_ops)
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %u of a due path does not exist",
                               (unsigned)r->paths[i].ops[k]);
    int least = OP_COST_NONE;
    for (size_t i = 0; i < b->index->usable.n; i++) {
        int cost = b->index->facts[b->index->usable.items[i]].cost;
        least = cost < least ? cost : least;
    }
    for (size_t i = 0; least >= OP_COST_NONE && i < b->ops->n_ops; i++)
        if (!b->index->facts[i].feasible)
            return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "no graph of %zu nodes found: operator %s: %s", r->nodes,
                           b->ops->ops[i].name, b->index->facts[i].obstacle);
    if (least >= OP_COST_NONE)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0,
                       "none of the %zu operators can be used in a graph whose inputs and outputs are float32", b->ops->n_ops);
    if ((size_t)least > r->nodes)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "with these operators the smallest graph has %d nodes, not %zu", least,
                       r->nodes);
    return NN_OK;
}

static nn_status give_up(const builder *b, nn_error *err)
{
    const op_model *op = b->obstacle < b->ops->n_ops ? &b->ops->ops[b->obstacle] : NULL;
    tries_text most = try_table_text(&b->tried, op);
    const char *gap = *most.s ? "; " : "";
    if (op)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0,
                       "no graph of %zu nodes found in %d attempts: operator %s could not be placed%s%s", b->nodes,
                       (int)b->report.attempts, op->name, gap, most.s);
    return nn_fail(
        err, NN_ERR_BUILD, NULL, 0, 0,
        "no graph of %zu nodes found in %d attempts with %zu operators: %s after %zu nodes, with at most %zu outputs%s%s", b->nodes,
        (int)b->report.attempts, b->index->usable.n, b->complaint, b->s.n_nodes, b->limit, gap, most.s);
}

const try_table *builder_tries(const builder *b)
{
    return &b->tried;
}

void builder_forget_tries(builder *b)
{
    try_table_clear(&b->tried);
}

static int most_attempts(const build_request *r)
{
    for (size_t i = 0; i < r->n_paths; i++)
        if (r->paths[i].firmness == PATH_MUST)
            return PATH_ATTEMPTS;
    return ATTEMPTS;
}

static void set_limits(builder *b, const build_request *r)
{
    b->limits = r->limits;
    b->limits.follows = r->motifs.set != NULL;
    if (build_worlds_sized(b)) /* dims of 0 are sizes of symbols */
        b->limits.empty = 0;
    lower_set_limits(b->lower, &b->limits);
}

nn_status builder_build(builder *b, const build_request *r, tape *t, const graph **out, build_report *report, nn_error *err)
{
    *out = NULL;
    b->report = (build_report){0};
    if (report)
        *report = b->report;
    try_table_clear(&b->tried);
    nn_status st = check_request(b, r, err);
    if (st != NN_OK)
        return st;
    uint64_t draws = tape_count(t);
    b->t = t;
    b->nodes = r->nodes;
    b->obstacle = UINT16_MAX;
    b->complaint = "no operator could be placed first";
    b->lenient = b->probing = false;
    b->s.avoid = r->avoid;
    b->weights = r->weights;
    b->constants = r->constants;
    b->motifs = r->motifs;
    b->trace = r->trace;
    b->watch = r->watch;
    b->steps = 0;
    b->stopped = false;
    b->log = r->log;
    b->reader = r->replay;
    st = build_worlds_open(b, r, err);
    if (st != NN_OK)
        return st;
    tape_follow(t, r->replay);
    log_request(b);
    set_limits(b, r);
    lower_set_manner(b->lower, NULL);
    if ((r->manner || r->motifs.set) && !op_probe_more(b->probe, &b->memory))
        return nn_nomem(err);
    lower_set_check(b->lower, r->check);
    lower_result res = LOWER_FAIL;
    const int most = r->replay ? REPLAY_ATTEMPTS : most_attempts(r);
    for (int a = 0; a < most && res == LOWER_FAIL && !lower_fault(b->lower); a++) {
        if (!r->replay)
            begin_attempt(b, r, a);
        tape_span_begin(t, "attempt");
        res = r->replay ? replay(b, r, a) : attempt(b, r);
        tape_span_end(t, res == LOWER_OK);
        if (b->trace && res == LOWER_FAIL)
            b->trace->given_up(b->trace->data, b->complaint);
    }
    b->trace = NULL;
    if (r->replay && res == LOWER_FAIL && !lower_fault(b->lower))
        res = draw_small(b, r);
    tape_follow(t, NULL);
    b->log = NULL;
    b->reader = NULL;
    b->report.tape_draws = tape_count(t) - draws;
    b->report.due_missing += b->due.n;
    b->report.motif_missing += b->motif.n_due;
    for (size_t i = 0; i < b->paths.n; i++)
        b->report.path_missing += b->paths.items[i].n - b->paths.items[i].at;
    if (report)
        *report = b->report;
    if (b->stopped)
        return watch_stopped(err);
    if (res == LOWER_NOMEM)
        return nn_nomem(err);
    if (lower_fault(b->lower)) {
        if (err)
            *err = *lower_fault(b->lower);
        return NN_ERR_BUILD;
    }
    if (res == LOWER_FAIL)
        return give_up(b, err);
    *out = &b->out;
    return NN_OK;
}
