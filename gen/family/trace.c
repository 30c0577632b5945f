/* Traces of building: one model in full, or the tries of a family by operator and outcome. */
#include "base/json_line.h"
#include "family/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- output ---- */

#define PIECE 4096 /* bytes after which text is passed to the caller */

typedef struct {
    json_line text;
    nn_write_fn *write;
    void *data;
} outlet;

static void hand_on(outlet *o, size_t from)
{
    if (o->text.size < from || o->text.size == 0)
        return;
    o->write(o->data, o->text.bytes, o->text.size);
    o->text.size = 0;
}

/* Passes on the rest of the text. NN_ERR_NOMEM: some of it was lost. */
static nn_status close_outlet(outlet *o, nn_status st, nn_error *err)
{
    bool failed = o->text.failed;
    if (!failed)
        hand_on(o, 0);
    nn_free(o->text.bytes);
    return st == NN_OK && failed ? nn_nomem(err) : st;
}

/* ---- one model ---- */

#define COLUMNS 120

typedef struct {
    outlet out;
    int depth;     /* number of open spans */
    size_t column; /* of the current line of draws; 0: there is none */
    uint64_t graphs;
    bool trying; /* "try A, B, " is written, and the last operator is still to come */
} teller;

static void indent(teller *t, int more)
{
    for (int i = 0; i < t->depth + more; i++)
        line_raw(&t->out.text, "  ");
}

static void end_draws(teller *t)
{
    if (t->column > 0)
        line_raw(&t->out.text, "\n");
    t->column = 0;
    hand_on(&t->out, PIECE);
}

static void on_draw(void *data, const char *label, uint64_t bound, uint64_t value)
{
    teller *t = data;
    char text[128];
    int n = bound ? snprintf(text, sizeof text, "%.60s %llu/%llu", label, (unsigned long long)value, (unsigned long long)bound)
                  : snprintf(text, sizeof text, "%.60s %llu/2^64", label, (unsigned long long)value);
    if (t->column > 0 && t->column + (size_t)n + 2 > COLUMNS)
        end_draws(t);
    if (t->column == 0) {
        indent(t, 0);
        line_raw(&t->out.text, "draws: ");
        t->column = 2 * (size_t)t->depth + strlen("draws: ");
    } else {
        line_raw(&t->out.text, ", ");
        t->column += 2;
    }
    line_raw(&t->out.text, text);
    t->column += (size_t)n;
}

static void on_before(void *data, const op_model *op)
{
    teller *t = data;
    end_draws(t);
    if (!t->trying) {
        indent(t, 0);
        line_raw(&t->out.text, "try ");
    }
    line_raw(&t->out.text, op->name);
    line_raw(&t->out.text, ", ");
    t->trying = true;
}

static void on_begin(void *data, const char *label)
{
    teller *t = data;
    end_draws(t);
    if (!t->trying)
        indent(t, 0);
    if (t->depth == 0) {
        line_raw(&t->out.text, "graph ");
        line_int(&t->out.text, (int64_t)++t->graphs);
    } else {
        line_raw(&t->out.text, t->trying ? "" : "try ");
        line_raw(&t->out.text, label);
    }
    line_raw(&t->out.text, "\n");
    t->trying = false;
    t->depth++;
}

static void on_end(void *data, bool kept)
{
    teller *t = data;
    (void)kept; /* the builder reports the result */
    end_draws(t);
    t->depth--;
}

static void on_no_tensor(void *data, const op_model *op, const char *input)
{
    teller *t = data;
    end_draws(t);
    indent(t, 0);
    line_raw(&t->out.text, "no tensor suits: ");
    line_raw(&t->out.text, op->name);
    line_raw(&t->out.text, ", input ");
    line_raw(&t->out.text, input);
    line_raw(&t->out.text, "\n");
}

static void on_failed(void *data, const lower_why *why)
{
    teller *t = data;
    char text[400];
    (void)lower_why_text(why, text, sizeof text);
    indent(t, 1);
    line_raw(&t->out.text, "failed: ");
    line_raw(&t->out.text, text);
    line_raw(&t->out.text, "\n");
    hand_on(&t->out, PIECE);
}

