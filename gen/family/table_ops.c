#include "family/table_ops.h"
#include "base/json_line.h"
#include "build/op_helpers.h"

#include <string.h>

#define SERVED_NAMED 3 /* operators that the note on helpers names */

static nn_status add_note(table_ops *t, json_line *text, arena *a, nn_error *err)
{
    const char *note = text->failed ? NULL : arena_strdup(a, text->bytes);
    nn_free(text->bytes);
    if (note == NULL)
        return nn_nomem(err);
    t->notes[t->n_notes++] = note;
    return NN_OK;
}

static nn_status note_gone(table_ops *t, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < t->n_gone; i++) {
        json_line text = {.bytes = NULL};
        line_raw(&text, "operator ");
        line_raw(&text, t->gone[i].op);
        line_raw(&text, " ");
        line_raw(&text, t->gone[i].reason);
        line_raw(&text, "; the others are used");
        line_text(&text, "", 1);
        s = add_note(t, &text, a, err);
    }
    return s;
}

/* Adds ", ", " and " or nothing before item k of n. */
static void separate(json_line *out, size_t k, size_t n)
{
    line_raw(out, k == 0 ? "" : k + 1 == n ? " and " : ", ");
}

/* "added Cast, which connects ArgMax, Not and 2 more to graph inputs and outputs" */
static nn_status note_helpers(table_ops *t, const op_set *ops, const bool *served, arena *a, nn_error *err)
{
    json_line text = {.bytes = NULL};
    size_t n = 0;
    for (size_t i = 0; i < ops->n_ops; i++)
        n += served[i];
    line_raw(&text, "added ");
    for (size_t k = 0; k < t->n_helpers; k++) {
        separate(&text, k, t->n_helpers);
        line_raw(&text, t->helpers[k]);
    }
    line_raw(&text, t->n_helpers == 1 ? ", which connects " : ", which connect ");
    const size_t items = n > SERVED_NAMED + 1 ? SERVED_NAMED + 1 : n; /* the last one may be "2 more" */
    for (size_t i = 0, k = 0; i < ops->n_ops && k < items; i++) {
        if (!served[i])
            continue;
        separate(&text, k, items);
        if (++k < items || items == n) {
            line_raw(&text, ops->ops[i].name);
            continue;
        }
        line_int(&text, (int64_t)(n - SERVED_NAMED));
        line_raw(&text, " more");
    }
    line_raw(&text, " to graph inputs and outputs");
    line_text(&text, "", 1);
    return add_note(t, &text, a, err);
}

static bool any(const bool *flags, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (flags[i])
            return true;
    return false;
}

/* A minus beside named operators has a meaning only if there would be helpers without it. Overwrites `served` if there are none. */
static nn_status check_idle(const op_set *ops, const op_choice *c, bool *served, const char *expr, nn_error *err)
{
    const size_t n = ops->n_ops;
    if (c->idle == NULL || any(served, n))
        return NN_OK;
    bool *flags = nn_calloc(2 * n + 1, sizeof *flags);
    nn_status s = flags != NULL ? op_helpers_find(ops, c->keep, flags, flags + n, served, err) : nn_nomem(err);
    nn_free(flags);
    return s != NN_OK || any(served, n) ? s : op_choice_idle(c, expr, err);
}

static nn_status add_helpers(table_ops *t, const op_set *ops, op_choice *c, const char *expr, arena *a, nn_error *err)
{
    bool *helpers = arena_calloc(a, ops->n_ops + 1, sizeof *helpers), *served = arena_calloc(a, ops->n_ops + 1, sizeof *served);
    t->helpers = arena_calloc(a, ops->n_ops + 1, sizeof *t->helpers);
    if (helpers == NULL || served == NULL || t->helpers == NULL)
        return nn_nomem(err);
    nn_status s = op_helpers_find(ops, c->keep, c->barred, helpers, served, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (helpers[i])
            t->helpers[t->n_helpers++] = ops->ops[i].name;
        c->keep[i] |= helpers[i];
    }
    s = check_idle(ops, c, served, expr, err);
    return s == NN_OK && t->n_helpers > 0 ? note_helpers(t, ops, served, a, err) : s;
}

nn_status table_ops_choose(table_ops *out, op_set *ops, const char *expr, arena *a, nn_error *err)
{
    op_choice c;
    *out = (table_ops){.n_gone = 0};
    if (*expr == '\0')
        return NN_OK;
    nn_status s = op_choice_make(&c, ops, expr, a, err);
    if (s != NN_OK)
        return s;
    out->gone = c.gone;
    out->n_gone = c.n_gone;
    out->notes = arena_calloc(a, c.n_gone + 1, sizeof *out->notes);
    s = out->notes != NULL ? note_gone(out, a, err) : nn_nomem(err);
    if (s == NN_OK && c.named)
        s = add_helpers(out, ops, &c, expr, a, err);
    if (s == NN_OK)
        op_set_keep(ops, c.keep);
    return s;
}

nn_status table_ops_inner(const table_ops *t, op_set *inner, const char *expr, nn_error *err)
{
    op_choice c;
    arena a;
    if (*expr == '\0')
        return NN_OK;
    arena_init(&a, 0);
    nn_status s = op_choice_make(&c, inner, expr, &a, err);
    for (size_t k = 0; s == NN_OK && k < t->n_helpers; k++) {
        const int i = op_find(inner, t->helpers[k]);
        if (i >= 0)
            c.keep[i] = true;
    }
    if (s == NN_OK)
        op_set_keep(inner, c.keep);
    arena_free(&a);
    return s;
}
