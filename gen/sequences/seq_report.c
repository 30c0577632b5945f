#include "sequences/seq_report.h"
#include "sequences/seq_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nn_status report_sequence(json_line *out, const seq_trie *t, uint32_t sequence, bool json, nn_error *err)
{
    uint32_t *ops = nn_malloc((t->nodes[sequence].length + 1) * sizeof *ops);
    if (ops == NULL)
        return nn_nomem(err);
    size_t n = seq_ops(t, sequence, ops);
    line_raw(out, json ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        if (json) {
            line_next(out);
            line_string(out, t->ops[ops[i]]);
        } else {
            line_raw(out, i > 0 ? "," : "");
            line_raw(out, t->ops[ops[i]]);
        }
    }
    line_raw(out, json ? "]" : "");
    nn_free(ops);
    return NN_OK;
}

static nn_status csv_sequence(json_line *out, const seq_trie *t, uint32_t sequence, nn_error *err)
{
    line_raw(out, t->nodes[sequence].length > 1 ? "\"" : "");
    nn_status s = report_sequence(out, t, sequence, false, err);
    line_raw(out, t->nodes[sequence].length > 1 ? "\"" : "");
    return s;
}

static bool shows(const seq_analysis *a, const char *table)
{
    const char *show = a->o->show;
    if (show == NULL && a->o->as == SEQ_CSV)
        show = a->o->classes ? "sets" : "models";
    return show == NULL || strcmp(show, table) == 0;
}

/* ---- models ---- */

