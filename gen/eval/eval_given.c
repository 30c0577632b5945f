#include "eval/eval_given.h"
#include "eval/eval_output.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INFINITE ((double)__builtin_inff())

typedef struct {
    double worst;   /* how many bounds away; infinite where the bound is 0 */
    size_t outside; /* elements */
    int64_t tensor;
    char *line;
} finding;

typedef struct {
    eval_run *r;
    finding *all;
    size_t n, room;
    size_t judged; /* tensors */
    arena lines;
} judging;

static double distance(const ref_tensor *a, const ref_tensor *b, size_t i)
{
    if (a->w != NULL)
        return a->w[i] == b->w[i]  ? 0
               : a->w[i] > b->w[i] ? (double)((uint64_t)a->w[i] - (uint64_t)b->w[i])
                                   : (double)((uint64_t)b->w[i] - (uint64_t)a->w[i]);
    if (a->v[i] == b->v[i] || (a->v[i] != a->v[i] && b->v[i] != b->v[i]))
        return 0;
    double d = __builtin_fabs(a->v[i] - b->v[i]);
    return d != d ? INFINITE : d;
}

static nn_status add_finding(judging *j, const finding *f, nn_error *err)
{
    if (f->line == NULL || !nn_grow((void **)&j->all, &j->room, j->n + 1, sizeof *j->all))
        return nn_nomem(err);
    j->all[j->n++] = *f;
    return NN_OK;
}

static nn_status wrong_form(judging *j, const eval_node *n, int64_t tensor, const char *what, nn_error *err)
{
    char shown[EVAL_NODE_SHOWN];
    eval_show_node(shown, j->r->main.g, n);
    finding f = {.worst = INFINITE, .outside = SIZE_MAX, .tensor = tensor};
    f.line =
        arena_printf(&j->lines, "%s, output \"%s\": another %s than expected\n", shown, j->r->main.g->tensors[tensor].name, what);
    return add_finding(j, &f, err);
}

/* Compares element by element with the expected values, as they would stand in a file. */
static nn_status compare(judging *j, const eval_node *n, int64_t tensor, const ref_tensor *expected, const float *bounds,
                         const ref_tensor *given, nn_error *err)
{
    finding f = {.tensor = tensor};
    size_t at = 0;
    for (size_t i = 0; i < expected->n; i++) {
        double d = distance(expected, given, i), e = (double)bounds[i];
        if (d <= e || e == INFINITE)
            continue;
        double away = e > 0 ? d / e : INFINITE;
        if (f.outside++ == 0 || away > f.worst) {
            f.worst = away;
            at = i;
        }
    }
    if (f.outside == 0)
        return NN_OK;
    char shown[EVAL_NODE_SHOWN], indices[EVAL_INDICES], y[EVAL_NUMBER], v[EVAL_NUMBER];
    eval_show_node(shown, j->r->main.g, n);
    eval_put_indices(indices, expected, at);
    eval_put_element(y, given, at);
    eval_put_element(v, expected, at);
    f.line = arena_printf(&j->lines, "%s, output \"%s\": %zu of %zu elements outside; worst %s: %s, expected %s +- %.3g\n", shown,
                          j->r->main.g->tensors[tensor].name, f.outside, expected->n, indices, y, v, (double)bounds[at]);
    return add_finding(j, &f, err);
}

static nn_status judge(void *data, const eval_node *n, int64_t tensor, const ref_tensor *expected, const ref_tensor *given,
                       nn_error *err)
{
    judging *j = data;
    arena *a = &j->r->scratch;
    bool same = expected->rank == given->rank;
    for (int d = 0; same && d < given->rank; d++)
        same = expected->dims[d] == given->dims[d];
    j->judged++;
    if (expected->type != given->type)
        return wrong_form(j, n, tensor, "type", err);
    if (!same)
        return wrong_form(j, n, tensor, "shape", err);
    arena_mark mark = arena_get_mark(a);
    ref_tensor stored = *expected;
    void *values = arena_alloc(a, expected->n * dtype_size(expected->type) + 1);
    float *bounds = arena_alloc(a, (expected->n + 1) * sizeof *bounds);
    nn_status s = values != NULL && bounds != NULL ? NN_OK : nn_nomem(err);
    if (s == NN_OK) {
        ref_to_raw(expected, values, bounds);
        s = ref_from_raw(&stored, values, a, err);
    }
    if (s == NN_OK)
        s = compare(j, n, tensor, &stored, bounds, given, err);
    arena_release(a, mark);
    return s;
}

static int worst_first(const void *a, const void *b)
{
    const finding *x = a, *y = b;
    if (x->worst != y->worst)
        return x->worst > y->worst ? -1 : 1;
    if (x->outside != y->outside)
        return x->outside > y->outside ? -1 : 1;
    return (x->tensor > y->tensor) - (x->tensor < y->tensor);
}

nn_status eval_given_check(json_line *out, eval_run *r, size_t *wrong, nn_error *err)
{
    judging j = {.r = r};
    char line[120];
    arena_init(&j.lines, 0);
    r->judge = judge;
    r->data = &j;
    nn_status s = eval_run_compute(r, err);
    r->judge = NULL;
    if (s == NN_OK) {
        if (j.n > 1)
            qsort(j.all, j.n, sizeof *j.all, worst_first);
        for (size_t i = 0; i < j.n; i++)
            line_raw(out, j.all[i].line);
        (void)snprintf(line, sizeof line, "%zu of %zu tensors outside their bounds\n", j.n, j.judged);
        line_raw(out, line);
        *wrong += j.n;
        s = out->failed ? nn_nomem(err) : NN_OK;
    }
    nn_free(j.all);
    arena_free(&j.lines);
    return s;
}
