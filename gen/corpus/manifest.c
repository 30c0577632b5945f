#include "corpus/manifest.h"
#include "corpus/motif_missing.h"
#include "corpus/fragment_line.h"
#include "corpus/symbol_line.h"

#include "lower/op_feasible.h"
#include "write/input_mode.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define JSON_FORMAT (JSON_INDENT(1) | JSON_REAL_PRECISION(17))

/* ---- models.jsonl ---- */

static void line_interval(json_line *j, interval v)
{
    line_raw(j, "[");
    line_real(j, v.lo);
    line_raw(j, ",");
    line_real(j, v.hi);
    line_raw(j, "]");
}

/* What graph output i is compared with where the bounds of elements are not used. */
static nn_status line_tolerance(json_line *j, nn_model *m, size_t i, nn_error *err)
{
    double atol, rtol;
    bool wide, known;
    nn_status s = model_tolerance(m, i, &atol, &rtol, &wide, &known, err);
    if (s != NN_OK)
        return s;
    line_key(j, "atol");
    known ? line_real(j, atol) : line_raw(j, "null");
    line_key(j, "rtol");
    known ? line_real(j, rtol) : line_raw(j, "null");
    line_key(j, "wide");
    line_raw(j, wide ? "true" : "false");
    return NN_OK;
}

static nn_status line_ports(json_line *j, nn_model *m, const char *key, const int32_t *tensors, size_t n, nn_error *err)
{
    nn_status s = NN_OK;
    const bool expected = tensors == m->graph->outputs && family_outputs(m->family);
    line_key(j, key);
    line_raw(j, "[");
    for (size_t i = 0; i < n; i++) {
        const tensor_desc *d = &m->graph->tensors[tensors[i]].desc;
        line_next(j);
        line_raw(j, "{");
        line_key(j, "name");
        line_string(j, m->names.tensors[tensors[i]]);
        line_key(j, "type");
        line_string(j, dtype_name(d->type));
        line_key(j, "shape");
        line_raw(j, "[");
        for (int k = 0; k < d->rank; k++) {
            line_next(j);
            line_int(j, d->dims[k]);
        }
        line_raw(j, "]");
        if (tensor_sizes(d) != NULL)
            symbol_line_dims(j, m->graph, d);
        line_key(j, "interval");
        line_interval(j, d->range);
        if (expected && s == NN_OK)
            s = line_tolerance(j, m, i, err);
        line_raw(j, "}");
    }
    line_raw(j, "]");
    return s;
}

static bool line_operators(json_line *j, nn_model *m)
{
    const op_set *ops = m->family->table->ops;
    arena_mark mark = arena_get_mark(&m->mem);
    uint32_t *count = arena_calloc(&m->mem, ops->n_all, sizeof *count);
    if (count == NULL)
        return false;
    for (size_t i = 0; i < m->graph->n_nodes; i++)
        count[m->graph->nodes[i].op]++;
    line_key(j, "operators");
    line_raw(j, "{");
    for (size_t i = 0; i < ops->n_all; i++)
        if (count[i] > 0) {
            line_key(j, ops->ops[i].name);
            line_int(j, count[i]);
        }
    line_raw(j, "}");
    arena_release(&m->mem, mark);
    return true;
}

