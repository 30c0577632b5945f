#include "reduce/reduce_values.h"
#include "reduce/reduce_inline.h"
#include "value/dtype.h"

#include <stdlib.h>
#include <string.h>

enum { FLAT_NODES = 200000, PASSES = 6 };

/* A tensor that is set from outside. */
typedef struct {
    const char *name;
    const Onnx__TensorProto *value; /* NULL: not known yet */
    bool invented;
    bool late; /* it follows from what is computed */
} supply;

typedef struct {
    reduce_results *out;
    reduce_inline flat;
    Onnx__GraphProto g;
    Onnx__ModelProto m;
    supply *all; /* in the order in which they were added */
    size_t n, room;
    const reduce_base *more;
    const reduce_limits *limits;
    arena *memory;
    bool ones;  /* invented values are 1 */
    bool exact; /* all invented shapes are stated */
} evaluation;

const reduce_result *reduce_find_result(const reduce_results *r, const char *name)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(r->all[middle].name, name);
        if (order == 0)
            return &r->all[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool add_supply(evaluation *x, const char *name, const Onnx__TensorProto *value, bool invented, bool late)
{
    if (!nn_grow((void **)&x->all, &x->room, x->n + 1, sizeof *x->all))
        return false;
    x->all[x->n++] = (supply){name, value, invented, late};
    return true;
}

/* ---- the model without bodies ---- */

static bool declare(evaluation *x, Onnx__ValueInfoProto **list, size_t *n, const char *name)
{
    Onnx__ValueInfoProto *v = arena_alloc(x->memory, sizeof *v);
    if (v == NULL)
        return false;
    onnx__value_info_proto__init(v);
    v->name = (char *)(uintptr_t)name;
    list[(*n)++] = v;
    return true;
}

/* Results of replaced nodes and formals of bodies are inputs. */
static bool declare_all(evaluation *x)
{
    size_t n = x->m.graph->n_input;
    Onnx__ValueInfoProto **list = arena_alloc(x->memory, (n + x->flat.joins.n + x->flat.loose.n + 1) * sizeof *list);
    if (list == NULL)
        return false;
    if (n > 0)
        memcpy(list, x->g.input, n * sizeof *list);
    for (size_t i = 0; i < x->flat.loose.n; i++)
        if (!declare(x, list, &n, x->flat.loose.all[i].name) || !add_supply(x, x->flat.loose.all[i].name, NULL, true, true))
            return false;
    for (size_t i = 0; i < x->flat.joins.n; i++)
        if (!x->flat.joins.all[i].exact &&
            (!declare(x, list, &n, x->flat.joins.all[i].output) || !add_supply(x, x->flat.joins.all[i].output, NULL, true, true)))
            return false;
    x->g.input = list;
    x->g.n_input = n;
    return true;
}

static bool flatten(evaluation *x, const Onnx__ModelProto *m)
{
    Onnx__FunctionProto **ignored;
    x->flat = (reduce_inline){.m = m, .memory = x->memory, .all = true, .room = FLAT_NODES};
    x->m = *m;
    if (!reduce_inline_run(&x->flat, &x->g, &ignored))
        return false;
    x->m.graph = &x->g;
    x->m.n_functions = 0;
    return declare_all(x);
}

/* ---- inputs ---- */

/* 1 in each element. */
static void set_ones(Onnx__TensorProto *t)
{
    const dtype type = (dtype)t->data_type;
    size_t width = dtype_size(type);
    uint8_t bits[8];
    reduce_one(bits, t->data_type);
    for (unsigned k = dtype_bits(type); k > 0 && k < 8; k *= 2) /* as many elements as a byte has */
        bits[0] = (uint8_t)(bits[0] | bits[0] << k);
    for (size_t i = 0; width > 0 && i + width <= t->raw_data.len; i += width)
        memcpy(t->raw_data.data + i, bits, width);
}

static const Onnx__TensorProto *invent(evaluation *x, const Onnx__TypeProto *type, bool *exact)
{
    Onnx__TensorProto *t = reduce_invent(type, exact, x->memory);
    if (t != NULL && x->ones)
        set_ones(t);
    return t;
}

static bool supply_inputs(evaluation *x, const reduce_case *c, const Onnx__ModelProto *m)
{
    reduce_names constants = {.names = NULL};
    size_t next = 0;
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        reduce_names_add(&constants, m->graph->initializer[i]->name);
    reduce_names_sort(&constants);
    bool good = !constants.failed;
    for (size_t i = 0; good && i < m->graph->n_input; i++) {
        const Onnx__ValueInfoProto *v = m->graph->input[i];
        if (v->name == NULL || reduce_names_has(&constants, v->name))
            continue;
        const reduce_bytes *given = next < c->n_inputs && c->inputs[next].bytes != NULL ? &c->inputs[next] : NULL;
        next++;
        const Onnx__TensorProto *value =
            given != NULL ? reduce_parse_tensor(given->bytes, given->n, x->memory) : invent(x, v->type, &x->exact);
        x->out->given = x->out->given && given != NULL;
        good = add_supply(x, v->name, value, given == NULL, false);
    }
    for (size_t i = 0; good && x->more != NULL && i < x->more->n_facts; i++)
        if (x->more->facts[i].given && x->more->facts[i].value != NULL)
            good = add_supply(x, x->more->facts[i].name, x->more->facts[i].value, false, false);
    reduce_names_free(&constants);
    return good;
}

/* ---- one evaluation ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const reduce_result *)a)->name, ((const reduce_result *)b)->name);
}

static bool list_results(evaluation *x)
{
    reduce_results *r = x->out;
    size_t n = 0;
    for (size_t i = 0; i < x->g.n_node; i++)
        n += x->g.node[i]->n_output;
    r->all = arena_calloc(x->memory, n + 1, sizeof *r->all);
    if (r->all == NULL)
        return false;
    for (size_t i = 0; i < x->g.n_node; i++)
        for (size_t k = 0; k < x->g.node[i]->n_output; k++)
            if (x->g.node[i]->output[k] != NULL && x->g.node[i]->output[k][0] != '\0')
                r->all[r->n++] = (reduce_result){.name = x->g.node[i]->output[k]};
    if (r->n > 0)
        qsort(r->all, r->n, sizeof *r->all, by_name);
    return true;
}

static bool same_type(const Onnx__TensorProto *a, const Onnx__TensorProto *b, bool dims)
{
    bool same = a->data_type == b->data_type && a->n_dims == b->n_dims;
    for (size_t i = 0; same && dims && i < a->n_dims; i++)
        same = a->dims[i] == b->dims[i];
    return same;
}

/* A second evaluation tells which dimensions depend on invented values. */
static void merge(reduce_result *to, const Onnx__TensorProto *value, bool again)
{
    if (!again) {
        to->value = value;
        to->dims = value != NULL;
    } else if (value == NULL) {
        to->dims = false;
    } else if (to->value == NULL) {
        to->value = value;
        to->dims = false;
    } else {
        to->dims = to->dims && same_type(to->value, value, true);
        to->value = same_type(to->value, value, false) ? to->value : NULL;
    }
}

/* false: out of memory. */
static bool run(evaluation *x, const uint8_t *bytes, size_t n, bool again)
{
    nn_eval *e = NULL;
    nn_error ignored = {0};
    const nn_eval_config c = {
        .all = 1, .partial = 1, .max_work = x->limits->max_work, .max_bytes = (uint64_t)1 << 30, .like = x->limits->table};
    nn_status s = nn_eval_open(&e, bytes, n, &c, &ignored);
    x->out->ran = s == NN_OK;
    if (s != NN_OK)
        return s != NN_ERR_NOMEM;
    for (size_t i = 0; s != NN_ERR_NOMEM && i < x->n; i++)
        if (x->all[i].value != NULL)
            s = reduce_set_input(e, x->all[i].name, x->all[i].value, &ignored);
    if (s != NN_ERR_NOMEM)
        s = nn_eval_run(e, &ignored);
    for (size_t i = 0; s != NN_ERR_NOMEM && i < x->out->n; i++) {
        const void *from;
        size_t size;
        nn_status found = nn_eval_value(e, x->out->all[i].name, &from, &size, &ignored);
        const Onnx__TensorProto *t = found == NN_OK ? reduce_parse_tensor(from, size, x->memory) : NULL;
        if (found == NN_ERR_NOMEM || (found == NN_OK && t == NULL))
            s = NN_ERR_NOMEM;
        else
            merge(&x->out->all[i], t, again);
    }
    nn_eval_close(e);
    return s != NN_ERR_NOMEM;
}

/* ---- bodies ---- */

/* The value of any tensor as it is known now. */
static const Onnx__TensorProto *value_of(const evaluation *x, const char *name)
{
    const reduce_result *r = reduce_find_result(x->out, name);
    if (r != NULL)
        return r->value;
    for (size_t i = 0; i < x->n; i++)
        if (strcmp(x->all[i].name, name) == 0)
            return x->all[i].value;
    for (size_t i = 0; i < x->g.n_initializer; i++)
        if (x->g.initializer[i]->name != NULL && strcmp(x->g.initializer[i]->name, name) == 0)
            return x->g.initializer[i];
    return NULL;
}

static const Onnx__TypeProto *stated(const evaluation *x, const char *name)
{
    for (size_t i = 0; i < x->flat.stated.n; i++)
        if (strcmp(x->flat.stated.all[i]->name, name) == 0)
            return x->flat.stated.all[i]->type;
    const Onnx__GraphProto *g = &x->g;
    for (size_t i = 0; i < g->n_value_info; i++)
        if (g->value_info[i]->name != NULL && strcmp(g->value_info[i]->name, name) == 0)
            return g->value_info[i]->type;
    for (size_t i = 0; i < g->n_output; i++)
        if (g->output[i]->name != NULL && strcmp(g->output[i]->name, name) == 0)
            return g->output[i]->type;
    return NULL;
}

static const Onnx__TensorProto *like_value(evaluation *x, const Onnx__TensorProto *of)
{
    bool exact = true;
    return invent(x, reduce_type_of(of, true, x->memory), &exact);
}

static const Onnx__TensorProto *of_join(evaluation *x, const reduce_join *j)
{
    bool exact = true;
    const Onnx__TensorProto *one = value_of(x, j->inside[0]), *other = j->inside[1] != NULL ? value_of(x, j->inside[1]) : one;
    if (one != NULL && other != NULL && same_type(one, other, true))
        return like_value(x, one);
    const Onnx__TensorProto *t = invent(x, stated(x, j->output), &exact);
    return exact ? t : NULL;
}

static const Onnx__TensorProto *of_loose(evaluation *x, const reduce_loose *l)
{
    const Onnx__TensorProto *actual = l->actual != NULL ? value_of(x, l->actual) : NULL;
    bool exact = true;
    const Onnx__TensorProto *t = actual != NULL ? like_value(x, actual) : invent(x, l->type, &exact);
    return exact ? t : NULL;
}

/* Invents what bodies take and leave, once more is known of it. *more: something was. */
static void supply_bodies(evaluation *x, bool *more)
{
    size_t at = 0;
    *more = false;
    for (size_t i = 0; i < x->n; i++) {
        supply *s = &x->all[i];
        if (s->value != NULL || !s->late)
            continue;
        for (at = 0; s->value == NULL && at < x->flat.loose.n; at++)
            if (strcmp(x->flat.loose.all[at].name, s->name) == 0)
                s->value = of_loose(x, &x->flat.loose.all[at]);
        for (at = 0; s->value == NULL && at < x->flat.joins.n; at++)
            if (strcmp(x->flat.joins.all[at].output, s->name) == 0)
                s->value = of_join(x, &x->flat.joins.all[at]);
        *more = *more || s->value != NULL;
    }
}

static bool run_passes(evaluation *x, const uint8_t *bytes, size_t n, bool again)
{
    bool more = true;
    for (int i = 0; i < PASSES && more; i++) {
        if (!run(x, bytes, n, again))
            return false;
        more = false;
        if (!again && x->out->ran)
            supply_bodies(x, &more);
    }
    return true;
}

/* ---- what follows from what ---- */

static bool depends(const Onnx__NodeProto *n, const reduce_names *unsure)
{
    for (size_t k = 0; k < n->n_input; k++)
        if (reduce_names_has(unsure, n->input[k]))
            return true;
    return false;
}

/* Marks what does not depend on anything invented. */
static bool find_sure(evaluation *x)
{
    reduce_names unsure = {.names = NULL};
    for (size_t i = 0; i < x->n; i++)
        if (x->all[i].invented)
            reduce_names_add(&unsure, x->all[i].name);
    reduce_names_sort(&unsure);
    for (size_t before = SIZE_MAX; before != unsure.n && !unsure.failed;) {
        before = unsure.n;
        for (size_t i = 0; i < x->g.n_node; i++) {
            const Onnx__NodeProto *n = x->g.node[i];
            size_t known = unsure.n;
            if (!depends(n, &unsure))
                continue;
            for (size_t k = 0; k < n->n_output; k++)
                if (!reduce_names_has(&unsure, n->output[k]))
                    reduce_names_add(&unsure, n->output[k]);
            if (unsure.n != known)
                reduce_names_sort(&unsure);
        }
    }
    x->out->whole = true;
    for (size_t i = 0; i < x->out->n; i++) {
        reduce_result *r = &x->out->all[i];
        r->sure = r->value != NULL && !reduce_names_has(&unsure, r->name);
        r->dims = r->sure || (r->dims && x->exact);
        x->out->whole = x->out->whole && r->value != NULL;
    }
    bool good = !unsure.failed;
    reduce_names_free(&unsure);
    return good;
}

/* Adds what replaced nodes made, and formals, as results too. */
static bool add_outer(evaluation *x)
{
    reduce_results *r = x->out;
    size_t n = r->n;
    reduce_result *all = arena_alloc(x->memory, (n + x->flat.joins.n + x->flat.loose.n + 1) * sizeof *all);
    if (all == NULL)
        return false;
    if (n > 0)
        memcpy(all, r->all, n * sizeof *all);
    for (size_t i = 0; i < x->flat.joins.n; i++) {
        const reduce_join *j = &x->flat.joins.all[i];
        const reduce_result *inside = reduce_find_result(r, j->inside[0]);
        if (j->exact && inside != NULL) {
            all[n] = *inside;
            all[n++].name = j->output;
        } else if (!j->exact) {
            all[n++] = (reduce_result){.name = j->output, .value = value_of(x, j->output), .dims = !j->repeated};
        }
    }
    for (size_t i = 0; i < x->flat.loose.n; i++)
        all[n++] =
            (reduce_result){.name = x->flat.loose.all[i].name, .value = value_of(x, x->flat.loose.all[i].name), .dims = true};
    r->all = all;
    r->n = n;
    if (n > 0)
        qsort(all, n, sizeof *all, by_name);
    return true;
}

static bool evaluate(evaluation *x, const reduce_case *c, const Onnx__ModelProto *m, reduce_effort effort)
{
    size_t n;
    bool any = false;
    if (!supply_inputs(x, c, m) || !flatten(x, m) || !list_results(x))
        return false;
    reduce_case none = {.model = {NULL, 0}};
    none.model.n = onnx__model_proto__get_packed_size(&x->m);
    none.model.bytes = arena_alloc(x->memory, none.model.n + 1);
    if (none.model.bytes == NULL)
        return false;
    onnx__model_proto__pack(&x->m, none.model.bytes);
    const uint8_t *bytes = reduce_whole(&none, &x->m, &n, x->memory);
    for (size_t i = 0; i < x->n; i++)
        any = any || x->all[i].invented;
    if (bytes == NULL || !run_passes(x, bytes, n, false))
        return false;
    x->ones = true;
    for (size_t i = 0; any && effort == VALUES_TWICE && i < x->n; i++)
        if (x->all[i].invented && x->all[i].value != NULL)
            x->all[i].value = like_value(x, x->all[i].value);
    if (any && effort == VALUES_TWICE && x->out->ran && !run_passes(x, bytes, n, true))
        return false;
    return find_sure(x) && add_outer(x);
}

nn_status reduce_evaluate(reduce_results *out, const reduce_case *c, const Onnx__ModelProto *m, const reduce_base *more,
                          const reduce_limits *limits, reduce_effort effort, arena *a, nn_error *err)
{
    evaluation x = {.out = out, .more = more, .limits = limits, .memory = a, .exact = true};
    *out = (reduce_results){.given = true};
    bool good = evaluate(&x, c, m, effort);
    if (good) {
        out->flat = arena_alloc(a, sizeof *out->flat);
        Onnx__GraphProto *g = arena_alloc(a, sizeof *g);
        good = out->flat != NULL && g != NULL;
        if (good) {
            *g = x.g;
            *out->flat = x.m;
            out->flat->graph = g;
        }
    } else if (x.flat.large) { /* too many nodes: nothing is known */
        *out = (reduce_results){.given = true};
        good = true;
    }
    out->whole = out->whole && out->ran;
    reduce_inline_close(&x.flat);
    nn_free(x.all);
    return good ? NN_OK : nn_nomem(err);
}