static void put_tensor(teller *t, const graph_tensor *x, bool first)
{
    json_line *j = &t->out.text;
    line_raw(j, first ? " " : ", ");
    line_raw(j, x->kind == TENSOR_INIT ? "initializer " : x->kind == TENSOR_INPUT ? "graph input " : "");
    line_raw(j, dtype_name(x->desc.type));
    line_raw(j, "[");
    for (int i = 0; i < x->desc.rank; i++) {
        line_raw(j, i > 0 ? "," : "");
        line_int(j, x->desc.dims[i]);
    }
    line_raw(j, "]");
}

static void put_tensors(teller *t, const graph_tensor *tensors, const int32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= 0)
            put_tensor(t, &tensors[ids[i]], i == 0);
        else
            line_raw(&t->out.text, i == 0 ? " none" : ", none");
    }
}

static void on_kept(void *data, const graph_tensor *tensors, const graph_node *nodes, size_t n_nodes, size_t n)
{
    teller *t = data;
    json_line *j = &t->out.text;
    for (size_t i = n_nodes - n; i < n_nodes; i++) {
        indent(t, 1);
        line_raw(j, "kept: node ");
        line_int(j, (int64_t)i);
        line_raw(j, " ");
        line_raw(j, nodes[i].op_type);
        line_raw(j, ":");
        put_tensors(t, tensors, nodes[i].inputs, nodes[i].n_inputs);
        line_raw(j, " ->");
        put_tensors(t, tensors, nodes[i].outputs, nodes[i].n_outputs);
        line_raw(j, "\n");
    }
    hand_on(&t->out, PIECE);
}

static void on_given_up(void *data, const char *complaint)
{
    teller *t = data;
    indent(t, 1);
    line_raw(&t->out.text, "given up: ");
    line_raw(&t->out.text, complaint);
    line_raw(&t->out.text, "\n");
}

static void put_count(json_line *j, const char *before, uint64_t n, const char *after)
{
    line_raw(j, before);
    line_int(j, (int64_t)n);
    line_raw(j, after);
}

static void put_head(json_line *j, const nn_family *f, uint64_t index)
{
    char name[MODEL_NAME_SIZE];
    model_name(name, index, 1);
    line_raw(j, name);
    put_count(j, ": ", (uint64_t)f->options.nodes, f->options.nodes == 1 ? " node" : " nodes");
    put_count(j, ", seed ", (uint64_t)f->options.seed, "");
    put_count(j, ", opset ", (uint64_t)f->options.opset, ", profile ");
    line_raw(j, f->options.profile);
    line_raw(j, "\n");
}

static void put_end(json_line *j, const nn_model *m, bool built)
{
    const build_report *r = &m->report;
    line_raw(j, built ? "built: " : "not built: ");
    put_count(j, "", r->attempts, r->attempts == 1 ? " graph begun" : " graphs begun");
    put_count(j, ", ", r->tries, r->tries == 1 ? " try" : " tries");
    put_count(j, ", ", r->kept, r->kept == 1 ? " node kept" : " nodes kept");
    put_count(j, ", ", r->tape_draws, " draws\n");
}

nn_status nn_model_trace(const nn_family *f, uint64_t index, nn_write_fn *write, void *data, nn_error *err)
{
    nn_model *m = NULL;
    if (write == NULL)
        return nn_no_result(err);
    nn_status st = f != NULL ? model_new(&m, f, err) : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no family was given");
    if (st != NN_OK)
        return st;
    teller t = {.out = {.write = write, .data = data}};
    const tape_listener listener = {on_draw, on_begin, on_end, &t};
    const build_trace trace = {on_before, on_no_tensor, on_failed, on_kept, on_given_up, &t};
    put_head(&t.out.text, f, index);
    tape_listen(m->tape, &listener);
    m->trace = &trace;
    st = nn_model_build(&m, f, index * (uint64_t)f->options.variants, err); /* the first copy */
    end_draws(&t);
    if (st == NN_OK || st == NN_ERR_BUILD)
        put_end(&t.out.text, m, st == NN_OK);
    nn_model_free(m);
    return close_outlet(&t.out, st, err);
}