static void line_digest(json_line *j, const uint8_t digest[SHA256_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    sha256_hex(digest, hex);
    line_string(j, hex);
}

static void line_files(json_line *j, const nn_model *m, const uint8_t (*digests)[SHA256_SIZE])
{
    line_key(j, "files");
    line_raw(j, "{");
    for (size_t k = 0; k < model_files(m); k++) {
        const model_file f = model_file_at(m, k);
        char path[64];
        model_file_path(path, &f);
        line_key(j, path);
        line_digest(j, digests[k]);
    }
    line_raw(j, "}");
}

static void line_intervals(json_line *j, const nn_model *m)
{
    line_key(j, "intervals");
    line_raw(j, "{");
    for (size_t i = 0; i < m->graph->n_tensors; i++)
        if (m->names.tensors[i] != NULL && m->graph->tensors[i].kind != TENSOR_INIT) {
            line_key(j, m->names.tensors[i]);
            line_interval(j, m->graph->tensors[i].desc.range);
        }
    line_raw(j, "}");
}

/* place: of each node in the file; NULL: forms have moved them. */
static void line_motif(json_line *j, const placed_motif *p, const uint32_t *place)
{
    line_next(j);
    line_raw(j, "{");
    line_key(j, "name");
    line_string(j, p->name);
    line_key(j, "level");
    line_string(j, motif_level_word(p->level));
    line_key(j, "nodes");
    line_raw(j, "[");
    for (size_t k = 0; place != NULL && k < p->n; k++) {
        line_next(j);
        line_int(j, place[(size_t)p->first + k]);
    }
    line_raw(j, "]");
    line_key(j, "mutations");
    line_raw(j, "[");
    for (size_t k = 0; k < p->n_mutations; k++) {
        line_next(j);
        line_string(j, p->mutations[k]);
    }
    line_raw(j, "]}");
}

/* The motifs of the model, with the positions of their nodes in the file. Nothing if the family has no motifs. */
static bool line_motifs(json_line *j, nn_model *m)
{
    const graph *g = m->graph;
    if (!m->family->motifs.on)
        return true;
    arena_mark mark = arena_get_mark(&m->mem);
    uint32_t *place = arena_alloc(&m->mem, g->n_nodes * sizeof *place);
    if (place == NULL)
        return false;
    for (size_t i = 0; i < g->n_nodes; i++)
        place[g->order[i]] = (uint32_t)i;
    size_t n = 0;
    const placed_motif *p = builder_motifs(m->builder, &n);
    line_key(j, "motifs");
    line_raw(j, "[");
    for (size_t k = 0; k < n; k++)
        line_motif(j, &p[k], m->formed.model == NULL ? place : NULL);
    line_raw(j, "]");
    arena_release(&m->mem, mark);
    return true;
}

/* The positions in the file of the nodes that can be folded although they belong to no motif. Nothing if there are none. */
static void line_folded(json_line *j, const graph *g)
{
    size_t n = 0;
    for (size_t k = 0; k < g->n_nodes; k++) {
        if (!g->nodes[g->order[k]].folded)
            continue;
        if (n++ == 0) {
            line_key(j, "folded");
            line_raw(j, "[");
        } else {
            line_next(j);
        }
        line_int(j, (int64_t)k);
    }
    line_raw(j, n > 0 ? "]" : "");
}

/* The forms of the model, and how often each of their features occurs; the plain model of a copy. Nothing without forms. */
static void line_forms(json_line *j, const nn_model *m)
{
    const form_result *f = &m->formed;
    char plain[MODEL_NAME_SIZE];
    if (f->model == NULL)
        return;
    line_key(j, "forms");
    line_raw(j, "{");
    for (size_t i = 0; i < FORM_FEATURES; i++)
        if (f->counts[i] > 0) {
            line_key(j, form_feature_words[i]);
            line_int(j, f->counts[i]);
        }
    line_raw(j, "}");
    if (m->variant == 0)
        return;
    model_name(plain, m->index, 1);
    line_key(j, "plain");
    line_string(j, plain);
}

nn_status manifest_line(json_line *line, nn_model *m, const uint8_t structure[STRUCTURE_SIZE],
                        const uint8_t (*digests)[SHA256_SIZE], nn_error *err)
{
    char hex[STRUCTURE_HEX_SIZE];
    const graph *g = m->graph;
    line_raw(line, "{");
    line_key(line, "name");
    line_string(line, m->name);
    line_key(line, "nodes");
    line_int(line, (int64_t)g->n_nodes);
    if (!m->family->plain) {
        line_key(line, "manner");
        line_string(line, m->manner.drawn.of->name);
    }
    line_key(line, "structure");
    structure_hex(structure, hex);
    line_string(line, hex);
    line->failed |= !line_operators(line, m);
    nn_status s = line_ports(line, m, "inputs", g->inputs, g->n_inputs, err);
    if (s == NN_OK)
        s = line_ports(line, m, "outputs", g->outputs, g->n_outputs, err);
    if (s != NN_OK)
        return s;
    symbol_line_sizes(line, g);
    if (m->formed.model == NULL)
        fragment_line_open(line, g, (const char *const *)m->names.tensors);
    fragment_line_random(line, g, m->family->table->ops);
    line_files(line, m, digests);
    line->failed |= !line_motifs(line, m);
    if (m->formed.model == NULL)
        line_folded(line, g);
    line_forms(line, m);
    if (m->family->options.intervals)
        line_intervals(line, m);
    line_raw(line, "}\n");
    return line->failed ? nn_nomem(err) : NN_OK;
}

/* ---- manifest.json ---- */

/* jansson's functions that take over a value return -1 if the value is NULL, so an allocation that failed inside shows in
 * `bad`. */
static json_t *unless(int bad, json_t *j)
{
    if (bad == 0)
        return j;
    json_decref(j);
    return NULL;
}

static json_t *whole(uint64_t x)
{
    return json_integer((json_int_t)x);
}
static double ratio(uint64_t a, uint64_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

static json_t *options_object(const options *o)
{
    json_t *j = json_object();
    int bad = 0;
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        if (!option_stated(o, row))
            continue;
        json_t *value = row->kind == OPTION_INT    ? json_integer(option_int(o, row))
                        : row->kind == OPTION_FLAG ? json_boolean(option_int(o, row) != 0)
                                                   : json_string(option_text(o, row));
        bad |= json_object_set_new(j, row->field, value);
    }
    return unless(bad, j);
}

static json_t *flags_array(unsigned flags)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{OP_SOURCE, "source"}, {OP_DISCONTINUOUS, "discontinuous"}, {OP_NONDETERMINISTIC, "nondeterministic"},
                 {OP_UNLIKE, "unlike"}, {OP_CONTRAST, "contrast"},           {OP_FOUND, "data-dependent"}};
    json_t *j = json_array();
    int bad = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if ((flags & words[i].bit) != 0)
            bad |= json_array_append_new(j, json_string(words[i].word));
    return unless(bad, j);
}

