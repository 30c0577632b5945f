#include "build/build_step.h"
#include "build/build_budget.h"
#include "build/build_close.h"
#include "build/build_motif.h"
#include "build/build_moves.h"
#include "build/build_path.h"
#include "build/build_random.h"

#define START_TRIES 8 /* operators drawn for the first node before all are tried in order */

/* ---- due operators and paths ---- */

/* Places a due operator. all: if one fails, tries another. */
static lower_result due_step(builder *b, bool all)
{
    lower_result res = LOWER_FAIL;
    size_t n = b->due.n, first = build_draw(b, "due", n);
    for (size_t k = 0; k < n && res == LOWER_FAIL && (all || k < 1); k++) {
        uint16_t op = b->due.ops[(first + k) % n];
        res = build_place(b, &b->ops->ops[op], all);
        if (res == LOWER_FAIL)
            b->obstacle = op;
    }
    return res;
}

static lower_result close_step_if_open(builder *b)
{
    return build_need_now(b) > 0 ? close_step(b) : LOWER_FAIL;
}

/* Decides whether to place now what is due at this cost. The larger its share of the room is, the likelier; certain if there is
 * no slack. */
static bool due_now(builder *b, const char *label, int cost, long slack)
{
    return slack <= 1 || tape_chance(b->t, label, (uint32_t)cost * 5, (uint32_t)(slack + cost) * 4);
}

/* Places a part of a due path. true: *res is the result of the step. */
static bool path_decides(builder *b, lower_result *res)
{
    long slack = build_slack(b);
    /* a wish goes first: once its path breaks, it needs more nodes than there may be later */
    bool first = b->paths.items[0].path->firmness == PATH_WISH && slack > 1;
    *res = LOWER_FAIL;
    if (first || due_now(b, "path now", b->paths.cost, slack))
        *res = build_path_step(b);
    if (*res == LOWER_FAIL && slack <= 1 && build_paths_firm(b)) {
        b->complaint = "a required path could not be placed";
        *res = close_step_if_open(b);
        return true;
    }
    return *res != LOWER_FAIL;
}

/* Places a due operator. true: *res is the result of the step. */
static bool due_decides(builder *b, lower_result *res)
{
    long slack = build_slack(b);
    *res = LOWER_FAIL;
    if (due_now(b, "due now", b->due.cost, slack))
        *res = due_step(b, slack <= 1);
    if (*res == LOWER_FAIL && slack <= 0)
        *res = close_step_if_open(b);
    if (*res == LOWER_FAIL && slack <= 0)
        b->complaint = "a due operator could not be placed";
    return *res != LOWER_FAIL || slack <= 0;
}

/* ---- steps ---- */

lower_result build_step(builder *b)
{
    lower_result res = LOWER_FAIL;
    b->turn = (size_t)b->report.attempts - 1; /* other choices in each attempt */
    if (b->paths.n > 0 && path_decides(b, &res))
        return res;
    if (b->motifs.set)
        res = build_motif_step(b);
    if (res != LOWER_FAIL)
        return res;
    if (b->due.n > 0 && !b->lenient && due_decides(b, &res))
        return res;
    long slack = build_slack(b);
    if (b->due.n > 0 && b->lenient && slack > 0 && tape_chance(b->t, "due now", 3, 4))
        res = due_step(b, true);
    if (res == LOWER_FAIL && slack <= 0)
        return close_step(b);
    if (res == LOWER_FAIL)
        res = build_random_step(b);
    return res == LOWER_FAIL ? close_step_if_open(b) : res;
}

/* Begins with something due, if a draw says so. An operator that could not be placed before goes first. */
static lower_result start_due(builder *b)
{
    lower_result res = LOWER_FAIL;
    uint32_t nodes = (uint32_t)b->nodes;
    if (b->paths.n > 0 && (b->paths.items[0].path->effort > 0 || tape_chance(b->t, "path now", (uint32_t)b->paths.cost, nodes)))
        res = build_path_step(b);
    if (res == LOWER_FAIL && b->due.n > 0 && b->obstacle < b->ops->n_ops && b->due.left[b->obstacle] > 0)
        res = move_start(b, &b->ops->ops[b->obstacle]);
    if (res == LOWER_FAIL && b->due.n > 0 && tape_chance(b->t, "due now", (uint32_t)b->due.cost, nodes))
        res = move_start(b, &b->ops->ops[b->due.ops[build_draw(b, "due", b->due.n)]]);
    return res;
}

lower_result build_start(builder *b)
{
    const op_list *l = &b->index->usable;
    b->free_inputs = true;
    b->turn = (size_t)b->report.attempts - 1; /* other choices in each attempt */
    lower_result res = start_due(b);
    for (size_t k = 0; k < START_TRIES && res == LOWER_FAIL && build_slack(b) > 0; k++)
        res = move_start(b, build_draw_rare(b, l));
    for (size_t k = 0; k < b->due.n && res == LOWER_FAIL; k++)
        res = move_start(b, &b->ops->ops[b->due.ops[k]]);
    for (size_t k = 0; k < 2 * l->n && res == LOWER_FAIL; k++)
        res = move_start(b, build_op_at(b, l, k));
    b->free_inputs = false;
    if (res == LOWER_FAIL)
        b->complaint = "no operator could be placed first";
    return res;
}