static const char *class_name(unsigned class)
{
    static const char *const names[] = {"failed", "correct", "suite", ""};
    return names[class];
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The operators of a model with their counts: {"Add":3} or Add:3;Mul:1. */
static nn_status inventory(json_line *out, const onnx_view *v, bool json, nn_error *err)
{
    const char **ops = nn_malloc((v->n_nodes + 1) * sizeof *ops);
    if (ops == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < v->n_nodes; i++)
        ops[i] = v->nodes[i].op;
    qsort(ops, v->n_nodes, sizeof *ops, by_text);
    line_raw(out, json ? "{" : "");
    for (size_t i = 0, n; i < v->n_nodes; i += n) {
        for (n = 1; i + n < v->n_nodes && strcmp(ops[i], ops[i + n]) == 0;)
            n++;
        report_line(out, json ? "%s\"%s\":%zu" : "%s%s:%zu", i == 0 ? "" : json ? "," : ";", ops[i], n);
    }
    line_raw(out, json ? "}" : "");
    nn_free(ops);
    return NN_OK;
}

static nn_status models(json_line *out, const seq_analysis *a, nn_error *err)
{
    size_t width = 5;
    for (size_t i = 0; i < a->models.n; i++)
        if (report_width(a->models.all[i].name) > width)
            width = report_width(a->models.all[i].name);
    width = width < 60 ? width : 60;
    if (a->o->as == SEQ_CSV)
        line_raw(out, "model,class,nodes,edges,inputs,outputs,paths,bodies,functions,external,operators\n");
    else if (a->o->as == SEQ_TEXT)
        report_line(out, "%-*s %-8s%8s%8s%8s%8s  %s\n", (int)width, "model", "class", "nodes", "edges", "inputs", "outputs",
                    "paths");
    else
        line_raw(out, "[");
    nn_status s = NN_OK;
    for (size_t i = 0; i < a->models.n; i++) {
        const seq_model *m = &a->models.all[i];
        const onnx_view *v = &m->view;
        path_count count;
        char paths[44];
        if (s == NN_OK)
            s = seq_path_count(v, &count, err);
        if (s != NN_OK)
            return s;
        path_count_text(&count, paths);
        if (a->o->as == SEQ_CSV) {
            report_csv_text(out, m->name);
            report_line(out, ",%s,%zu,%zu,%zu,%zu,%s,%zu,%zu,%zu,", class_name(m->class), v->n_nodes, v->n_readers, v->n_inputs,
                        v->n_outputs, paths, v->n_bodies, v->n_functions, v->n_external);
            s = inventory(out, v, false, err);
            line_raw(out, "\n");
        } else if (a->o->as == SEQ_TEXT) {
            report_column(out, m->name, width);
            report_line(out, " %-8s%8zu%8zu%8zu%8zu  %s", class_name(m->class), v->n_nodes, v->n_readers, v->n_inputs, v->n_outputs,
                        paths);
            if (v->n_bodies > 0)
                report_line(out, "  (%zu bodies of control flow)", v->n_bodies);
            if (v->n_functions > 0)
                report_line(out, "  (%zu functions, counted where they are called)", v->n_functions);
            if (v->n_external > 0)
                report_line(out, "  (%zu tensors in other files, not read)", v->n_external);
            line_raw(out, "\n");
        } else {
            line_next(out);
            line_raw(out, "{");
            line_key(out, "name");
            line_string(out, m->name);
            report_line(out,
                        ",\"class\":\"%s\",\"nodes\":%zu,\"edges\":%zu,\"inputs\":%zu,\"outputs\":%zu,\"paths\":\"%s\","
                        "\"bodies\":%zu,\"functions\":%zu,\"external\":%zu,\"operators\":",
                        class_name(m->class), v->n_nodes, v->n_readers, v->n_inputs, v->n_outputs, paths, v->n_bodies,
                        v->n_functions, v->n_external);
            s = inventory(out, v, true, err);
            line_raw(out, "}");
        }
    }
    if (a->o->as == SEQ_JSON)
        line_raw(out, "]");
    return s;
}

/* ---- operators ---- */

typedef struct {
    const char *op;
    size_t nodes, models;
} op_row;

static int by_op(const void *a, const void *b)
{
    return strcmp(((const op_row *)a)->op, ((const op_row *)b)->op);
}

static nn_status count_operators(seq_analysis *a, op_row *rows, size_t *stamps, size_t n)
{
    seq_trie *t = &a->trie;
    for (size_t i = 0; i < n; i++)
        rows[i] = (op_row){.op = t->ops[i]};
    for (size_t i = 0; i < a->models.n; i++) {
        const onnx_view *v = &a->models.all[i].view;
        for (size_t k = 0; k < v->n_nodes; k++) {
            uint32_t op = seq_op(t, v->nodes[k].op, false);
            if (op == SEQ_NONE)
                continue; /* of a suite, or without an outcome */
            rows[op].nodes++;
            rows[op].models += stamps[op] != i + 1;
            stamps[op] = i + 1;
        }
    }
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_op);
    return NN_OK;
}

static nn_status operators(json_line *out, seq_analysis *a, nn_error *err)
{
    size_t n = a->trie.n_ops;
    op_row *rows = nn_calloc(n + 1, sizeof *rows);
    size_t *stamps = nn_calloc(n + 1, sizeof *stamps);
    nn_status s = rows != NULL && stamps != NULL ? count_operators(a, rows, stamps, n) : nn_nomem(err);
    if (a->o->as == SEQ_CSV)
        line_raw(out, "operator,nodes,models\n");
    else if (a->o->as == SEQ_TEXT)
        report_line(out, "%-32s%10s%10s\n", "operator", "nodes", "models");
    else
        line_raw(out, "[");
    for (size_t i = 0; i < n && s == NN_OK; i++)
        if (a->o->as == SEQ_CSV)
            report_line(out, "%s,%zu,%zu\n", rows[i].op, rows[i].nodes, rows[i].models);
        else if (a->o->as == SEQ_TEXT)
            report_line(out, "%-32s%10zu%10zu\n", rows[i].op, rows[i].nodes, rows[i].models);
        else
            report_line(out, "%s{\"operator\":\"%s\",\"nodes\":%zu,\"models\":%zu}", i > 0 ? "," : "", rows[i].op, rows[i].nodes,
                        rows[i].models);
    if (a->o->as == SEQ_JSON)
        line_raw(out, "]");
    nn_free(rows);
    nn_free(stamps);
    return s;
}

