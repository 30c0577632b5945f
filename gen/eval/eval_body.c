/* Computes nodes that hold graphs. */
#include "eval/eval_frame.h"
#include "eval/eval_part.h"

/* What one output of a loop or scan collects: a tensor of each iteration. */
typedef struct {
    eval_value *parts;
    size_t n, room;
} collection;

typedef struct {
    eval_run *r;
    const eval_frame *f;
    const eval_node *n;
    eval_value *outputs;
    eval_frame body;
    eval_value *carried; /* values that one iteration hands to the next */
    size_t n_carried;
    collection *stacked;    /* outputs after the carried ones */
    size_t n_stacked, lead; /* lead: outputs of the body before the carried ones */
    nn_error *err;
} job;

static nn_status fail(const job *j, const char *why)
{
    char shown[EVAL_NODE_SHOWN];
    eval_show_node(shown, j->f->g, j->n);
    return nn_fail(j->err, NN_ERR_BUILD, NULL, 0, 0, "%.340s: %.120s", shown, why);
}

static const eval_value *input_at(const job *j, size_t i)
{
    return i < j->n->n_inputs && j->n->inputs[i] >= 0 ? &j->f->values[j->n->inputs[i]] : NULL;
}

static eval_value *body_input(job *j, size_t i)
{
    return j->body.g->inputs[i] >= 0 ? &j->body.values[j->body.g->inputs[i]] : NULL;
}

static const eval_value *body_output(const job *j, size_t i)
{
    return &j->body.values[j->body.g->outputs[i]];
}

static bool is_asked_for(const job *j, size_t i)
{
    return i < j->n->n_outputs && j->n->outputs[i] >= 0;
}

/* A new value that a function makes in a home of its own. */
static nn_status hold_number(job *j, eval_value *to, dtype type, int rank, int64_t x)
{
    eval_home *home;
    ref_tensor t;
    nn_status s = eval_home_open(&home, j->err);
    if (s != NN_OK)
        return s;
    s = eval_home_count(j->r, home, 1, j->n->op_type, j->err);
    if (s == NN_OK)
        s = eval_part_number(&t, type, rank, x, &home->memory, j->err);
    if (s == NN_OK) {
        eval_value_forget(j->r, to);
        eval_value_hold(to, &t, home);
    }
    eval_home_leave(j->r, home);
    return s;
}

/* ---- branches and calls ---- */

/* Computes a graph once. Its outputs are those of the node. */
static nn_status run_once(job *j, const eval_graph *g, eval_value *outputs)
{
    nn_status s = eval_frame_open(j->r, &j->body, g, j->f, j->err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < g->n_inputs && j->n->kind == EVAL_CALL; i++)
        if (input_at(j, i) != NULL)
            eval_value_share(j->r, body_input(j, i), input_at(j, i));
    s = eval_frame_compute(j->r, &j->body, j->err);
    for (size_t i = 0; s == NN_OK && i < j->n->n_outputs; i++)
        if (is_asked_for(j, i))
            eval_value_share(j->r, &outputs[i], body_output(j, i));
    eval_frame_close(j->r, &j->body);
    return s;
}

/* The outputs are those of either branch. */
static nn_status join(job *j, eval_value *other)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < j->n->n_outputs; i++) {
        eval_home *home;
        ref_tensor t;
        if (!is_asked_for(j, i))
            continue;
        if (!eval_part_same_form(&j->outputs[i].t, &other[i].t))
            return fail(j, "the condition is not certain, and the branches give different types or shapes");
        s = eval_home_open(&home, j->err);
        if (s != NN_OK)
            return s;
        s = eval_home_count(j->r, home, other[i].t.n, j->n->op_type, j->err);
        if (s == NN_OK)
            s = eval_part_hull(&t, &j->outputs[i].t, &other[i].t, &home->memory, j->err);
        if (s == NN_OK) {
            eval_value_forget(j->r, &j->outputs[i]);
            eval_value_hold(&j->outputs[i], &t, home);
        }
        eval_home_leave(j->r, home);
    }
    return s;
}