static json_t *operators_array(const stats *s, size_t from, size_t to)
{
    json_t *j = json_array();
    int bad = 0;
    for (size_t i = from; i < to; i++) {
        const op_model *op = &s->ops->ops[i];
        bad |= json_array_append_new(j, json_pack("{s:s, s:i, s:o, s:o, s:o}", "name", op->name, "since", op->since, "flags",
                                                  flags_array(op->flags), "nodes", whole(s->op_nodes[i]), "models",
                                                  whole(s->op_models[i])));
    }
    return unless(bad, j);
}

const char *manifest_missing(const nn_family *f, const stats *s, size_t op, op_obstacle *room)
{
    if (s->op_nodes[op] > 0)
        return NULL;
    const char *reason = plan_reason(f->plan, (uint16_t)op);
    if (reason != NULL)
        return reason;
    if (s->models < options_all(&f->options))
        return "the run was stopped early";
    return op_feasible(s->ops, &s->ops->ops[op], &f->limits, room) ? "no place for it was found" : room->s;
}

static json_t *missing_array(const nn_family *f, const stats *s)
{
    json_t *j = json_array();
    int bad = 0;
    for (size_t i = 0; i < s->ops->n_ops; i++) {
        op_obstacle room = {.nomem = false};
        const char *reason = manifest_missing(f, s, i, &room);
        bad |= room.nomem ? -1 : 0;
        if (reason != NULL)
            bad |= json_array_append_new(j, json_pack("{s:s, s:s}", "name", s->ops->ops[i].name, "reason", reason));
    }
    return unless(bad, j);
}

static json_t *spread_object(const stats_spread *p, uint64_t models)
{
    return json_pack("{s:o, s:f, s:o}", "min", whole(p->least), "mean", ratio(p->sum, models), "max", whole(p->greatest));
}

static int set_count(json_t *j, int64_t key, uint64_t count)
{
    char text[24];
    return json_object_setn_new(j, text, line_digits(text, key), whole(count));
}

static json_t *ranks_object(const stats *s)
{
    json_t *j = json_object();
    int bad = 0;
    for (int r = 0; r <= NN_MAX_RANK; r++)
        if (s->ranks[r] > 0)
            bad |= set_count(j, r, s->ranks[r]);
    return unless(bad, j);
}

static json_t *dims_object(const stats *s)
{
    json_t *j = json_object();
    int bad = 0;
    for (size_t i = 0; i < s->n_dims; i++)
        bad |= set_count(j, s->dims[i].key, s->dims[i].count);
    return unless(bad, j);
}

static json_t *subject_object(const stats *s, const class_subject *subject)
{
    json_t *j = json_object();
    int bad = 0;
    for (size_t k = 0; k < subject->n_classes; k++) {
        uint64_t count = s->class_counts[subject->first + k];
        if (!subject->classes[k].undeclared || count > 0)
            bad |= json_object_set_new(j, subject->classes[k].name, whole(count));
    }
    return unless(bad, j);
}