static void lengths(json_line *out, const seq_analysis *a)
{
    size_t n[SEQ_LENGTH_MAX + 1] = {0};
    for (size_t i = 1; i < a->trie.n; i++)
        n[a->trie.nodes[i].length]++;
    line_raw(out, a->o->as == SEQ_JSON ? "[" : "different sequences by length:");
    for (unsigned k = 1; k <= a->trie.max_length; k++)
        report_line(out, a->o->as == SEQ_JSON ? "%s%zu" : "%s %zu", a->o->as == SEQ_JSON && k > 1 ? "," : "", n[k]);
    line_raw(out, a->o->as == SEQ_JSON ? "]" : "\n");
}

/* ---- sets ---- */

static nn_status set_list(json_line *out, const seq_analysis *a, const seq_list *l, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < l->n && s == NN_OK; i++) {
        const seq_node *n = &a->trie.nodes[l->all[i]];
        if (a->o->as == SEQ_JSON) {
            line_next(out);
            s = report_sequence(out, &a->trie, l->all[i], true, err);
            continue;
        }
        if (a->o->as == SEQ_TEXT && n->length > a->trie.max_length)
            report_line(out, "%8s%8s  ", "-", "-"); /* longer than the sequences that were counted */
        else if (a->o->as == SEQ_TEXT)
            report_line(out, "%8u%8u  ", n->models[SEQ_FAILED], n->models[SEQ_SUITE]);
        s = report_sequence(out, &a->trie, l->all[i], false, err);
        line_raw(out, "\n");
    }
    return s;
}

static const seq_list *final_list(const seq_analysis *a, const seq_set *set)
{
    return a->o->reduction != SEQ_REDUCE_NONE ? &set->reduced : &set->smallest;
}

static nn_status sets(json_line *out, const seq_analysis *a, nn_error *err)
{
    bool reduced = a->o->reduction != SEQ_REDUCE_NONE;
    nn_status s = NN_OK;
    if (a->o->as == SEQ_CSV)
        line_raw(out, "set,sequences,smallest,reduced,covered\n");
    else if (a->o->as == SEQ_TEXT)
        report_line(out, "%-24s%12s%12s%12s%12s\n", "set", "sequences", "smallest", reduced ? "reduced" : "",
                    reduced ? "covered" : "");
    else
        line_raw(out, "[");
    for (size_t k = 0; k < SEQ_SETS && s == NN_OK; k++) {
        const seq_set *set = &a->sets[k];
        if (a->o->as == SEQ_JSON) {
            report_line(out, "%s{\"set\":\"%s\",\"sequences\":%zu,\"smallest\":%zu", k > 0 ? "," : "", set->key, set->total,
                        set->smallest.n);
            if (reduced)
                report_line(out, ",\"reduced\":%zu,\"covered\":%zu", set->reduced.n, set->covered);
            line_raw(out, ",\"list\":[");
            s = set_list(out, a, final_list(a, set), err);
            line_raw(out, "]}");
            continue;
        }
        bool csv = a->o->as == SEQ_CSV;
        report_line(out, csv ? "%s,%zu,%zu" : "%-24s%12zu%12zu", csv ? set->key : set->title, set->total, set->smallest.n);
        if (reduced)
            report_line(out, csv ? ",%zu,%zu" : "%12zu%12zu", set->reduced.n, set->covered);
        line_raw(out, csv && !reduced ? ",,\n" : "\n");
    }
    if (a->o->as == SEQ_JSON)
        line_raw(out, "]");
    if (a->o->as == SEQ_TEXT && s == NN_OK) {
        report_line(out, "%zu of %zu failed models have a sequence of (1) \\ (2)\n", a->holders, a->count[SEQ_FAILED]);
        if (final_list(a, &a->sets[3])->n > 0)
            report_line(out, "\n(1) \\ (2), %s:\n%8s%8s  %s\n", reduced ? "reduced" : "smallest", "failed", "suite", "sequence");
        s = set_list(out, a, final_list(a, &a->sets[3]), err);
    }
    return s;
}

