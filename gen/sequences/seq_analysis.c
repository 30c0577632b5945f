#include "sequences/seq_analysis.h"
#include "base/file_read.h"
#include "sequences/seq_blocks.h"
#include "sequences/seq_stats.h"
#include "base/sorted.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- models ---- */

static nn_status bad_outcome(const seq_analysis *a, int line, const char *what, nn_error *err)
{
    return nn_fail(err, NN_ERR_IO, a->o->outcomes, line, 0, "%s", what);
}

static void no_such_model(seq_analysis *a, const char *name, int number, const seq_model *first, const seq_model *second)
{
    char text[1200];
    if (first == NULL)
        (void)snprintf(text, sizeof text, "%.300s:%d: no model has the name %.300s", a->o->outcomes, number, name);
    else
        (void)snprintf(text, sizeof text, "%.200s:%d: more than one model has the name %.200s: %.300s, %.300s", a->o->outcomes,
                       number, name, first->path, second->path);
    nn_one_line(text);
    a->problems++;
    if (a->watch.tell != NULL)
        a->watch.tell(a->watch.data, text);
}

static nn_status read_outcome(seq_analysis *a, char *line, size_t n, int number, nn_error *err)
{
    if (memchr(line, '\0', n) != NULL) /* what follows it would be lost */
        return bad_outcome(a, number, "is not text: it has a NUL byte", err);
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
        line[--n] = '\0';
    if (n == 0 || line[0] == '#')
        return NN_OK;
    char *cut = strrchr(line, ',');
    if (cut == NULL)
        cut = strrchr(line, '\t');
    if (cut == NULL)
        return bad_outcome(a, number, "expected NAME,failed or NAME,correct", err);
    *cut = '\0';
    bool failed = strcmp(cut + 1, "failed") == 0;
    if (!failed && strcmp(cut + 1, "correct") != 0)
        return bad_outcome(a, number, "expected NAME,failed or NAME,correct", err);
    seq_model *second, *m = model_list_find(&a->models, line, &second);
    if (m == NULL || second != NULL) {
        no_such_model(a, line, number, m, second);
    } else if (m->class != SEQ_GIVEN) {
        return bad_outcome(a, number, "names a model for the second time", err);
    } else {
        m->class = failed ? SEQ_FAILED : SEQ_CORRECT;
    }
    return NN_OK;
}

static nn_status read_outcomes(seq_analysis *a, nn_error *err)
{
    file_bytes file = {.bytes = NULL};
    nn_status s = file_read(&file, AT_FDCWD, a->o->outcomes, 0, INT32_MAX, a->o->outcomes, err);
    int number = 1;
    for (size_t at = 0; s == NN_OK && at < file.n; number++) {
        char *line = file.bytes + at, *newline = memchr(line, '\n', file.n - at);
        size_t length = newline != NULL ? (size_t)(newline - line) : file.n - at;
        line[length] = '\0';
        s = read_outcome(a, line, length, number, err);
        at += length + 1;
    }
    file_bytes_free(&file);
    return s;
}

/* ---- sets ---- */

static const struct {
    const char *key, *title;
} set_names[SEQ_SETS] = {{"1", "(1) failed x failed"},
                         {"2", "(2) failed x correct"},
                         {"3", "(3) failed x suite"},
                         {"1-2", "(1) \\ (2)"},
                         {"1-3", "(1) \\ (3)"}};

static bool is_common(const seq_analysis *a, size_t set, uint32_t sequence)
{
    const seq_node *n = &a->trie.nodes[sequence];
    uint32_t failed = n->models[SEQ_FAILED], correct = n->models[SEQ_CORRECT], suite = n->models[SEQ_SUITE];
    if (n->length < (uint32_t)a->o->min_length || n->length > a->trie.max_length)
        return false;
    switch (set) {
    case 0:
        return failed >= 2;
    case 1:
        return failed >= 1 && correct >= 1;
    case 2:
        return failed >= 1 && suite >= 1;
    case 3:
        return failed >= 2 && correct == 0;
    default:
        return failed >= 2 && suite == 0;
    }
}

/* If a set has a sequence and a part of it, it has everything in between. So it is enough to look at the parts that are one
 * operator shorter to see whether a sequence contains another one of the set. */
static nn_status common_sets(seq_analysis *a, nn_error *err)
{
    for (size_t k = 0; k < SEQ_SETS; k++)
        for (uint32_t s = 1; s < a->trie.n; s++) {
            if (!is_common(a, k, s))
                continue;
            a->sets[k].total++;
            uint32_t tail = seq_tail(&a->trie, s);
            if (!is_common(a, k, a->trie.nodes[s].parent) && !(tail != SEQ_NONE && is_common(a, k, tail)) &&
                !seq_list_add(&a->sets[k].smallest, s))
                return nn_nomem(err);
        }
    return NN_OK;
}