static nn_status run_branch(job *j)
{
    const ref_tensor *condition = &input_at(j, 0)->t;
    int64_t x = 0;
    if (condition->type != DT_BOOL || condition->n != 1)
        return fail(j, "the condition must be one bool");
    if (eval_part_certain(condition, true, &x))
        return run_once(j, j->n->bodies[x != 0 ? 0 : 1], j->outputs);
    eval_value *other = nn_calloc(j->n->n_outputs + 1, sizeof *other);
    if (other == NULL)
        return nn_nomem(j->err);
    nn_status s = run_once(j, j->n->bodies[0], j->outputs);
    if (s == NN_OK)
        s = run_once(j, j->n->bodies[1], other);
    if (s == NN_OK)
        s = join(j, other);
    for (size_t i = 0; i < j->n->n_outputs; i++)
        eval_value_forget(j->r, &other[i]);
    nn_free(other);
    return s;
}

/* ---- what loops and scans share ---- */

static nn_status begin(job *j, size_t first, size_t n_carried, size_t lead)
{
    const eval_graph *g = j->n->bodies[0];
    j->n_carried = n_carried;
    j->lead = lead;
    j->n_stacked = g->n_outputs - lead - n_carried;
    j->carried = nn_calloc(n_carried + 1, sizeof *j->carried);
    j->stacked = nn_calloc(j->n_stacked + 1, sizeof *j->stacked);
    if (j->carried == NULL || j->stacked == NULL)
        return nn_nomem(j->err);
    for (size_t i = 0; i < n_carried; i++)
        eval_value_share(j->r, &j->carried[i], input_at(j, first + i));
    return eval_frame_open(j->r, &j->body, g, j->f, j->err);
}

static void end(job *j)
{
    for (size_t i = 0; j->carried != NULL && i < j->n_carried; i++)
        eval_value_forget(j->r, &j->carried[i]);
    for (size_t i = 0; j->stacked != NULL && i < j->n_stacked; i++) {
        for (size_t k = 0; k < j->stacked[i].n; k++)
            eval_value_forget(j->r, &j->stacked[i].parts[k]);
        nn_free(j->stacked[i].parts);
    }
    nn_free(j->carried);
    nn_free(j->stacked);
    eval_frame_close(j->r, &j->body);
}

static nn_status collect(job *j, size_t i)
{
    collection *c = &j->stacked[i];
    const eval_value *made = body_output(j, j->lead + j->n_carried + i);
    if (c->n > 0 && !eval_part_same_form(&c->parts[0].t, &made->t))
        return fail(j, "what an output collects differs in type or shape from one iteration to the next");
    if (!nn_grow((void **)&c->parts, &c->room, c->n + 1, sizeof *c->parts))
        return nn_nomem(j->err);
    c->parts[c->n] = (eval_value){.known = false};
    eval_value_share(j->r, &c->parts[c->n++], made);
    return NN_OK;
}

/* One iteration, whose inputs but the carried ones are set. first: the place of those among the inputs of the body. */
static nn_status iterate(job *j, size_t first)
{
    for (size_t i = 0; i < j->n_carried; i++)
        eval_value_share(j->r, body_input(j, first + i), &j->carried[i]);
    return eval_frame_compute(j->r, &j->body, j->err);
}

static nn_status keep(job *j)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < j->n_carried; i++) {
        const eval_value *made = body_output(j, j->lead + i);
        if (made->t.type != j->carried[i].t.type)
            return fail(j, "a carried value changes its type");
        eval_value_share(j->r, &j->carried[i], made);
    }
    for (size_t i = 0; s == NN_OK && i < j->n_stacked; i++)
        if (is_asked_for(j, j->n_carried + i))
            s = collect(j, i);
    return s;
}

static void give_carried(job *j)
{
    for (size_t i = 0; i < j->n_carried; i++)
        if (is_asked_for(j, i))
            eval_value_share(j->r, &j->outputs[i], &j->carried[i]);
}