/* ---- association ---- */

static nn_status association(json_line *out, const seq_analysis *a, nn_error *err)
{
    size_t n = 0;
    nn_status s = NN_OK;
    bool text = a->o->as == SEQ_TEXT, csv = a->o->as == SEQ_CSV;
    while (n < a->n_found && a->found[n].q <= a->o->rate)
        n++;
    if (csv)
        line_raw(out, "sequence,failed,correct,odds_ratio,p,q\n");
    if (text)
        report_line(out,
                    "%zu of %zu sequences that at least %lld models have go with failure (Fisher's exact test, false "
                    "discovery rate %g by Benjamini and Hochberg)\n",
                    n, a->n_found, (long long)a->o->min_support, a->o->rate);
    if (text && n > 0)
        report_line(out, "%8s%8s%12s%12s%12s  %s\n", "failed", "correct", "odds ratio", "p", "q", "sequence");
    if (!text && !csv)
        report_line(out, "{\"tested\":%zu,\"rate\":", a->n_found), line_real(out, a->o->rate), line_raw(out, ",\"list\":[");
    for (size_t i = 0; i < (csv ? a->n_found : n) && s == NN_OK; i++) {
        const seq_association *f = &a->found[i];
        if (text) {
            char numbers[128];
            (void)snprintf(numbers, sizeof numbers, "%12.3g%12.3g%12.3g", f->odds, f->p, f->q);
            for (char *p = numbers; *p != '\0'; p++)
                *p = *p == ',' ? '.' : *p; /* some locales have a decimal comma */
            report_line(out, "%8u%8u%s  ", f->failed, f->correct, numbers);
            s = report_sequence(out, &a->trie, f->sequence, false, err);
            line_raw(out, "\n");
            continue;
        }
        if (csv) {
            s = csv_sequence(out, &a->trie, f->sequence, err);
            report_line(out, ",%u,%u,", f->failed, f->correct);
        } else {
            line_raw(out, i > 0 ? ",{\"sequence\":" : "{\"sequence\":");
            s = report_sequence(out, &a->trie, f->sequence, true, err);
            report_line(out, ",\"failed\":%u,\"correct\":%u,\"odds_ratio\":", f->failed, f->correct);
        }
        line_real(out, f->odds);
        line_raw(out, csv ? "," : ",\"p\":");
        line_real(out, f->p);
        line_raw(out, csv ? "," : ",\"q\":");
        line_real(out, f->q);
        line_raw(out, csv ? "\n" : "}");
    }
    if (!text && !csv)
        line_raw(out, "]}");
    return s;
}

/* ---- plain lists ---- */

typedef struct {
    json_line *out;
    const onnx_view *v;
} path_printer;

static nn_status print_path(void *data, const uint32_t *nodes, size_t n)
{
    path_printer *p = data;
    for (size_t i = 0; i < n; i++) {
        line_raw(p->out, i > 0 ? "," : "");
        line_raw(p->out, p->v->nodes[nodes[i]].op);
    }
    line_raw(p->out, "\n");
    return p->out->failed ? NN_ERR_NOMEM : NN_OK;
}

static nn_status path_lists(json_line *out, const seq_analysis *a, nn_error *err)
{
    for (size_t i = 0; i < a->models.n; i++) {
        const seq_model *m = &a->models.all[i];
        path_printer p = {out, &m->view};
        bool capped;
        size_t start = out->size;
        nn_status s = seq_path_list(&m->view, (uint64_t)a->o->max_paths, &capped, print_path, &p, err);
        if (s != NN_OK)
            return s == NN_ERR_NOMEM ? nn_nomem(err) : s;
        if (!capped && out->size > start)
            continue;
        line_raw(out, "# ");
        report_text(out, m->name);
        if (capped)
            report_line(out, ": the first %lld paths; there are more\n", (long long)a->o->max_paths);
        else
            line_raw(out, ": no path\n");
    }
    return NN_OK;
}

