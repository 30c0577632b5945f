#include "sequences/coverage.h"

#include <string.h>

nn_status coverage_open(coverage *c, nn_error *err)
{
    *c = (coverage){.against = false};
    nn_status s = seq_trie_init(&c->sequences, COVERAGE_LENGTH, 0, err);
    if (s == NN_OK && (s = seq_trie_init(&c->attributes, 3, 0, err)) != NN_OK)
        seq_trie_free(&c->sequences);
    return s;
}

void coverage_close(coverage *c)
{
    seq_trie_free(&c->sequences);
    seq_trie_free(&c->attributes);
}

nn_status coverage_add(coverage *c, const onnx_view *v, unsigned class, nn_error *err)
{
    nn_status s = seq_count_model(&c->sequences, v, class, SEQ_ADD, err);
    c->models[class]++;
    c->against = c->against || class == 1;
    uint32_t stamp = ++c->attributes.stamp;
    for (size_t i = 0; i < v->n_nodes && s == NN_OK; i++)
        for (size_t k = 0; k < v->nodes[i].n_attributes && s == NN_OK; k++) {
            const onnx_view_attribute *a = &v->attributes[v->nodes[i].first_attribute + k];
            uint32_t words[3] = {seq_op(&c->attributes, v->nodes[i].op, true), seq_op(&c->attributes, a->name, true),
                                 seq_op(&c->attributes, a->value_class, true)};
            uint32_t q = seq_find(&c->attributes, words, 3, true);
            if (q == SEQ_NONE)
                return nn_nomem(err);
            seq_node *n = &c->attributes.nodes[q];
            n->models[class] += n->stamp != stamp;
            n->stamp = stamp;
        }
    return s;
}

/* ---- report ---- */

typedef struct {
    const char *key, *title;
    bool attributes;
    unsigned length;
} level;

static const level levels[] = {{"operators", "operators", false, 1},
                               {"attributes", "classes of attribute values", true, 3},
                               {"sequences", "sequences of 2 operators", false, 2},
                               {"sequences", "sequences of 3 operators", false, 3},
                               {"sequences", "sequences of 4 operators", false, 4}};
enum { LEVELS = sizeof levels / sizeof levels[0] };

typedef struct {
    size_t models, suite, both;
    seq_list list; /* items that only the models have; without a suite, all items of the models */
} level_count;

static nn_status count(const coverage *c, const level *l, level_count *n, nn_error *err)
{
    const seq_trie *t = l->attributes ? &c->attributes : &c->sequences;
    *n = (level_count){.models = 0};
    for (uint32_t s = 1; s < t->n; s++) {
        const seq_node *q = &t->nodes[s];
        bool mine = q->models[0] > 0, theirs = q->models[1] > 0;
        if (q->length != l->length || q->length > t->max_length)
            continue;
        n->models += mine;
        n->suite += theirs;
        n->both += mine && theirs;
        if (mine && !theirs && !seq_list_add(&n->list, s))
            return nn_nomem(err);
    }
    return seq_sort(t, n->list.all, n->list.n, err);
}

static nn_status words(json_line *out, const coverage *c, const level *l, uint32_t s, seq_format as, nn_error *err)
{
    const seq_trie *t = l->attributes ? &c->attributes : &c->sequences;
    if (!l->attributes && as != SEQ_CSV)
        return report_sequence(out, t, s, as == SEQ_JSON, err);
    uint32_t ops[SEQ_LENGTH_MAX];
    size_t n = seq_ops(t, s, ops);
    if (as == SEQ_JSON)
        return report_sequence(out, t, s, true, err);
    if (l->attributes && as == SEQ_TEXT) {
        report_text(out, t->ops[ops[0]]);
        line_raw(out, " ");
        report_text(out, t->ops[ops[1]]);
        line_raw(out, ": ");
        report_text(out, t->ops[ops[2]]);
        return NN_OK;
    }
    if (l->attributes) {
        for (size_t i = 0; i < n; i++) {
            line_raw(out, i > 0 ? "," : "");
            report_csv_text(out, t->ops[ops[i]]);
        }
        return NN_OK;
    }
    line_raw(out, n > 1 ? "\"" : "");
    nn_status status = report_sequence(out, t, s, false, err);
    line_raw(out, n > 1 ? "\"" : "");
    return status;
}

static nn_status list(json_line *out, const coverage *c, const level *l, const level_count *n, seq_format as, nn_error *err)
{
    const seq_trie *t = l->attributes ? &c->attributes : &c->sequences;
    nn_status s = NN_OK;
    for (size_t i = 0; i < n->list.n && s == NN_OK; i++) {
        uint32_t models = t->nodes[n->list.all[i]].models[0];
        if (as == SEQ_JSON)
            line_raw(out, i > 0 ? "," : "");
        if (as == SEQ_TEXT)
            report_line(out, "%8u  ", models);
        s = words(out, c, l, n->list.all[i], as, err);
        if (as == SEQ_CSV)
            report_line(out, ",%u", models);
        line_raw(out, as == SEQ_JSON ? "" : "\n");
    }
    return s;
}