/* Joins what output i collected. like: the form of one part, where there is none. */
static nn_status stack(job *j, size_t i, int64_t axis, bool backward, const ref_tensor *like)
{
    const collection *c = &j->stacked[i];
    const size_t at = j->n_carried + i;
    eval_home *home;
    ref_tensor t;
    const ref_tensor *form = c->n > 0 ? &c->parts[0].t : like;
    if (axis < 0)
        axis += form->rank + 1;
    if (axis < 0 || axis > form->rank || form->rank >= NN_MAX_RANK)
        return fail(j, "an axis along which an output is collected is outside its rank");
    const ref_tensor **parts = nn_calloc(c->n + 1, sizeof *parts);
    if (parts == NULL)
        return nn_nomem(j->err);
    for (size_t k = 0; k < c->n; k++)
        parts[k] = &c->parts[k].t;
    nn_status s = eval_home_open(&home, j->err);
    if (s == NN_OK) {
        s = eval_home_count(j->r, home, c->n * form->n, j->n->op_type, j->err);
        if (s == NN_OK)
            s = eval_part_stack(&t, form, parts, c->n, (int)axis, backward, &home->memory, j->err);
        if (s == NN_OK)
            eval_value_hold(&j->outputs[at], &t, home);
        eval_home_leave(j->r, home);
    }
    nn_free(parts);
    return s;
}

/* ---- loops ---- */

/* The rank that the body states for an input that is a number: 0 or 1. */
static int number_rank(const job *j, size_t i)
{
    return j->body.g->tensors[j->body.g->inputs[i]].stated_rank == 1;
}

enum { COUNT, CONDITION, FIRST }; /* inputs of a loop and of its body */

static nn_status enter_iteration(job *j, int64_t i)
{
    eval_frame_again(j->r, &j->body);
    nn_status s = hold_number(j, body_input(j, COUNT), DT_INT64, number_rank(j, COUNT), i);
    if (s == NN_OK)
        s = hold_number(j, body_input(j, CONDITION), DT_BOOL, number_rank(j, CONDITION), 1);
    return s == NN_OK ? iterate(j, FIRST) : s;
}

/* A number that decides how often the loop runs. */
static nn_status read_number(const job *j, const ref_tensor *t, bool truth, int64_t *x, const char *wrong, const char *open)
{
    if (t->type != (truth ? DT_BOOL : DT_INT64) || t->n != 1)
        return fail(j, wrong);
    return eval_part_certain(t, truth, x) ? NN_OK : fail(j, open);
}

static nn_status run_iterations(job *j, int64_t most, bool conditional)
{
    int64_t going = 1;
    nn_status s = NN_OK;
    for (int64_t i = 0; s == NN_OK && going != 0 && i < most; i++) {
        s = enter_iteration(j, i);
        if (s == NN_OK && conditional)
            s = read_number(j, &body_output(j, 0)->t, true, &going, "the body must give one bool as condition",
                            "whether it goes on is not certain, so what it gives cannot be told");
        if (s == NN_OK)
            s = keep(j);
    }
    return s;
}

/* The form of the parts that output i would have collected: of what the body makes of the first values. */
static nn_status finish_loop(job *j)
{
    nn_status s = NN_OK;
    bool measured = true;
    for (size_t i = 0; i < j->n_stacked; i++)
        measured = measured && (j->stacked[i].n > 0 || !is_asked_for(j, j->n_carried + i));
    if (!measured) {
        j->r->quiet++;
        s = enter_iteration(j, 0);
        j->r->quiet--;
    }
    for (size_t i = 0; s == NN_OK && i < j->n_stacked; i++)
        if (is_asked_for(j, j->n_carried + i))
            s = stack(j, i, 0, false, measured ? NULL : &body_output(j, j->lead + j->n_carried + i)->t);
    return s;
}

static nn_status run_loop(job *j)
{
    const eval_value *count = input_at(j, COUNT), *condition = input_at(j, CONDITION);
    int64_t most = INT64_MAX, going = 1;
    nn_status s = begin(j, FIRST, j->n->n_inputs > FIRST ? j->n->n_inputs - FIRST : 0, 1);
    if (s == NN_OK && count != NULL)
        s = read_number(j, &count->t, false, &most, "the trip count must be one int64", "the trip count is not certain");
    if (s == NN_OK && condition != NULL)
        s = read_number(j, &condition->t, true, &going, "the condition must be one bool", "the condition is not certain");
    if (s == NN_OK)
        s = run_iterations(j, going != 0 ? most : 0, condition != NULL);
    if (s == NN_OK)
        s = finish_loop(j);
    if (s == NN_OK)
        give_carried(j);
    return s;
}