static json_t *classes_object(const stats *s)
{
    json_t *j = json_object();
    int bad = 0;
    for (size_t i = 0; i < s->ops->n_ops; i++) {
        const class_operator *c = &s->classes->operators[i];
        if (c->n_subjects == 0)
            continue;
        json_t *o = json_object();
        for (size_t k = 0; k < c->n_subjects; k++)
            bad |= json_object_set_new(o, c->subjects[k].name, subject_object(s, &c->subjects[k]));
        bad |= json_object_set_new(j, s->ops->ops[i].name, o);
    }
    return unless(bad, j);
}

static bool pair_seen(const stats *s, size_t a, size_t b)
{
    return s->paths[0].bits != NULL && seqset_has(&s->paths[0], (uint16_t[]){(uint16_t)a, (uint16_t)b});
}

/* Counts the feasible pairs that appear. */
static uint64_t count_pairs(const pair_table *p, const stats *s)
{
    uint64_t n = 0;
    for (size_t a = 0; a < p->n_ops; a++)
        for (size_t k = p->first[a]; k < p->first[a + 1]; k++)
            n += pair_seen(s, a, p->followers[k]);
    return n;
}

/* Pairs with this reason (NULL: feasible) that do not appear. Key: the first operator; value: the second operators, separated by
 * spaces. */
static json_t *pairs_object(const nn_family *f, const stats *s, const char *reason)
{
    const op_set *ops = s->ops;
    json_t *j = json_object();
    json_line text = {.bytes = NULL};
    int bad = 0;
    for (size_t a = 0; a < ops->n_ops; a++) {
        text.size = 0;
        for (size_t b = 0; b < ops->n_ops; b++)
            if (pairs_reason(f->pairs, a, b) == reason && !pair_seen(s, a, b)) {
                line_raw(&text, text.size > 0 ? " " : "");
                line_raw(&text, ops->ops[b].name);
            }
        if (text.size > 0)
            bad |= json_object_set_new(j, ops->ops[a].name, text.failed ? NULL : json_stringn(text.bytes, text.size));
    }
    nn_free(text.bytes);
    return unless(bad, j);
}

/* Pairs that no model has: feasible ones under "missing", the others under the reason why they are not feasible. A pair that
 * appears although no instance of it had been found is not listed. */
static json_t *missing_pairs_object(const nn_family *f, const stats *s)
{
    json_t *j = json_pack("{s:o}", "missing", pairs_object(f, s, NULL)), *infeasible = json_object();
    const pair_table *p = f->pairs;
    int bad = 0;
    for (size_t i = 0; i < p->n_ops * p->n_ops; i++)
        if (p->reasons[i] != NULL && json_object_get(infeasible, p->reasons[i]) == NULL)
            bad |= json_object_set_new(infeasible, p->reasons[i], pairs_object(f, s, p->reasons[i]));
    bad |= json_object_set_new(j, "infeasible", infeasible);
    return unless(bad, j);
}

/* Numbers of distinct sequences of operators along edges, by length. */
static json_t *coverage_object(const nn_family *f, const stats *s)
{
    json_t *j = json_pack("{s:{s:o}}", "1", "seen", whole(stats_covered(s) + stats_inner(s)));
    int bad = 0;
    for (size_t i = 0; i < STATS_PATHS; i++) {
        bool exact;
        json_t *o = json_pack("{s:o}", "seen", whole(seqset_count(&s->paths[i], &exact)));
        if (!exact)
            bad |= json_object_set_new(o, "estimate", json_true());
        if (i == 0 && f->pairs != NULL && s->paths[0].bits != NULL)
            bad |= json_object_set_new(o, "feasible", whole(pairs_count(f->pairs))) |
                   json_object_set_new(o, "covered", whole(count_pairs(f->pairs, s)));
        const char key[] = {(char)('0' + i + STATS_PATH_LEAST), '\0'};
        bad |= json_object_set_new(j, key, o);
    }
    return unless(bad, j);
}

static json_t *statistics_object(const nn_family *f, const stats *s)
{
    json_t *j = json_pack("{s:o, s:f, s:f}", "nodes", whole(s->nodes), "joins", ratio(s->joins, s->nodes), "reused",
                          ratio(s->reused, s->tensors));
    int bad = 0;
#define X(name) bad |= json_object_set_new(j, #name, spread_object(&s->name, s->models));
    STATS_SPREADS(X)
#undef X
    bad |= json_object_set_new(j, "ranks", ranks_object(s)) | json_object_set_new(j, "dims", dims_object(s)) |
           json_object_set_new(j, "classes", classes_object(s)) | json_object_set_new(j, "coverage", coverage_object(f, s));
    return unless(bad, j);
}