static nn_status plain_sequences(json_line *out, seq_analysis *a, nn_error *err)
{
    seq_list l = {.n = 0};
    nn_status s = NN_OK;
    for (uint32_t i = 1; i < a->trie.n && s == NN_OK; i++)
        if (a->trie.nodes[i].length >= (uint32_t)a->o->min_length && a->trie.nodes[i].length <= a->trie.max_length &&
            !seq_list_add(&l, i))
            s = nn_nomem(err);
    if (s == NN_OK)
        s = seq_sort(&a->trie, l.all, l.n, err);
    if (s == NN_OK)
        s = set_list(out, a, &l, err);
    nn_free(l.all);
    return s;
}

static nn_status reduce_lines(json_line *out, seq_analysis *a, nn_error *err)
{
    seq_list given = {.n = 0}, kept = {.n = 0};
    size_t covered = 0;
    nn_status s = seq_chain_list(a, &given, err);
    for (size_t i = 0; i < given.n && s == NN_OK; i++)
        if (!seq_list_add(&kept, given.all[i]))
            s = nn_nomem(err);
    if (s == NN_OK)
        s = seq_reduce(&a->trie, &kept, a->o->reduction, (uint64_t)a->o->order, err);
    if (s == NN_OK)
        s = seq_covered(&a->trie, &given, &kept, &covered, err);
    if (s == NN_OK && a->o->as == SEQ_JSON)
        report_line(out, "{\"given\":%zu,\"kept\":%zu,\"covered\":%zu,\"list\":[", given.n, kept.n, covered);
    else if (s == NN_OK && a->o->as == SEQ_CSV)
        report_line(out, "given,kept,covered\n%zu,%zu,%zu\n", given.n, kept.n, covered);
    else if (s == NN_OK)
        report_line(out, "# %zu sequences reduced to %zu, which %zu of them contain\n", given.n, kept.n, covered);
    for (size_t i = 0; i < kept.n && s == NN_OK && a->o->as != SEQ_CSV; i++) {
        if (a->o->as == SEQ_JSON)
            line_next(out);
        s = report_sequence(out, &a->trie, kept.all[i], a->o->as == SEQ_JSON, err);
        line_raw(out, a->o->as == SEQ_JSON ? "" : "\n");
    }
    if (s == NN_OK && a->o->as == SEQ_JSON)
        line_raw(out, "]}\n");
    nn_free(given.all);
    nn_free(kept.all);
    return s;
}

/* ---- the whole ---- */

typedef nn_status part_fn(json_line *out, seq_analysis *a, nn_error *err);

static nn_status models_part(json_line *out, seq_analysis *a, nn_error *err)
{
    return models(out, a, err);
}
static nn_status sets_part(json_line *out, seq_analysis *a, nn_error *err)
{
    return sets(out, a, err);
}
static nn_status association_part(json_line *out, seq_analysis *a, nn_error *err)
{
    return association(out, a, err);
}

static void header(json_line *out, const seq_analysis *a)
{
    if (a->o->as == SEQ_JSON) {
        report_line(out, "\"failed\":%zu,\"correct\":%zu,\"suite\":%zu,\"unlabelled\":%zu,\"problems\":%zu", a->count[0],
                    a->count[1], a->count[2], a->unlabelled, a->problems);
        report_line(out, ",\"min_length\":%lld,\"max_length\":%u,\"cut\":%s,\"holders\":%zu,\"path_pairs\":%llu,\"capped\":%zu",
                    (long long)a->o->min_length, a->trie.max_length, a->trie.cut ? "true" : "false", a->holders,
                    (unsigned long long)a->pairs, a->capped);
        return;
    }
    report_line(out, "%zu failed, %zu correct, %zu of a suite", a->count[0], a->count[1], a->count[2]);
    if (a->unlabelled > 0)
        report_line(out, ", %zu without an outcome, not used", a->unlabelled);
    if (a->o->matching)
        report_line(out, "; matching blocks of at least %lld operators of %llu pairs of paths%s\n", (long long)a->o->min_length,
                    (unsigned long long)a->pairs, a->capped > 0 ? "" : ", all of them");
    else
        report_line(out, "; sequences of %lld to %u operators\n", (long long)a->o->min_length, a->trie.max_length);
    if (a->capped > 0)
        report_line(out, "only the first %lld paths of %zu models were listed (--max-paths)\n", (long long)a->o->max_paths,
                    a->capped);
}