/* Ends the list of a level in JSON with the numbers of models that have each item. */
static void holders(json_line *out, const coverage *c, const level *l, const level_count *n)
{
    const seq_trie *t = l->attributes ? &c->attributes : &c->sequences;
    line_raw(out, "],\"holders\":[");
    for (size_t i = 0; i < n->list.n; i++)
        report_line(out, "%s%u", i > 0 ? "," : "", t->nodes[n->list.all[i]].models[0]);
    line_raw(out, "]}");
}

static void summary(json_line *out, const coverage *c, const level_count *n)
{
    size_t ops = n[0].models;
    report_line(out, c->models[0] == 1 ? "%zu model" : "%zu models", c->models[0]);
    if (c->against)
        report_line(out, ", %zu of the suite\n%-30s%12s%12s%12s%12s\n", c->models[1], "", "models", "suite", "both", "lacking");
    else
        line_raw(out, "\n");
    for (size_t k = 0; k < LEVELS; k++) {
        report_line(out, "%-30s%12zu", levels[k].title, n[k].models);
        if (c->against)
            report_line(out, "%12zu%12zu%12zu", n[k].suite, n[k].both, n[k].list.n);
        else if (k >= 2 && ops > 0) {
            double possible = 1;
            for (unsigned i = 0; i < levels[k].length; i++)
                possible *= (double)ops;
            int permille = (int)(1000 * (double)n[k].models / possible);
            report_line(out, "  %d.%d %% of %.0f possible", permille / 10, permille % 10, possible);
        }
        line_raw(out, "\n");
    }
}

static nn_status report_level(json_line *out, const coverage *c, const level *l, const level_count *n, seq_format as, bool first,
                              nn_error *err)
{
    if (as == SEQ_TEXT)
        report_line(out, c->against ? "\n%s that the suite lacks, with the number of models that have them:\n" : "\n%s:\n",
                    l->title);
    if (as == SEQ_JSON)
        report_line(out, "%s{\"level\":\"%s\",\"length\":%u,\"models\":%zu,\"suite\":%zu,\"both\":%zu,\"list\":[", first ? "" : ",",
                    l->key, l->attributes ? 1 : l->length, n->models, n->suite, n->both);
    nn_status s = list(out, c, l, n, as, err);
    if (as == SEQ_JSON)
        holders(out, c, l, n);
    return s;
}

static nn_status report(json_line *out, const coverage *c, level_count *n, seq_format as, const char *show, nn_error *err)
{
    nn_status s = NN_OK;
    if (as == SEQ_CSV && show == NULL)
        show = "sequences";
    if (as == SEQ_JSON)
        report_line(out, "{\"models\":%zu,\"suite\":%zu,\"against\":%s,\"levels\":[", c->models[0], c->models[1],
                    c->against ? "true" : "false");
    if (as == SEQ_CSV)
        line_raw(out, strcmp(show, "attributes") == 0  ? "operator,attribute,class,models\n"
                      : strcmp(show, "operators") == 0 ? "operator,models\n"
                                                       : "sequence,models\n");
    if (as == SEQ_TEXT && show == NULL)
        summary(out, c, n);
    bool first = true;
    for (size_t k = 0; k < LEVELS && s == NN_OK; k++) {
        if (show != NULL && strcmp(show, levels[k].key) != 0)
            continue;
        if (as == SEQ_TEXT && (n[k].list.n == 0 || (show == NULL && !c->against)))
            continue; /* without a suite the lists are long, so they are printed on request only */
        s = report_level(out, c, &levels[k], &n[k], as, first, err);
        first = false;
    }
    line_raw(out, as == SEQ_JSON ? "]}\n" : "");
    return s;
}

nn_status coverage_report(json_line *out, const coverage *c, seq_format as, const char *show, nn_error *err)
{
    level_count n[LEVELS] = {{0}};
    nn_status s = NN_OK;
    for (size_t k = 0; k < LEVELS && s == NN_OK; k++)
        s = count(c, &levels[k], &n[k], err);
    if (s == NN_OK)
        s = report(out, c, n, as, show, err);
    for (size_t k = 0; k < LEVELS; k++)
        nn_free(n[k].list.all);
    return s;
}

/* ---- the command ---- */

static nn_status run(const seq_options *o, json_line *out, const seq_watch *watch, size_t *problems, nn_error *err)
{
    coverage c;
    model_list models = {.n = 0};
    nn_status s = coverage_open(&c, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < o->n && s == NN_OK; i++)
        s = model_list_add(&models, o->all[i].path, o->all[i].class == SEQ_SUITE, watch->tell, watch->data, problems, err);
    c.against = o->classes;
    for (size_t i = 0; i < models.n && s == NN_OK; i++)
        s = coverage_add(&c, &models.all[i].view, models.all[i].class, err);
    if (s == NN_OK)
        s = coverage_report(out, &c, o->as, o->show, err);
    model_list_free(&models);
    coverage_close(&c);
    return s;
}

nn_status coverage_run(int argc, char *const *argv, json_line *out, const seq_watch *watch, size_t *problems, nn_error *err)
{
    seq_options o;
    nn_status s = seq_options_parse(&o, SEQ_COMMAND_COVERAGE, argc, argv, err);
    *problems = 0;
    if (s != NN_OK)
        return s;
    if (o.help)
        seq_options_help(out, SEQ_COMMAND_COVERAGE);
    else
        s = run(&o, out, watch, problems, err);
    seq_options_free(&o);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