static bool is_shard(const options *run)
{
    return run != NULL && run->shards > 0;
}

static int set_shard(json_t *j, const options *run)
{
    return json_object_set_new(j, "shard",
                               json_pack("{s:I, s:I}", "number", (json_int_t)run->shard_number, "of", (json_int_t)run->shards));
}

static json_t *paths_array(const stats *s)
{
    json_t *j = json_array();
    int bad = 0;
    for (size_t i = 0; i < STATS_PATHS; i++) {
        char *text = seqset_text(&s->paths[i]);
        bad |= json_array_append_new(j, text != NULL ? json_string(text) : NULL);
        nn_free(text);
    }
    return unless(bad, j);
}

/* Numerators and denominators of the ratios in the statistics. */
static json_t *sums_object(const stats *s)
{
    json_t *j = json_pack("{s:o, s:o, s:o}", "joins", whole(s->joins), "tensors", whole(s->tensors), "reused", whole(s->reused));
    int bad = 0;
#define X(name) bad |= json_object_set_new(j, #name, whole(s->name.sum));
    STATS_SPREADS(X)
#undef X
    bad |= json_object_set_new(j, "paths", paths_array(s));
    return unless(bad, j);
}

/* Names of models that have the structure of an earlier model, with the name of that model. */
static json_t *duplicates_array(const distinct_result *d, uint64_t copies)
{
    json_t *j = json_array();
    int bad = 0;
    for (size_t i = 0; i < d->n_pairs; i++) {
        char model[MODEL_NAME_SIZE], first[MODEL_NAME_SIZE];
        model_name(model, d->pairs[i].model, copies);
        model_name(first, d->pairs[i].first, copies);
        bad |= json_array_append_new(j, json_pack("[s, s]", model, first));
    }
    return unless(bad, j);
}

/* Numbers of motifs by name and level. */
static json_t *placed_object(const motif_choice *c, const stats *s)
{
    json_t *j = json_object();
    int bad = 0;
    for (size_t k = 0; k < motif_choice_all(c); k++) {
        const size_t i = motif_choice_at(c, k);
        json_t *levels = json_object();
        for (int level = 0; level < MOTIF_LEVELS; level++)
            bad |= json_object_set_new(levels, motif_level_word((motif_level)level),
                                       whole(s->motifs[i * MOTIF_LEVELS + (size_t)level]));
        bad |= json_object_set_new(j, motif_name(c->set, i), levels);
    }
    return unless(bad, j);
}

static json_t *level_words(unsigned levels)
{
    json_t *j = json_array();
    int bad = 0;
    for (int level = 0; level < MOTIF_LEVELS; level++)
        if (levels >> level & 1)
            bad |= json_array_append_new(j, json_string(motif_level_word((motif_level)level)));
    return unless(bad, j);
}

static json_t *missing_motifs(const nn_family *f, const stats *s)
{
    json_t *j = json_array();
    int bad = 0;
    for (size_t k = 0; k < f->motifs.n_allowed; k++) {
        motif_missing m;
        if (motif_missing_at(f, s, k, &m))
            bad |= json_array_append_new(
                j, json_pack("{s:s, s:o, s:s}", "name", m.name, "levels", level_words(m.levels), "reason", m.reason));
    }
    return unless(bad, j);
}

static json_t *motifs_object(const nn_family *f, const stats *s)
{
    json_t *j = json_pack("{s:o}", "placed", placed_object(&f->motifs, s));
    return unless(motif_missing_known(f) ? json_object_set_new(j, "missing", missing_motifs(f, s)) : 0, j);
}

/* By which rules the outputs were computed. */
static json_t *rules_object(const nn_family *f)
{
    ref_convention c = ref_table_convention(f->table->reference);
    return json_pack("{s:s?, s:I, s:s}", "convention", c.name, "version", (json_int_t)c.version, "rules", f->table->rules_digest);
}

static json_t *outputs_object(const nn_family *f, const stats *s)
{
    json_t *j = rules_object(f);
    return unless(json_object_set_new(j, "outputs", whole(s->outputs.sum)) | json_object_set_new(j, "wide", whole(s->wide)), j);
}

