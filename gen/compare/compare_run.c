#include "compare/compare_run.h"
#include "compare/compare_options.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER = 40 };

/* The shortest usual form: 9 or 17 significant digits, fewer for ratios. */
static void real_text(char out[NUMBER], double x, int digits)
{
    if (x != x) {
        (void)snprintf(out, NUMBER, "nan");
    } else if (x - x != 0) {
        (void)snprintf(out, NUMBER, x > 0 ? "inf" : "-inf");
    } else {
        (void)snprintf(out, NUMBER, "%.*g", digits, x);
        (void)line_point(out);
    }
}

static void element_text(char out[NUMBER], dtype t, double real, int64_t whole)
{
    if (dtype_is_float(t))
        real_text(out, real, t == DT_DOUBLE ? 17 : t == DT_FLOAT32 ? 9 : 5);
    else if (t == DT_BOOL)
        (void)snprintf(out, NUMBER, "%s", whole != 0 ? "true" : "false");
    else if (t == DT_UINT64)
        (void)snprintf(out, NUMBER, "%llu", (unsigned long long)whole);
    else
        (void)snprintf(out, NUMBER, "%lld", (long long)whole);
}

typedef struct {
    char expected[NUMBER], actual[NUMBER], bound[NUMBER], ratio[NUMBER];
} texts;

static texts texts_of(const outside_element *e)
{
    texts t;
    element_text(t.expected, e->type, e->expected, e->expected_int);
    element_text(t.actual, e->type, e->actual, e->actual_int);
    real_text(t.bound, e->bound, 6);
    real_text(t.ratio, e->ratio, 4);
    return t;
}

static void put_index(json_line *out, const outside_element *e)
{
    line_raw(out, "[");
    for (int k = 0; k < e->rank; k++) {
        line_next(out);
        line_int(out, e->index[k]);
    }
    line_raw(out, "]");
}

/* ---- text ---- */

static void put_element(json_line *out, const outside_element *e)
{
    char text[200], name[200];
    texts t = texts_of(e);
    (void)snprintf(name, sizeof name, "%s", e->output);
    nn_one_line(name);
    if (e->set >= 0) {
        (void)snprintf(text, sizeof text, "set %lld: ", (long long)e->set);
        line_raw(out, text);
    }
    line_raw(out, name);
    put_index(out, e);
    (void)snprintf(text, sizeof text, ": expected %s, bound %s, actual %s, ratio %s\n", t.expected, t.bound, t.actual, t.ratio);
    line_raw(out, text);
}

static void put_text(json_line *out, const outside_list *l)
{
    char text[300], worst[NUMBER];
    for (size_t i = 0; i < l->n; i++)
        put_element(out, &l->all[i]);
    if (l->n > 0 && l->outside > l->n) {
        (void)snprintf(text, sizeof text, "and %llu more\n", (unsigned long long)(l->outside - l->n));
        line_raw(out, text);
    }
    (void)snprintf(text, sizeof text, "%llu output%s, %llu elements, %llu outside %s bounds", (unsigned long long)l->outputs,
                   l->outputs == 1 ? "" : "s", (unsigned long long)l->elements, (unsigned long long)l->outside,
                   l->outside == 1 ? "its" : "their");
    line_raw(out, text);
    if (l->outside > 0) {
        real_text(worst, l->worst, 4);
        (void)snprintf(text, sizeof text, " in %llu output%s (worst ratio %s)", (unsigned long long)l->outputs_with,
                       l->outputs_with == 1 ? "" : "s", worst);
        line_raw(out, text);
    }
    if (l->unbounded > 0) {
        (void)snprintf(text, sizeof text, ", %llu without a bound", (unsigned long long)l->unbounded);
        line_raw(out, text);
    }
    line_raw(out, "\n");
}

/* ---- JSON ---- */

/* JSON has no infinities and no NaN, and readers may round integers beyond 2^53: these are strings. */
static void put_number(json_line *out, const char *key, const char *text, bool plain)
{
    line_key(out, key);
    if (plain)
        line_raw(out, text);
    else
        line_string(out, text);
}

static bool is_finite(double x)
{
    return x - x == 0;
}

static void put_element_json(json_line *out, const outside_element *e)
{
    texts t = texts_of(e);
    line_next(out);
    line_raw(out, "{");
    line_key(out, "set");
    e->set >= 0 ? line_int(out, e->set) : line_raw(out, "null");
    line_key(out, "output");
    line_string(out, e->output);
    line_key(out, "number");
    line_int(out, (int64_t)e->number);
    line_key(out, "index");
    put_index(out, e);
    bool small = __builtin_fabs(e->expected) <= 0x1p53 && __builtin_fabs(e->actual) <= 0x1p53, real = dtype_is_float(e->type);
    put_number(out, "expected", t.expected, is_finite(e->expected) && (real || small));
    put_number(out, "bound", t.bound, is_finite(e->bound));
    put_number(out, "actual", t.actual, is_finite(e->actual) && (real || small));
    put_number(out, "ratio", t.ratio, is_finite(e->ratio));
    line_raw(out, "}");
}

static void put_json(json_line *out, const outside_list *l)
{
    char worst[NUMBER];
    line_raw(out, "{");
    line_key(out, "outputs");
    line_int(out, (int64_t)l->outputs);
    line_key(out, "elements");
    line_int(out, (int64_t)l->elements);
    line_key(out, "outside");
    line_int(out, (int64_t)l->outside);
    line_key(out, "outputs_outside");
    line_int(out, (int64_t)l->outputs_with);
    line_key(out, "without_bound");
    line_int(out, (int64_t)l->unbounded);
    real_text(worst, l->worst, 4);
    put_number(out, "worst_ratio", worst, is_finite(l->worst));
    line_key(out, "worst");
    line_raw(out, "[");
    for (size_t i = 0; i < l->n; i++)
        put_element_json(out, &l->all[i]);
    line_raw(out, "]}\n");
}

nn_status compare_run(int argc, char *const *argv, json_line *out, uint64_t *outside, nn_error *err)
{
    compare_options o;
    comparison c;
    *outside = 0;
    nn_status s = compare_options_parse(&o, argc, argv, err);
    if (s != NN_OK)
        return s;
    if (o.help) {
        compare_options_help(out);
        return out->failed ? nn_nomem(err) : NN_OK;
    }
    s = comparison_run(&c, o.expected, o.actual, &o.request, err);
    if (s == NN_OK) {
        (o.json ? put_json : put_text)(out, &c.list);
        *outside = c.list.outside;
    }
    comparison_free(&c);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
