#include "rules/opfilter.h"
#include "base/nearest.h"
#include "rules/op_inner.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t length;
    bool minus;
} term;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* The next term at *at, which moves past its comma; false at the end. */
static bool next_term(const char **at, term *t)
{
    const char *p = *at;
    if (*p == '\0')
        return false;
    while (is_space(*p))
        p++;
    *t = (term){.minus = *p == '-'};
    if (*p == '-' || *p == '+')
        p++;
    while (is_space(*p))
        p++;
    const char *end = p;
    while (*end != '\0' && *end != ',')
        end++;
    *at = *end == ',' ? end + 1 : end;
    while (end > p && is_space(end[-1]))
        end--;
    t->name = p;
    t->length = (size_t)(end - p);
    return true;
}

static bool same(const term *t, const char *name)
{
    return strlen(name) == t->length && strncmp(t->name, name, t->length) == 0;
}

static int find(const op_set *s, const term *t)
{
    size_t low = 0, high = s->n_ops;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *name = s->ops[middle].name;
        int c = strncmp(t->name, name, t->length);
        if (c == 0 && name[t->length] == '\0')
            return (int)middle;
        if (c <= 0) /* if it begins with the term, it is longer and so comes later */
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* Why the table has the operator but the set has not: the end of a sentence that begins with its name. false: it is unknown. */
static bool reason_of(const op_set *s, const term *t, bool filtered, char *reason, size_t size)
{
    const spec_table *table = s->table;
    for (size_t i = 0; table != NULL && i < table->n_exclusions; i++)
        if (same(t, table->exclusions[i].op)) {
            (void)snprintf(reason, size, "is left out of profile %s at opset %d: %.200s", table->profile, table->opset,
                           table->exclusions[i].reason);
            return true;
        }
    for (size_t i = 0; table != NULL && i < table->n_absent; i++)
        if (same(t, table->absent[i])) {
            (void)snprintf(reason, size, "is not in opset %d", table->opset);
            return true;
        }
    for (size_t i = 0; i < s->n_untyped; i++)
        if (same(t, s->untyped[i].op)) {
            char types[160] = "";
            (void)op_untyped_text(&s->untyped[i], types, sizeof types);
            (void)snprintf(reason, size, "needs --types with %s", types);
            return true;
        }
    for (size_t i = 0; table != NULL && i < table->n_entries; i++)
        if (same(t, table->entries[i].name)) {
            const char *option = filtered ? NULL : op_inner_option(s->compiled[i].flags);
            if (option != NULL) {
                (void)snprintf(reason, size, "stands inside motifs only, with --%s", option);
                return true;
            }
            (void)snprintf(reason, size, "is left out by %s",
                           filtered ? "--ops or --common" : "--common: its rules differ in these opsets");
            return true;
        }
    return false;
}

bool op_set_reason(const op_set *s, const char *name, size_t n, char *reason, size_t size)
{
    const term t = {.name = name, .length = n};
    return reason_of(s, &t, true, reason, size);
}

static nn_status unknown(const op_set *s, const term *t, nn_error *err)
{
    char name[64];
    size_t n = t->length < sizeof name - 1 ? t->length : sizeof name - 1;
    memcpy(name, t->name, n);
    name[n] = '\0';
    if (n == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operators '': expected names separated by commas, such as A,B or -A,-B");
    nearest best = {0};
    for (size_t i = 0; i < s->n_ops; i++)
        nearest_offer(&best, name, s->ops[i].name);
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown operator %s; did you mean %s?", name, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown operator %s", name);
}

/* ---- a choice ---- */

/* Notes that a named operator is missing, once. */
static nn_status add_gone(op_choice *c, const term *t, const char *reason, arena *a, nn_error *err)
{
    for (size_t i = 0; i < c->n_gone; i++)
        if (same(t, c->gone[i].op))
            return NN_OK;
    char *name = arena_alloc(a, t->length + 1);
    const char *why = arena_strdup(a, reason);
    if (name == NULL || why == NULL)
        return nn_nomem(err);
    memcpy(name, t->name, t->length);
    name[t->length] = '\0';
    c->gone[c->n_gone++] = (op_gone){.op = name, .reason = why};
    return NN_OK;
}

static nn_status take_term(op_choice *c, const op_set *s, const term *t, arena *a, nn_error *err)
{
    const int i = find(s, t);
    char reason[400];
    if (c->named && t->minus && c->idle == NULL && (i < 0 || !c->keep[i])) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)(t->length < sizeof name ? t->length : sizeof name - 1), t->name);
        if ((c->idle = arena_strdup(a, name)) == NULL)
            return nn_nomem(err);
    }
    if (i >= 0) {
        c->keep[i] = !t->minus;
        c->barred[i] = t->minus;
        return NN_OK;
    }
    if (t->length == 0 || !reason_of(s, t, false, reason, sizeof reason))
        return unknown(s, t, err);
    return t->minus ? NN_OK : add_gone(c, t, reason, a, err);
}

/* Checks that something is kept. */
static nn_status check_kept(const op_choice *c, const op_set *s, const char *expr, nn_error *err)
{
    for (size_t i = 0; i < s->n_ops; i++)
        if (c->keep[i])
            return NN_OK;
    if (c->n_gone == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operators '%.60s' selects no operator; expected at least one", expr);
    char more[64] = "";
    if (c->n_gone > 1)
        (void)snprintf(more, sizeof more, "; none of the %zu named operators is available", c->n_gone);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %.60s %s%s", c->gone[0].op, c->gone[0].reason, more);
}

nn_status op_choice_make(op_choice *out, const op_set *s, const char *expr, arena *a, nn_error *err)
{
    term t;
    size_t terms = 0;
    op_choice c = {.named = false};
    for (const char *at = expr; next_term(&at, &t); terms++)
        c.named |= !t.minus;
    c.keep = arena_calloc(a, s->n_ops + 1, sizeof *c.keep);
    c.barred = arena_calloc(a, s->n_ops + 1, sizeof *c.barred);
    c.gone = arena_calloc(a, terms + 1, sizeof *c.gone);
    if (c.keep == NULL || c.barred == NULL || c.gone == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < s->n_ops; i++)
        c.keep[i] = !c.named;
    for (int pass = 0; pass < 2; pass++) /* every plus before every minus */
        for (const char *at = expr; next_term(&at, &t);) {
            nn_status status = t.minus == (pass == 1) ? take_term(&c, s, &t, a, err) : NN_OK;
            if (status != NN_OK)
                return status;
        }
    *out = c;
    return check_kept(&c, s, expr, err);
}

nn_status op_choice_idle(const op_choice *c, const char *expr, nn_error *err)
{
    if (c->idle == NULL)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                   "operators '%.60s': -%s removes nothing, because only named operators are used; expected A,B or -A,-B", expr,
                   c->idle);
}

void op_set_keep(op_set *s, const bool *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_ops; i++)
        if (keep[i]) {
            s->ops[n] = s->ops[i];
            s->ops[n].index = (uint16_t)n;
            n++;
        }
    s->n_ops = s->n_all = n;
}

nn_status op_set_find(const op_set *s, const char *name, size_t n, int *op, nn_error *err)
{
    const term t = {.name = name, .length = n};
    char reason[400];
    if (n == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "expected names of operators, separated by commas");
    *op = find(s, &t);
    if (*op >= 0)
        return NN_OK;
    if (!reason_of(s, &t, true, reason, sizeof reason))
        return unknown(s, &t, err);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %.*s %s", (int)(n < 60 ? n : 60), name, reason);
}