/* ---- after the sets ---- */

static nn_status reduce_sets(seq_analysis *a, nn_error *err)
{
    for (size_t k = 0; k < SEQ_SETS; k++) {
        seq_set *set = &a->sets[k];
        nn_status s = seq_sort(&a->trie, set->smallest.all, set->smallest.n, err);
        if (s == NN_OK && a->o->reduction == SEQ_REDUCE_NONE)
            continue;
        for (size_t i = 0; i < set->smallest.n && s == NN_OK; i++)
            if (!seq_list_add(&set->reduced, set->smallest.all[i]))
                s = nn_nomem(err);
        if (s == NN_OK)
            s = seq_reduce(&a->trie, &set->reduced, a->o->reduction, (uint64_t)a->o->order, err);
        if (s == NN_OK)
            s = seq_covered(&a->trie, &set->smallest, &set->reduced, &set->covered, err);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status count_holders(seq_analysis *a, nn_error *err)
{
    const seq_list *l = &a->sets[3].smallest;
    bool *wanted = nn_calloc(a->trie.n + 1, sizeof *wanted);
    unsigned longest = 0;
    nn_status s = wanted != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; i < l->n && s == NN_OK; i++) {
        wanted[l->all[i]] = true;
        if (a->trie.nodes[l->all[i]].length > longest)
            longest = a->trie.nodes[l->all[i]].length;
    }
    for (size_t i = 0; i < a->models.n && s == NN_OK; i++) {
        bool has = false;
        if (a->models.all[i].class == SEQ_FAILED)
            s = seq_model_has(&a->trie, &a->models.all[i].view, wanted, longest, &has, err);
        a->holders += has;
    }
    nn_free(wanted);
    return s;
}

/* A sequence that is held by the same models as one of its parts adds nothing. No model holds the sequence without the part, so
 * equal numbers mean the same models. The choice of tested sequences depends on the number of holders, not on outcomes. */
static bool is_tested(seq_trie *t, uint32_t s, uint64_t least)
{
    const seq_node *n = &t->nodes[s], *p = &t->nodes[n->parent];
    uint32_t all = n->models[SEQ_FAILED] + n->models[SEQ_CORRECT];
    if (n->length > t->max_length || all < least || (n->length > 1 && p->models[SEQ_FAILED] + p->models[SEQ_CORRECT] == all))
        return false;
    uint32_t tail = n->length > 1 ? seq_tail(t, s) : 0;
    return tail == 0 || tail == SEQ_NONE || t->nodes[tail].models[SEQ_FAILED] + t->nodes[tail].models[SEQ_CORRECT] != all;
}

static int by_p(const void *a, const void *b)
{
    const seq_association *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence); /* sorted, so indices are in alphabetical order */
}

static nn_status sort_by_length(const seq_trie *t, seq_list *l, nn_error *err)
{
    seq_list sorted = {.n = 0};
    nn_status s = seq_sort(t, l->all, l->n, err);
    for (unsigned length = 1; length <= t->max_length && s == NN_OK; length++)
        for (size_t i = 0; i < l->n && s == NN_OK; i++)
            if (t->nodes[l->all[i]].length == length && !seq_list_add(&sorted, l->all[i]))
                s = nn_nomem(err);
    nn_free(l->all);
    *l = sorted;
    return s;
}

static nn_status associate(seq_analysis *a, nn_error *err)
{
    seq_trie *t = &a->trie;
    seq_list tested = {.n = 0};
    size_t failed = a->count[SEQ_FAILED], correct = a->count[SEQ_CORRECT];
    if (failed == 0 || correct == 0)
        return NN_OK;
    nn_status s = NN_OK;
    for (uint32_t q = 1; q < t->n && s == NN_OK; q++)
        if (is_tested(t, q, (uint64_t)a->o->min_support) && !seq_list_add(&tested, q))
            s = nn_nomem(err);
    if (s == NN_OK)
        s = sort_by_length(t, &tested, err);
    double *lf = log_factorials(failed + correct);
    double *p = nn_malloc((tested.n + 1) * sizeof *p);
    a->found = nn_malloc((tested.n + 1) * sizeof *a->found);
    if (s == NN_OK && (lf == NULL || p == NULL || a->found == NULL))
        s = nn_nomem(err);
    for (size_t i = 0; i < tested.n && s == NN_OK; i++) {
        const seq_node *n = &t->nodes[tested.all[i]];
        uint32_t x = n->models[SEQ_FAILED], y = n->models[SEQ_CORRECT];
        a->found[i] = (seq_association){.sequence = (uint32_t)i,
                                        .failed = x,
                                        .correct = y,
                                        .odds = odds_ratio(x, y, failed - x, correct - y),
                                        .p = fisher_greater(lf, x, y, failed - x, correct - y)};
    }
    if (s == NN_OK) {
        a->n_found = tested.n;
        if (tested.n > 0)
            qsort(a->found, tested.n, sizeof *a->found, by_p);
        for (size_t i = 0; i < tested.n; i++)
            p[i] = a->found[i].p;
        benjamini_hochberg(p, tested.n);
        for (size_t i = 0; i < tested.n; i++) {
            a->found[i].q = p[i];
            a->found[i].sequence = tested.all[a->found[i].sequence];
        }
    }
    nn_free(lf);
    nn_free(p);
    nn_free(tested.all);
    return s;
}