/* Models whose inputs have symbols, and their nodes. */
static json_t *dynamic_object(const stats *s)
{
    return json_pack("{s:o, s:o}", "models", whole(s->sized_models), "nodes", whole(s->sized_nodes));
}

/* Models with empty tensors, and the nodes that take or give them. */
static json_t *empty_object(const stats *s)
{
    return json_pack("{s:o, s:o}", "models", whole(s->empty_models), "nodes", whole(s->empty_nodes));
}

/* What became of --ops, if it could not be followed to the letter. */
static int set_chosen(json_t *j, const table_ops *t)
{
    int bad = 0;
    json_t *gone = json_array(), *helpers = json_array();
    for (size_t i = 0; i < t->n_gone; i++)
        bad |= json_array_append_new(gone, json_pack("{s:s, s:s}", "name", t->gone[i].op, "reason", t->gone[i].reason));
    for (size_t i = 0; i < t->n_helpers; i++)
        bad |= json_array_append_new(helpers, json_string(t->helpers[i]));
    if (t->n_gone > 0)
        bad |= json_object_set(j, "unavailable", gone);
    if (t->n_helpers > 0)
        bad |= json_object_set(j, "helpers", helpers);
    json_decref(gone);
    json_decref(helpers);
    return bad;
}

static json_t *manifest_object(const nn_family *f, const stats *s, const distinct_result *d, uint64_t finished, const options *run)
{
    json_t *j =
        json_pack("{s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "generator", "nngen", "version", NNGEN_VERSION, "options",
                  options_object(&f->options), "table_digest", f->digest, "ir_version", onnx_ir_version((int)f->options.opset),
                  "operators", operators_array(s, 0, s->ops->n_ops), "missing", missing_array(f, s), "distinct", whole(d->distinct),
                  "duplicates", duplicates_array(d, (uint64_t)f->options.variants), "statistics", statistics_object(f, s));
    int bad = f->pairs != NULL ? json_object_set_new(j, "pairs", missing_pairs_object(f, s)) : 0;
    bad |= set_chosen(j, &f->table->chosen);
    bad |= f->motifs.on ? json_object_set_new(j, "motifs", motifs_object(f, s)) : 0;
    uint64_t all = options_all(&f->options);
    if (stats_inner(s) > 0)
        bad |= json_object_set_new(j, "motif_operators", operators_array(s, s->ops->n_ops, s->ops->n_all));
    if (family_outputs(f))
        bad |= json_object_set_new(j, "expected", outputs_object(f, s));
    if (f->empty > 0)
        bad |= json_object_set_new(j, "empty", empty_object(s));
    if (f->dynamic.share > 0)
        bad |= json_object_set_new(j, "dynamic", dynamic_object(s));
    if (input_modes_leave_intervals(&f->modes))
        bad |= json_object_set_new(j, "intervals_hold", json_false());
    if (is_shard(run)) {
        bad |= set_shard(j, run) | json_object_set_new(j, "sums", sums_object(s));
        all = options_models(run);
    }
    if (finished < all)
        bad |= json_object_set_new(j, "finished", whole(finished));
    return unless(bad, j);
}

nn_status manifest_json(char **out, size_t *size, const nn_family *f, const stats *s, const distinct_result *d, uint64_t finished,
                        const options *run, nn_error *err)
{
    json_t *j = manifest_object(f, s, d, finished, run);
    char *text = j != NULL ? json_dumps(j, JSON_FORMAT) : NULL;
    json_decref(j);
    if (text == NULL)
        return nn_nomem(err);
    *size = strlen(text);
    text[*size] = '\n'; /* replaces the NUL; the size is known */
    (*size)++;
    *out = text;
    return NN_OK;
}

nn_status manifest_run(char **out, size_t *size, const nn_family *f, const options *run, nn_error *err)
{
    json_t *j = json_pack("{s:s, s:s, s:o, s:s}", "generator", "nngen", "version", NNGEN_VERSION, "options",
                          options_object(&f->options), "table_digest", f->digest);
    int bad = family_outputs(f) ? json_object_set_new(j, "expected", rules_object(f)) : 0;
    j = unless(bad | (is_shard(run) ? set_shard(j, run) : 0), j);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    if (text == NULL)
        return nn_nomem(err);
    *size = strlen(text);
    *out = text;
    return NN_OK;
}