static nn_status plain(json_line *out, seq_analysis *a, nn_error *err)
{
    if (!a->o->classes)
        return plain_sequences(out, a, err);
    const char *set = a->o->set != NULL ? a->o->set : "1-2";
    for (size_t k = 0; k < SEQ_SETS; k++)
        if (strcmp(a->sets[k].key, set) == 0)
            return set_list(out, a, final_list(a, &a->sets[k]), err);
    return NN_OK;
}

/* Writes the requested tables; by default those for models with classes, or without. */
static nn_status tables(json_line *out, seq_analysis *a, nn_error *err)
{
    static const struct {
        const char *name;
        bool classes; /* shown if models have classes, or if they do not */
        part_fn *fn;
    } parts[] = {{"models", false, models_part},
                 {"operators", false, operators},
                 {"sets", true, sets_part},
                 {"association", true, association_part}};
    nn_status s = NN_OK;
    bool json = a->o->as == SEQ_JSON, first = true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && s == NN_OK; i++) {
        bool asked = a->o->show != NULL && strcmp(a->o->show, parts[i].name) == 0;
        if (!shows(a, parts[i].name) || (!asked && !json && parts[i].classes != a->o->classes))
            continue;
        if (json)
            line_key(out, parts[i].name);
        else if (!first)
            line_raw(out, "\n");
        s = parts[i].fn(out, a, err);
        first = false;
    }
    return s;
}

nn_status seq_report(json_line *out, seq_analysis *a, nn_error *err)
{
    bool json = a->o->as == SEQ_JSON, text = a->o->as == SEQ_TEXT;
    if (a->o->paths)
        return path_lists(out, a, err);
    if (a->o->reduction != SEQ_REDUCE_NONE && !a->o->classes)
        return reduce_lines(out, a, err);
    if (a->trie.cut && !json)
        report_line(out, "# sequences longer than %u are left out, because there are too many (--max-sequences)\n",
                    a->trie.max_length);
    if (a->o->as == SEQ_PLAIN)
        return plain(out, a, err);
    if (json)
        line_raw(out, "{");
    if (a->o->classes && (json || (text && a->o->show == NULL)))
        header(out, a);
    nn_status s = tables(out, a, err);
    if (s == NN_OK && !a->o->classes && a->o->show == NULL && a->o->as != SEQ_CSV) {
        line_raw(out, json ? "" : "\n");
        if (json)
            line_key(out, "sequences_by_length");
        lengths(out, a);
    }
    line_raw(out, json ? "}\n" : "");
    return s;
}

nn_status sequences_run(int argc, char *const *argv, json_line *out, const seq_watch *watch, size_t *problems, nn_error *err)
{
    seq_options o;
    seq_analysis a;
    nn_status s = seq_options_parse(&o, SEQ_COMMAND_SEQUENCES, argc, argv, err);
    *problems = 0;
    if (s != NN_OK)
        return s;
    if (o.help) {
        seq_options_help(out, SEQ_COMMAND_SEQUENCES);
    } else if ((s = seq_analysis_run(&a, &o, watch, err)) == NN_OK) {
        *problems = a.problems;
        s = seq_report(out, &a, err);
        seq_analysis_free(&a);
    }
    seq_options_free(&o);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