/* ---- the whole ---- */

nn_status seq_chain_list(seq_analysis *a, seq_list *l, nn_error *err)
{
    for (size_t i = 0; i < a->models.n; i++) {
        const onnx_view *v = &a->models.all[i].view;
        uint32_t s = 0;
        for (size_t k = 0; k < v->n_nodes; k++) { /* each node of a chain is read by the next */
            s = seq_child(&a->trie, s, seq_op(&a->trie, v->nodes[k].op, true), true);
            if (s == SEQ_NONE)
                return nn_nomem(err);
            if (v->nodes[k].n_readers == 0) {
                if (!seq_list_add(l, s))
                    return nn_nomem(err);
                s = 0;
            }
        }
    }
    l->n = sort_unique32(l->all, l->n);
    return NN_OK;
}

static nn_status count_models(seq_analysis *a, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < a->models.n; i++) {
        seq_model *m = &a->models.all[i];
        if (m->class == SEQ_GIVEN && a->o->classes)
            a->unlabelled++;
        else
            a->count[m->class == SEQ_GIVEN ? 0 : m->class]++;
    }
    /* models of a suite only count for sequences that other models have, so they come second */
    for (unsigned suite = 0; suite < 2; suite++)
        for (size_t i = 0; i < a->models.n && s == NN_OK; i++) {
            const seq_model *m = &a->models.all[i];
            bool left_out = m->class == SEQ_GIVEN && a->o->classes;
            if (!left_out && (m->class == SEQ_SUITE) == (suite == 1))
                s = seq_count_model(&a->trie, &m->view, m->class == SEQ_GIVEN ? 0 : m->class, suite == 1 ? SEQ_KNOWN : SEQ_ADD,
                                    err);
        }
    return s;
}

static nn_status analyse(seq_analysis *a, nn_error *err)
{
    const seq_options *o = a->o;
    nn_status s = seq_trie_init(&a->trie, (unsigned)o->max_length, (size_t)o->max_sequences, err);
    for (size_t i = 0; i < o->n && s == NN_OK; i++)
        s = model_list_add(&a->models, o->all[i].path, o->all[i].class, a->watch.tell, a->watch.data, &a->problems, err);
    if (s == NN_OK)
        s = model_list_name(&a->models, err);
    if (s == NN_OK && o->outcomes != NULL)
        s = read_outcomes(a, err);
    if (s != NN_OK || o->paths || (o->reduction != SEQ_REDUCE_NONE && !o->classes))
        return s;
    s = count_models(a, err);
    if (s != NN_OK || !o->classes)
        return s;
    s = associate(a, err);
    if (s == NN_OK)
        s = o->matching ? seq_blocks_find(a, err) : common_sets(a, err);
    if (s == NN_OK)
        s = count_holders(a, err);
    return s == NN_OK ? reduce_sets(a, err) : s;
}

nn_status seq_analysis_run(seq_analysis *a, seq_options *o, const seq_watch *watch, nn_error *err)
{
    *a = (seq_analysis){.o = o, .watch = *watch};
    if (!o->progress && !watch->terminal)
        a->watch.progress = NULL;
    for (size_t k = 0; k < SEQ_SETS; k++) {
        a->sets[k].key = set_names[k].key;
        a->sets[k].title = set_names[k].title;
    }
    nn_status s = analyse(a, err);
    if (s != NN_OK)
        seq_analysis_free(a);
    return s;
}

void seq_analysis_free(seq_analysis *a)
{
    model_list_free(&a->models);
    seq_trie_free(&a->trie);
    for (size_t k = 0; k < SEQ_SETS; k++) {
        nn_free(a->sets[k].smallest.all);
        nn_free(a->sets[k].reduced.all);
    }
    nn_free(a->found);
    a->found = NULL;
}