/* ---- scans ---- */

static int64_t item(const int64_t *list, size_t i)
{
    return list != NULL ? list[i] : 0;
}

/* The axis of the scanned input i, from 0. */
static nn_status axis_of(const job *j, const ref_tensor *t, size_t i, int *axis)
{
    int64_t x = item(j->n->scan.axes[0], i);
    if (x < 0)
        x += t->rank;
    if (x < 0 || x >= t->rank)
        return fail(j, "an axis along which an input is taken apart is outside its rank");
    *axis = (int)x;
    return NN_OK;
}

/* How many slices all scanned inputs have. */
static nn_status count_slices(const job *j, int64_t *n)
{
    nn_status s = NN_OK;
    int axis = 0;
    for (size_t i = 0; s == NN_OK && i < j->n->scan.n_inputs; i++) {
        const ref_tensor *t = &input_at(j, j->n_carried + i)->t;
        s = axis_of(j, t, i, &axis);
        if (s == NN_OK && i > 0 && t->dims[axis] != *n)
            return fail(j, "the inputs that are taken apart have different lengths");
        *n = s == NN_OK ? t->dims[axis] : 0;
    }
    return s;
}

/* k < 0: there are no slices; zeros stand for one. */
static nn_status set_slice(job *j, size_t i, int64_t k, int64_t n)
{
    const ref_tensor *t = &input_at(j, j->n_carried + i)->t;
    eval_value *to = body_input(j, j->n_carried + i);
    eval_home *home;
    ref_tensor part;
    int axis = 0;
    nn_status s = axis_of(j, t, i, &axis);
    if (s == NN_OK)
        s = eval_home_open(&home, j->err);
    if (s != NN_OK)
        return s;
    s = eval_home_count(j->r, home, n > 0 ? t->n / (size_t)n : 1, j->n->op_type, j->err);
    if (s == NN_OK && k < 0)
        s = eval_part_zeros(&part, t, axis, &home->memory, j->err);
    else if (s == NN_OK)
        s = eval_part_slice(&part, t, axis, item(j->n->scan.backward[0], i) != 0 ? n - 1 - k : k, &home->memory, j->err);
    if (s == NN_OK)
        eval_value_hold(to, &part, home);
    eval_home_leave(j->r, home);
    return s;
}

static nn_status scan_slice(job *j, int64_t k, int64_t n)
{
    nn_status s = NN_OK;
    eval_frame_again(j->r, &j->body);
    for (size_t i = 0; s == NN_OK && i < j->n->scan.n_inputs; i++)
        s = set_slice(j, i, k, n);
    return s == NN_OK ? iterate(j, 0) : s;
}

static nn_status run_scan(job *j)
{
    const eval_scan *scan = &j->n->scan;
    int64_t n = 0;
    nn_status s = begin(j, 0, j->n->n_inputs - scan->n_inputs, 0);
    if (s == NN_OK)
        s = count_slices(j, &n);
    for (int64_t k = 0; s == NN_OK && k < n; k++) {
        s = scan_slice(j, k, n);
        if (s == NN_OK)
            s = keep(j);
    }
    if (s == NN_OK && n == 0) {
        j->r->quiet++;
        s = scan_slice(j, -1, 0);
        j->r->quiet--;
    }
    for (size_t i = 0; s == NN_OK && i < j->n_stacked; i++)
        if (is_asked_for(j, j->n_carried + i))
            s = stack(j, i, item(scan->axes[1], i), item(scan->backward[1], i) != 0, &body_output(j, j->n_carried + i)->t);
    if (s == NN_OK)
        give_carried(j);
    return s;
}

nn_status eval_body_node(eval_run *r, const eval_frame *f, const eval_node *n, eval_value *outputs, nn_error *err)
{
    job j = {.r = r, .f = f, .n = n, .outputs = outputs, .err = err};
    if (n->kind == EVAL_BRANCH)
        return run_branch(&j);
    if (n->kind == EVAL_CALL)
        return run_once(&j, n->bodies[0], outputs);
    nn_status s = n->kind == EVAL_LOOP ? run_loop(&j) : run_scan(&j);
    end(&j);
    return s;
}
