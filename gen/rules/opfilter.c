#include "rules/opfilter.h"
#include "base/nearest.h"

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

/* Judges a name that is not an operator of the set. It is allowed after a minus if the table knows it; otherwise the error says why
 * the operator is missing. */
static nn_status explain(const op_set *s, const term *t, bool filtered, nn_error *err)
{
    const spec_table *table = s->table;
    char name[64];
    size_t n = t->length < sizeof name - 1 ? t->length : sizeof name - 1;
    memcpy(name, t->name, n);
    name[n] = '\0';
    if (n == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operators '': expected names separated by commas, such as A,B or -A,-B");
    for (size_t i = 0; table != NULL && i < table->n_exclusions; i++)
        if (same(t, table->exclusions[i].op))
            return t->minus ? NN_OK
                            : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %s is left out of profile %s at opset %d: %.200s",
                                      name, table->profile, table->opset, table->exclusions[i].reason);
    for (size_t i = 0; table != NULL && i < table->n_absent; i++)
        if (same(t, table->absent[i]))
            return t->minus ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %s is not in opset %d", name, table->opset);
    for (size_t i = 0; i < s->n_untyped; i++)
        if (same(t, s->untyped[i].op)) {
            char types[160] = "";
            (void)op_untyped_text(&s->untyped[i], types, sizeof types);
            return t->minus ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %s needs --types with %s", name, types);
        }
    for (size_t i = 0; table != NULL && i < table->n_entries; i++)
        if (same(t, table->entries[i].name))
            return t->minus ? NN_OK
                            : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operator %s is left out by %s", name,
                                      filtered ? "--ops or --common" : "--common: its rules differ in these opsets");
    nearest best = {0};
    for (size_t i = 0; i < s->n_ops; i++)
        nearest_offer(&best, name, s->ops[i].name);
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown operator %s; did you mean %s?", name, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown operator %s", name);
}

static nn_status choose(const op_set *s, const char *expr, bool *keep, nn_error *err)
{
    bool any_plus = false;
    term t;
    for (const char *at = expr; next_term(&at, &t);)
        any_plus |= !t.minus;
    for (size_t i = 0; i < s->n_ops; i++)
        keep[i] = !any_plus;
    for (int pass = 0; pass < 2; pass++) /* every plus before every minus */
        for (const char *at = expr; next_term(&at, &t);) {
            if (t.minus != (pass == 1))
                continue;
            int i = find(s, &t);
            if (any_plus && t.minus && t.length > 0 && (i < 0 || !keep[i]))
                return nn_fail(
                    err, NN_ERR_USAGE, NULL, 0, 0,
                    "operators '%.60s': -%.*s removes nothing, because only named operators are used; expected A,B or -A,-B", expr,
                    (int)(t.length < 60 ? t.length : 60), t.name);
            if (i >= 0)
                keep[i] = !t.minus;
            else if (explain(s, &t, false, err) != NN_OK)
                return NN_ERR_USAGE;
        }
    for (size_t i = 0; i < s->n_ops; i++)
        if (keep[i])
            return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "operators '%.60s' selects no operator; expected at least one", expr);
}

nn_status op_set_filter(op_set *s, const char *expr, nn_error *err)
{
    if (expr == NULL || *expr == '\0')
        return NN_OK;
    bool *keep = nn_calloc(s->n_ops + 1, sizeof *keep);
    if (keep == NULL)
        return nn_nomem(err);
    nn_status status = choose(s, expr, keep, err);
    if (status == NN_OK) {
        size_t n = 0;
        for (size_t i = 0; i < s->n_ops; i++)
            if (keep[i]) {
                s->ops[n] = s->ops[i];
                s->ops[n].index = (uint16_t)n;
                n++;
            }
        s->n_ops = s->n_all = n;
    }
    nn_free(keep);
    return status;
}

nn_status op_set_find(const op_set *s, const char *name, size_t n, int *op, nn_error *err)
{
    const term t = {.name = name, .length = n};
    if (n == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "expected names of operators, separated by commas");
    *op = find(s, &t);
    return *op >= 0 ? NN_OK : explain(s, &t, true, err);
}