/* ---- a family ---- */

typedef struct {
    try_table tried;
    uint64_t models, built, graphs;
} tally;

static bool add_tries(try_table *to, const try_table *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (!try_table_add(to, &from->rows[i]))
            return false;
    return true;
}

static nn_status count_models(tally *t, const nn_family *f, const volatile int *cancel, nn_error *err)
{
    nn_model *m = NULL;
    nn_status st = model_new(&m, f, err);
    for (uint64_t i = 0; st == NN_OK && i < (uint64_t)f->options.count; i++) {
        if (cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED)) {
            st = nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "%llu of %llu models were built", (unsigned long long)i,
                         (unsigned long long)f->options.count);
            break;
        }
        st = nn_model_build(&m, f, i * (uint64_t)f->options.variants, err);
        if (st != NN_OK && st != NN_ERR_BUILD)
            break;
        t->models++;
        t->built += st == NN_OK;
        t->graphs += m->report.attempts;
        st = add_tries(&t->tried, builder_tries(m->builder)) ? NN_OK : nn_nomem(err);
    }
    nn_model_free(m);
    return st;
}

static const op_model any = {.name = "(all)"};

/* The cost of a try: evaluation steps and propagations. It approximates time and is the same on every machine. */
static uint64_t work(const try_row *r)
{
    return r->steps + r->propagations;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* The most expensive rows first. The other keys make the order a function of the counts alone. */
static int compare_rows(const void *x, const void *y)
{
    const try_row *a = x, *b = y;
    if (work(a) != work(b))
        return work(a) < work(b) ? 1 : -1;
    if (a->tries != b->tries)
        return a->tries < b->tries ? 1 : -1;
    int c = strcmp(a->op->name, b->op->name);
    if (c == 0)
        c = a->why.reason - b->why.reason;
    if (c == 0)
        c = compare_text(a->why.text, b->why.text);
    if (c == 0)
        c = compare_text(a->why.op ? a->why.op->name : NULL, b->why.op ? b->why.op->name : NULL);
    if (c == 0)
        c = compare_text(a->why.place.file, b->why.place.file);
    if (c == 0)
        c = a->why.place.line - b->why.place.line;
    if (c == 0)
        c = a->why.place.column - b->why.place.column;
    if (c == 0)
        c = (int)a->why.section - (int)b->why.section;
    return c != 0 ? c : compare_text(a->why.name, b->why.name);
}

static void put_row(json_line *j, const try_row *r, uint64_t all, const char *outcome)
{
    char line[640];
    uint64_t share = all > 0 ? work(r) * 1000 / all : 0; /* in thousandths */
    int n = snprintf(line, sizeof line, "%9llu %11llu %11llu %4llu.%llu  %-22s %s\n", (unsigned long long)r->tries,
                     (unsigned long long)r->steps, (unsigned long long)r->propagations, (unsigned long long)(share / 10),
                     (unsigned long long)(share % 10), r->op->name, outcome);
    line_text(j, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void sort_rows(try_table *t)
{
    if (t->n > 0)
        qsort(t->rows, t->n, sizeof *t->rows, compare_rows);
}

static try_row sum_rows(const try_table *t, bool kept)
{
    try_row sum = {.op = &any};
    for (size_t i = 0; i < t->n; i++) {
        const try_row *r = &t->rows[i];
        if (kept != (r->why.reason == WHY_NONE))
            continue;
        sum.tries += r->tries;
        sum.kept += r->kept;
        sum.steps += r->steps;
        sum.propagations += r->propagations;
    }
    return sum;
}

/* Failures summed by reason. */
static void put_reasons(json_line *j, const try_table *t, uint64_t all)
{
    try_table by_reason = {0};
    for (size_t i = 0; i < t->n && !j->failed; i++) {
        try_row r = t->rows[i];
        r.op = &any;
        r.why = (lower_why){.reason = r.why.reason, .text = r.why.text};
        j->failed = r.why.reason != WHY_NONE && !try_table_add(&by_reason, &r);
    }
    sort_rows(&by_reason);
    for (size_t i = 0; i < by_reason.n; i++)
        put_row(j, &by_reason.rows[i], all, by_reason.rows[i].why.text);
    try_table_free(&by_reason);
}

static void put_text(json_line *j, const tally *t)
{
    try_row kept = sum_rows(&t->tried, true), failed = sum_rows(&t->tried, false);
    uint64_t all = work(&kept) + work(&failed);
    put_count(j, "", t->models, " models");
    put_count(j, ", ", t->built, " built; ");
    put_count(j, "", t->graphs, " graphs begun; ");
    put_count(j, "", kept.tries + failed.tries, " tries, ");
    put_count(j, "", kept.tries, " kept with ");
    put_count(j, "", kept.kept, " nodes\n\n");
    line_raw(j, "    tries       steps propagations  work %  operator               outcome\n");
    put_row(j, &kept, all, "kept");
    put_row(j, &failed, all, "failed");
    put_reasons(j, &t->tried, all);
    line_raw(j, "\n");
    for (size_t i = 0; i < t->tried.n; i++) {
        const try_row *r = &t->tried.rows[i];
        char outcome[400] = "kept";
        if (r->why.reason != WHY_NONE)
            (void)lower_why_text(&r->why, outcome, sizeof outcome);
        put_row(j, r, all, outcome);
    }
}

static void put_number(json_line *j, const char *key, uint64_t x)
{
    line_key(j, key);
    line_int(j, (int64_t)x);
}

static void put_string(json_line *j, const char *key, const char *s)
{
    line_key(j, key);
    line_string(j, s);
}

static void put_json_row(json_line *j, const try_row *r)
{
    line_next(j);
    line_raw(j, "\n{");
    put_string(j, "operator", r->op->name);
    put_string(j, "outcome", r->why.reason == WHY_NONE ? "kept" : r->why.text);
    if (r->why.op)
        put_string(j, "rule_of", r->why.op->name);
    if (r->why.section != AT_NOTHING)
        put_string(j, "section", lower_section_word(r->why.section));
    if (r->why.name)
        put_string(j, "name", r->why.name);
    if (r->why.place.file) {
        put_string(j, "file", r->why.place.file);
        put_number(j, "line", (uint64_t)r->why.place.line);
        put_number(j, "column", (uint64_t)r->why.place.column);
    }
    put_number(j, "tries", r->tries);
    put_number(j, "nodes", r->kept);
    put_number(j, "steps", r->steps);
    put_number(j, "propagations", r->propagations);
    line_raw(j, "}");
}

static void put_json(json_line *j, const tally *t)
{
    try_row kept = sum_rows(&t->tried, true), failed = sum_rows(&t->tried, false);
    line_raw(j, "{");
    put_number(j, "models", t->models);
    put_number(j, "built", t->built);
    put_number(j, "graphs", t->graphs);
    put_number(j, "tries", kept.tries + failed.tries);
    put_number(j, "kept", kept.tries);
    put_number(j, "nodes", kept.kept);
    line_key(j, "outcomes");
    line_raw(j, "[");
    for (size_t i = 0; i < t->tried.n; i++)
        put_json_row(j, &t->tried.rows[i]);
    line_raw(j, "\n]}\n");
}

nn_status nn_family_trace(const nn_family *f, const char *format, const volatile int *cancel, nn_write_fn *write, void *data,
                          nn_error *err)
{
    bool json = format != NULL && strcmp(format, "json") == 0;
    if (f == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no family was given");
    if (write == NULL)
        return nn_no_result(err);
    if (format != NULL && !json && strcmp(format, "text") != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "format %.60s: expected text or json", format);
    tally t = {0};
    outlet out = {.write = write, .data = data};
    nn_status st = count_models(&t, f, cancel, err);
    if (st == NN_OK) {
        sort_rows(&t.tried);
        if (json)
            put_json(&out.text, &t);
        else
            put_text(&out.text, &t);
    }
    try_table_free(&t.tried);
    return close_outlet(&out, st, err);
}
