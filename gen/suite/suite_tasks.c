#include "suite/suite_tasks.h"
#include "base/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_TYPES "float32,float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool"

/* ---- the choice of operators ---- */

typedef struct {
    const char *name;
    size_t n;
    bool minus;
} word;

/* Takes the next name of the list "A,-B"; false: there is none. */
static bool next_word(const char **p, word *w)
{
    *p += strspn(*p, ", ");
    if (**p == '\0')
        return false;
    w->minus = **p == '-';
    *p += **p == '-' || **p == '+';
    w->name = *p;
    w->n = strcspn(*p, ", ");
    *p += w->n;
    return true;
}

static bool is_word(const word *w, const char *name)
{
    return strlen(name) == w->n && strncmp(name, w->name, w->n) == 0;
}

static bool chosen(const char *list, const char *name)
{
    word w;
    bool any = false, plus = false, minus = false;
    for (const char *p = list; p != NULL && next_word(&p, &w);) {
        any |= !w.minus;
        plus |= !w.minus && is_word(&w, name);
        minus |= w.minus && is_word(&w, name);
    }
    return (plus || !any) && !minus;
}

/* Whether the list names operators to use, but not this one. */
static bool left_out_anyway(const char *list, const word *name)
{
    word w;
    bool any = false, plus = false;
    for (const char *p = list; next_word(&p, &w);) {
        any |= !w.minus;
        plus |= !w.minus && w.n == name->n && strncmp(w.name, name->name, w.n) == 0;
    }
    return any && !plus;
}

/* Every name of the list must be that of an operator in one of the opsets. */
static nn_status check_names(const suite_tasks *t, const suite_options *o, nn_error *err)
{
    word w;
    for (const char *p = o->ops; p != NULL && next_word(&p, &w);) {
        nearest best = {0};
        bool found = false;
        char shown[64];
        (void)snprintf(shown, sizeof shown, "%.*s", (int)(w.n < 60 ? w.n : 60), w.name);
        for (size_t i = 0; i < t->n_tables && !found; i++)
            for (size_t k = 0; k < t->tables[i]->ops->n_ops && !found; k++) {
                found = is_word(&w, t->tables[i]->ops->ops[k].name);
                nearest_offer(&best, shown, t->tables[i]->ops->ops[k].name);
            }
        if (!found)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--ops: no operator %s in opsets %d to %d and profile %.60s%s%s%s", shown,
                           o->first, o->last, o->profile != NULL ? o->profile : "onnx", best.word != NULL ? "; did you mean " : "",
                           best.word != NULL ? best.word : "", best.word != NULL ? "?" : "");
        if (w.minus && left_out_anyway(o->ops, &w))
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                           "--ops %.60s: -%s removes nothing, because only named operators are used; expected A,B or -A,-B", o->ops,
                           shown);
    }
    return NN_OK;
}

/* ---- tasks ---- */

static nn_status open_tables(suite_tasks *t, const suite_options *o, nn_error *err)
{
    const size_t n = (size_t)(o->last - o->first + 1);
    t->tables = arena_calloc(&t->mem, n, sizeof *t->tables);
    t->values = arena_calloc(&t->mem, n, sizeof *t->values);
    if (t->tables == NULL || t->values == NULL)
        return nn_nomem(err);
    for (nn_status s; t->n_tables < n; t->n_tables++) {
        const nn_table_config config = {.opset = o->first + (int)t->n_tables,
                                        .profile = o->profile != NULL ? o->profile : "onnx",
                                        .types = o->types != NULL ? o->types : ALL_TYPES,
                                        .specs = o->specs,
                                        .outputs = 1};
        s = nn_table_open(&t->tables[t->n_tables], &config, err);
        if (s == NN_OK)
            s = class_table_of_choices(&t->values[t->n_tables], t->tables[t->n_tables]->ops, &t->mem, err);
        if (s != NN_OK) {
            nn_table_close(t->tables[t->n_tables]);
            return s;
        }
    }
    return NN_OK;
}

static bool is_new(const suite_tasks *t, size_t table, const op_model *op)
{
    const op_set *before = table > 0 ? t->tables[table - 1]->ops : NULL;
    const int i = before != NULL ? op_find(before, op->name) : -1;
    return i < 0 || before->ops[i].since != op->since;
}

static int by_name(const void *x, const void *y)
{
    const suite_task *a = x, *b = y;
    const int order = strcmp(a->op->name, b->op->name);
    return order != 0 ? order : a->op->since - b->op->since;
}

static nn_status add_tasks(suite_tasks *t, const suite_options *o, nn_error *err)
{
    for (size_t i = 0; i < t->n_tables; i++) {
        const op_set *ops = t->tables[i]->ops;
        for (size_t k = 0; k < ops->n_ops; k++) {
            if (!chosen(o->ops, ops->ops[k].name) || !is_new(t, i, &ops->ops[k]))
                continue;
            if (!nn_grow((void **)&t->all, &t->capacity, t->n + 1, sizeof *t->all))
                return nn_nomem(err);
            t->all[t->n++] = (suite_task){.table = t->tables[i], .op = &ops->ops[k], .values = &t->values[i].operators[k]};
        }
    }
    if (t->n == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no operators are left");
    qsort(t->all, t->n, sizeof *t->all, by_name);
    return NN_OK;
}

nn_status suite_tasks_new(suite_tasks **out, const suite_options *o, nn_error *err)
{
    suite_tasks *t = *out = nn_calloc(1, sizeof *t);
    if (t == NULL)
        return nn_nomem(err);
    arena_init(&t->mem, 0);
    nn_status s = open_tables(t, o, err);
    if (s == NN_OK)
        s = check_names(t, o, err);
    return s == NN_OK ? add_tasks(t, o, err) : s;
}

void suite_tasks_free(suite_tasks *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n; i++) {
        nn_free(t->all[i].lines.bytes);
        nn_free(t->all[i].summary.bytes);
    }
    nn_free(t->all);
    for (size_t i = 0; i < t->n_tables; i++)
        nn_table_close(t->tables[i]);
    arena_free(&t->mem);
    nn_free(t);
}

bool suite_task_same_operator(const suite_task *a, const suite_task *b)
{
    return strcmp(a->op->name, b->op->name) == 0;
}
