/* Models of the public API: build, serialise, write. */
#include "family/empty_open.h"
#include "family/family.h"
#include "family/model_form.h"
#include "base/directory.h"
#include "write/model_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

nn_status model_new(nn_model **out, const nn_family *f, nn_error *err)
{
    nn_model *m = nn_calloc(1, sizeof *m);
    if (m == NULL)
        return nn_nomem(err);
    m->family = f;
    arena_init(&m->mem, 0);
    nn_status s = tape_new_seeded(&m->tape, (uint64_t)f->options.seed, 0, err);
    if (s == NN_OK)
        s = builder_new(&m->builder, f->table->ops, err);
    if (s == NN_OK)
        s = sha256_new(&m->hasher, err);
    if (s != NN_OK) {
        nn_model_free(m);
        return s;
    }
    *out = m;
    return NN_OK;
}

void nn_model_free(nn_model *m)
{
    if (m == NULL)
        return;
    builder_free(m->builder);
    model_manner_free(&m->manner);
    model_tape_free(&m->taped);
    tape_free(m->tape);
    sha256_free(m->hasher);
    onnx_buffer_free(&m->onnx);
    onnx_buffer_free(&m->input);
    npz_free(&m->npz);
    nn_free(m->tolerances.bytes);
    model_outputs_free(&m->outputs);
    arena_free(&m->mem);
    nn_free(m->paths);
    nn_free(m->due);
    nn_free(m);
}

static const manner *pick_manner(const nn_model *m)
{
    const nn_family *f = m->family;
    const manner_set *set = f->table->manners;
    uint64_t sum = 0;
    if (f->manner != NULL)
        return f->manner;
    for (size_t i = 0; i < set->n; i++)
        sum += set->items[i].mixed;
    uint64_t at = tape_draw(m->tape, "manner", sum);
    size_t i = 0;
    for (; i + 1 < set->n && at >= set->items[i].mixed; i++)
        at -= set->items[i].mixed;
    return &set->items[i];
}

/* The share of the model's nodes that motifs take, in thousandths. */
static uint32_t motif_share(const nn_model *m)
{
    const nn_family *f = m->family;
    if (!f->motifs.by_manner)
        return f->motifs.share;
    return !f->plain && !f->motifs.cover && manner_says(&m->manner.drawn, MANNER_motifs) ? m->manner.drawn.value[MANNER_motifs] : 0;
}

/* Nodes that the motifs of the model leave to others. */
static size_t free_nodes(const build_request *r)
{
    size_t taken = (size_t)((uint64_t)r->nodes * r->motifs.share / 1000);
    for (size_t i = 0; i < r->motifs.n_due; i++)
        taken += motif_nodes(r->motifs.set, r->motifs.due[i].motif);
    return taken < r->nodes ? r->nodes - taken : 0;
}

/* Draws the manner of the model, and what the model draws from it. */
static nn_status draw_manner(nn_model *m, build_request *r, nn_error *err)
{
    build_log *log = r->log;
    const nn_family *f = m->family;
    const manner *of = pick_manner(m);
    const bool guided = f->guide.weights != NULL;
    const op_weights *base = guided ? f->guide.weights : f->manner_weights[of - f->table->manners->items];
    if (!model_manner_draw(&m->manner, of, base, guided, f->table->ops, m->tape))
        return nn_nomem(err);
    r->motifs.share = f->motifs.on ? motif_share(m) : 0;
    if (log)
        build_log_skip(log);
    if (!m->taped.from_bytes && !guided && !model_manner_plan(&m->manner, free_nodes(r), m->tape))
        return nn_nomem(err);
    r->weights = model_manner_weights(&m->manner, base);
    r->guided = guided;
    r->manner = manner_is_plain(of) ? NULL : &m->manner.drawn;
    if (r->constants == 0 && *f->options.common == '\0' && manner_says(&m->manner.drawn, MANNER_constants))
        r->constants = (m->manner.drawn.value[MANNER_constants] + 5) / 10;
    return NN_OK;
}

/* Collects the paths that every model has, then those that are due in this one, or if there are none, those wished of it. */
static nn_status collect_paths(nn_model *m, uint64_t index, build_request *r, nn_error *err)
{
    const nn_family *f = m->family;
    size_t n;
    const due_path *due = cover_due(f->cover, index, &n);
    if (n == 0)
        due = wish_due(f->wishes, index, &n);
    const size_t wished = f->plain ? 0 : m->manner.wishes.n;
    r->n_paths = f->guide.n_contain + n + wished;
    if (r->n_paths == 0)
        return NN_OK;
    void *p = m->paths;
    bool ok = nn_grow(&p, &m->paths_capacity, r->n_paths, sizeof *m->paths);
    m->paths = p;
    if (!ok)
        return nn_nomem(err);
    for (size_t i = 0; i < f->guide.n_contain + n; i++)
        m->paths[i] = i < f->guide.n_contain ? f->guide.contain[i] : due[i - f->guide.n_contain];
    for (size_t i = 0; i < wished; i++)
        m->paths[f->guide.n_contain + n + i] = m->manner.wishes.items[i];
    r->paths = m->paths;
    return NN_OK;
}

/* What a seeded model must contain. */
static nn_status collect_due(nn_model *m, uint64_t index, build_request *r, nn_error *err)
{
    const nn_family *f = m->family;
    nn_status s = collect_paths(m, index, r, err);
    r->due = plan_due(f->plan, index, &r->n_due);
    return s;
}

/* Adds the closed fragments of the model to the motifs that are due. */
static nn_status add_fragments(nn_model *m, build_request *r, nn_error *err)
{
    const nn_family *f = m->family;
    motif_wish *w = &r->motifs;
    fragments_draw(&f->fragments, m->index, &m->fragments);
    if (m->fragments.n == 0)
        return NN_OK;
    void *p = m->due;
    const bool ok = nn_grow(&p, &m->due_capacity, w->n_due + m->fragments.n, sizeof *m->due);
    m->due = p;
    if (!ok)
        return nn_nomem(err);
    memcpy(m->due, m->fragments.due, m->fragments.n * sizeof *m->due);
    if (w->n_due > 0)
        memcpy(m->due + m->fragments.n, w->due, w->n_due * sizeof *m->due);
    w->set = f->motifs.set;
    w->due = m->due;
    w->n_due += m->fragments.n;
    r->dynamic.finds = m->fragments.finds;
    return NN_OK;
}

/* The graph in each of its worlds. */
static nn_status make_views(nn_model *m, const graph *g, nn_error *err)
{
    m->views = g;
    if (g->n_worlds == 0)
        return NN_OK;
    graph *views = arena_alloc(&m->mem, g->n_worlds * sizeof *views);
    graph_tensor *tensors = arena_alloc(&m->mem, g->n_worlds * g->n_tensors * sizeof *tensors);
    if (views == NULL || tensors == NULL)
        return nn_nomem(err);
    for (size_t w = 0; w < g->n_worlds; w++)
        views[w] = graph_in_world(g, w, tensors + w * g->n_tensors);
    m->views = views;
    m->n_views = g->n_worlds;
    return NN_OK;
}

nn_status model_make(nn_model *m, build_log *log, nn_error *err)
{
    const nn_family *f = m->family;
    const bool replay = m->taped.from_bytes;
    build_request request = {.nodes = (size_t)f->options.nodes,
                             .avoid = f->guide.avoid,
                             .weights = f->guide.weights,
                             .limits = f->limits,
                             .constants = (uint32_t)f->options.constants,
                             .dynamic = f->dynamic,
                             .log = log,
                             .watch = &f->watch,
                             .check = f->options.check != 0};
    const motif_choice *c = &f->motifs;
    request.dynamic.seed = m->seed;
    request.dynamic.index = m->index;
    tape_reseed(m->tape, (uint64_t)f->options.seed, m->index);
    if (replay)
        model_tape_begin(m, &request);
    if (log)
        model_log_begin(m, log);
    request.limits.empty = empty_draw(f, m->tape);
    if (c->on)
        request.motifs = (motif_wish){.set = c->set,
                                      .allowed = c->allowed,
                                      .n_allowed = c->n_allowed,
                                      .share = c->share,
                                      .near_misses = (uint32_t)f->options.near_misses};
    if (c->on && !replay) /* before the manner, whose sequences leave room for them */
        request.motifs.due = motif_cover_due(c->cover, m->index, &request.motifs.n_due);
    nn_status s = replay ? NN_OK : add_fragments(m, &request, err);
    if (s == NN_OK && !f->plain)
        s = draw_manner(m, &request, err);
    if (s == NN_OK && !replay)
        s = collect_due(m, m->index, &request, err);
    if (s != NN_OK)
        return s;
    const graph *g = NULL;
    request.trace = m->trace;
    s = builder_build(m->builder, &request, m->tape, &g, &m->report, err);
    if (s != NN_OK)
        return s;
    arena_reset(&m->mem);
    m->n_views = g->n_worlds > 0 ? g->n_worlds : 1;
    s = model_names_new(&m->names, g, f->table->ops, &m->mem, err);
    if (s == NN_OK)
        s = model_form(m, g, err);
    m->plain = g;
    m->graph = m->formed.model != NULL ? &m->formed.g : g;
    if (s == NN_OK)
        s = make_views(m, m->graph, err);
    if (s != NN_OK)
        m->graph = NULL;
    return s;
}

nn_status model_reuse(nn_model **model, const nn_family *f, nn_error *err)
{
    nn_model *m = model != NULL ? *model : NULL;
    if (model == NULL)
        return nn_no_result(err);
    if (m != NULL) { /* after any result, the previous content is gone */
        m->graph = NULL;
        m->onnx.size = m->input.size = 0;
        model_outputs_forget(&m->outputs);
        m->taped.logged = false;
    }
    if (f == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no family was given");
    if (m != NULL && m->family != f)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the model to overwrite belongs to another family");
    return m == NULL ? model_new(model, f, err) : NN_OK;
}

nn_status nn_model_build(nn_model **model, const nn_family *f, uint64_t index, nn_error *err)
{
    if (model == NULL)
        return nn_no_result(err);
    if (*model != NULL)
        (void)model_reuse(model, (*model)->family, NULL);
    if (f != NULL && index >= options_all(&f->options))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "model %llu: expected an index from 0 to %lld", (unsigned long long)index,
                       (long long)options_all(&f->options) - 1);
    if (f != NULL && *model != NULL && (*model)->family != f)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "model %llu: the model to overwrite belongs to another family",
                       (unsigned long long)index);
    nn_status s = model_reuse(model, f, err);
    if (s != NN_OK)
        return s;
    nn_model *m = *model;
    m->taped.from_bytes = m->taped.changed = false;
    m->seed = (uint64_t)f->options.seed;
    m->index = index / (uint64_t)f->options.variants;
    m->variant = index % (uint64_t)f->options.variants;
    model_name(m->name, index, (uint64_t)f->options.variants);
    return model_make(m, NULL, err);
}

nn_status family_stats(stats *s, const nn_family *f, nn_error *err)
{
    const class_table *classes;
    nn_status status = late_classes_get(&classes, f->table->classes, err);
    if (status == NN_OK)
        status = stats_init(s, f->table->ops, classes, err);
    if (status == NN_OK && f->motifs.on) {
        status = stats_count_motifs(s, motif_count(f->motifs.set) * MOTIF_LEVELS, err);
        if (status != NN_OK)
            stats_free(s);
    }
    return status;
}

void family_count(stats *s, const nn_model *m)
{
    size_t n = 0;
    const placed_motif *p = builder_motifs(m->builder, &n);
    stats_add(s, m->plain);
    for (size_t i = 0; i < n && s->n_motifs > 0; i++)
        s->motifs[p[i].motif * MOTIF_LEVELS + p[i].level]++;
    for (size_t i = 0; i < m->graph->n_outputs && m->outputs.kept != NULL; i++)
        s->wide += m->outputs.kept[i].tolerance.wide;
}

static bool is_built(const nn_model *m)
{
    return m != NULL && m->graph != NULL;
}

const char *nn_model_name(const nn_model *m)
{
    return is_built(m) ? m->name : NULL;
}
size_t nn_model_nodes(const nn_model *m)
{
    return is_built(m) ? m->graph->n_nodes : 0;
}
size_t nn_model_inputs(const nn_model *m)
{
    return is_built(m) ? m->graph->n_inputs : 0;
}
size_t nn_model_outputs(const nn_model *m)
{
    return is_built(m) ? m->graph->n_outputs : 0;
}

uint64_t nn_model_sets(const nn_model *m)
{
    return is_built(m) ? (uint64_t)m->family->options.inputs * m->n_views : 0;
}

const char *nn_model_node_operator(const nn_model *m, size_t i)
{
    return i < nn_model_nodes(m) ? m->graph->nodes[m->graph->order[i]].op_type : NULL;
}

/* ---- bytes ---- */

typedef enum { ALL_OF_MODEL, ONE_INPUT, ALL_INPUTS, ONE_OUTPUT, ONE_BOUND, ALL_OUTPUTS, ALL_BOUNDS, TOLERANCES } piece;

/* input: or output. */
static nn_status serialise(nn_model *m, piece what, uint64_t set, size_t input, nn_error *err)
{
    model_request wanted;
    model_request_of(&wanted, m);
    const onnx_request request = wanted.onnx;
    const nn_table *table = m->family->table;
    const outputs_of of = {.rules = table->reference,
                           .ops = table->all,
                           .views = m->views,
                           .n_views = m->n_views,
                           .names = &m->names,
                           .request = &request,
                           .sets = nn_model_sets(m),
                           .archives = family_npz(m->family)};
    if (what == ONE_OUTPUT || what == ONE_BOUND)
        return model_outputs_write(&m->outputs, &of, set, input, what == ONE_BOUND, err);
    if (what == ALL_OUTPUTS || what == ALL_BOUNDS)
        return model_outputs_archive(&m->outputs, &of, what == ALL_BOUNDS, err);
    if (what == TOLERANCES)
        return model_outputs_all(&m->outputs, &of, err);
    if (what == ALL_INPUTS)
        return onnx_write_npz(&m->npz, m->views, m->n_views, &m->names, &request, nn_model_sets(m), &m->mem, err);
    if (what == ALL_OF_MODEL && m->formed.model != NULL)
        return form_write(&m->onnx, m->formed.model, err);
    if (what == ALL_OF_MODEL)
        return onnx_write_model(&m->onnx, m->graph, &m->names, &request, &m->mem, err);
    return onnx_write_input(&m->input, &m->views[set % m->n_views], &m->names, &request, set, input, &m->mem, err);
}

static nn_status nothing_built(nn_error *err)
{
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no model was built");
}

nn_status nn_model_onnx(nn_model *m, const void **bytes, size_t *size, nn_error *err)
{
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    if (!is_built(m))
        return nothing_built(err);
    nn_status s = m->onnx.size == 0 ? serialise(m, ALL_OF_MODEL, 0, 0, err) : NN_OK;
    if (s == NN_OK) {
        *bytes = m->onnx.bytes;
        *size = m->onnx.size;
    }
    return s;
}

static nn_status check_set(const nn_model *m, uint64_t set, nn_error *err)
{
    const uint64_t sets = nn_model_sets(m);
    return set < sets ? NN_OK
                      : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "set %llu: the model has %llu input sets, counted from 0",
                                (unsigned long long)set, (unsigned long long)sets);
}

nn_status nn_model_input(nn_model *m, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err)
{
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    if (!is_built(m))
        return nothing_built(err);
    if (i >= m->graph->n_inputs)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "input %zu: the model has %zu graph inputs, counted from 0", i,
                       m->graph->n_inputs);
    nn_status s = check_set(m, set, err);
    if (s == NN_OK)
        s = serialise(m, ONE_INPUT, set, i, err);
    if (s == NN_OK) {
        *bytes = m->input.bytes;
        *size = m->input.size;
    }
    return s;
}

static nn_status has_outputs(const nn_model *m, nn_error *err)
{
    if (!is_built(m))
        return nothing_built(err);
    return family_outputs(m->family) ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the family was opened without outputs");
}

static nn_status check_output(const nn_model *m, uint64_t set, size_t i, nn_error *err)
{
    nn_status s = has_outputs(m, err);
    if (s != NN_OK)
        return s;
    if (i >= m->graph->n_outputs)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "output %zu: the model has %zu graph outputs, counted from 0", i,
                       m->graph->n_outputs);
    return check_set(m, set, err);
}

static nn_status output(nn_model *m, piece what, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err)
{
    nn_status s = bytes != NULL && size != NULL ? check_output(m, set, i, err) : nn_no_result(err);
    if (s == NN_OK)
        s = serialise(m, what, set, i, err);
    const onnx_buffer *b = what == ONE_BOUND ? &m->outputs.bound : &m->outputs.value;
    if (s == NN_OK) {
        *bytes = b->bytes;
        *size = b->size;
    }
    return s;
}

nn_status nn_model_output(nn_model *m, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err)
{
    return output(m, ONE_OUTPUT, set, i, bytes, size, err);
}

nn_status nn_model_bound(nn_model *m, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err)
{
    return output(m, ONE_BOUND, set, i, bytes, size, err);
}

nn_status nn_model_npz(nn_model *m, const void **bytes, size_t *size, nn_error *err)
{
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    if (!is_built(m))
        return nothing_built(err);
    nn_status s = serialise(m, ALL_INPUTS, 0, 0, err);
    if (s == NN_OK) {
        *bytes = m->npz.bytes;
        *size = m->npz.size;
    }
    return s;
}

/* Without .npz files in the family, the contents of only one set are kept. */
static nn_status archive(nn_model *m, piece what, const void **bytes, size_t *size, nn_error *err)
{
    nn_status s = bytes != NULL && size != NULL ? has_outputs(m, err) : nn_no_result(err);
    if (s == NN_OK && !family_npz(m->family))
        s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the family was opened without the input format npz");
    if (s == NN_OK)
        s = serialise(m, what, 0, 0, err);
    if (s == NN_OK) {
        *bytes = m->outputs.archive.bytes;
        *size = m->outputs.archive.size;
    }
    return s;
}

nn_status nn_model_output_npz(nn_model *m, const void **bytes, size_t *size, nn_error *err)
{
    return archive(m, ALL_OUTPUTS, bytes, size, err);
}

nn_status nn_model_bound_npz(nn_model *m, const void **bytes, size_t *size, nn_error *err)
{
    return archive(m, ALL_BOUNDS, bytes, size, err);
}

/* ---- files ---- */

/* Files of a data set. */
static size_t set_files(const nn_model *m)
{
    return m->graph->n_inputs + (family_outputs(m->family) ? 2 * m->graph->n_outputs : 0);
}

static size_t tolerance_files(const nn_model *m)
{
    return family_outputs(m->family) && model_sets(m) > 0 ? 2 : 0;
}

static size_t external_files(const nn_model *m)
{
    return m->formed.model != NULL ? form_files(m->formed.model) : 0;
}

size_t model_files(const nn_model *m)
{
    size_t archives = !family_npz(m->family) ? 0 : family_outputs(m->family) ? 3 : 1;
    return 1 + (size_t)model_sets(m) * set_files(m) + tolerance_files(m) + archives + external_files(m);
}

model_file model_file_at(const nn_model *m, size_t k)
{
    static const model_file_kind last[] = {MODEL_DATA, MODEL_CONFIG, MODEL_INPUTS, MODEL_OUTPUTS, MODEL_BOUNDS};
    size_t inputs = m->graph->n_inputs, outputs = m->graph->n_outputs, each = set_files(m);
    if (k == 0)
        return model_file_of(MODEL_ONNX, -1, -1);
    k--;
    if (k < external_files(m))
        return model_file_of(MODEL_EXTERNAL, -1, (long)k);
    k -= external_files(m);
    if (k >= (size_t)model_sets(m) * each)
        return model_file_of(last[k - (size_t)model_sets(m) * each + 2 - tolerance_files(m)], -1, -1);
    long set = (long)(k / each);
    k %= each;
    return k < inputs             ? model_file_of(MODEL_INPUT, set, (long)k)
           : k < inputs + outputs ? model_file_of(MODEL_OUTPUT, set, (long)(k - inputs))
                                  : model_file_of(MODEL_BOUND, set, (long)(k - inputs - outputs));
}

/* One pair for all outputs, as onnx.backend.test or onnx_test_runner reads it. Where a bound is infinite, both accept everything.
 */
static nn_status tolerances(nn_model *m, bool json, const void **bytes, size_t *size, nn_error *err)
{
    tolerance all = {.n = 0};
    dtype coarsest = DT_DOUBLE;
    double atol, rtol;
    nn_status s = serialise(m, TOLERANCES, 0, 0, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < m->graph->n_outputs; i++) {
        dtype t = m->graph->tensors[m->graph->outputs[i]].desc.type;
        tolerance_join(&all, &m->outputs.kept[i].tolerance);
        if (dtype_is_float(t) && dtype_unit(t) > dtype_unit(coarsest))
            coarsest = t;
    }
    tolerance_pair(&all, coarsest, &atol, &rtol);
    json_line *j = &m->tolerances;
    j->size = 0;
    line_raw(j, json ? "{\"atol\":" : "per_sample_tolerance:");
    line_real(j, all.unbounded > 0 ? (double)__FLT_MAX__ : atol);
    line_raw(j, json ? ",\"rtol\":" : "\nrelative_per_sample_tolerance:");
    line_real(j, rtol);
    line_raw(j, json ? "}\n" : "\n");
    *bytes = j->bytes;
    *size = j->size;
    return j->failed ? nn_nomem(err) : NN_OK;
}

nn_status model_file_bytes(nn_model *m, const model_file *f, const void **bytes, size_t *size, nn_error *err)
{
    switch (f->kind) {
    case MODEL_ONNX:
        return nn_model_onnx(m, bytes, size, err);
    case MODEL_INPUT:
        return nn_model_input(m, (uint64_t)f->set, (size_t)f->index, bytes, size, err);
    case MODEL_OUTPUT:
        return nn_model_output(m, (uint64_t)f->set, (size_t)f->index, bytes, size, err);
    case MODEL_BOUND:
        return nn_model_bound(m, (uint64_t)f->set, (size_t)f->index, bytes, size, err);
    case MODEL_DATA:
    case MODEL_CONFIG:
        return tolerances(m, f->kind == MODEL_DATA, bytes, size, err);
    case MODEL_INPUTS:
        return nn_model_npz(m, bytes, size, err);
    case MODEL_OUTPUTS:
        return nn_model_output_npz(m, bytes, size, err);
    case MODEL_EXTERNAL:
        return nn_model_external(m, (size_t)f->index, NULL, bytes, size, err);
    case MODEL_BOUNDS:
        break;
    }
    return nn_model_bound_npz(m, bytes, size, err);
}

nn_status model_tolerance(nn_model *m, size_t i, double *atol, double *rtol, bool *wide, bool *known, nn_error *err)
{
    nn_status s = serialise(m, TOLERANCES, 0, 0, err);
    if (s != NN_OK)
        return s;
    const tolerance *t = &m->outputs.kept[i].tolerance;
    tolerance_pair(t, m->graph->tensors[m->graph->outputs[i]].desc.type, atol, rtol);
    *wide = t->wide;
    *known = t->unbounded == 0;
    return NN_OK;
}

nn_status nn_model_tolerance(nn_model *m, size_t i, nn_tolerance *out, nn_error *err)
{
    bool wide, known;
    nn_tolerance t;
    if (out == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "tolerance is NULL");
    nn_status s = check_output(m, 0, i, err);
    if (s == NN_OK)
        s = model_tolerance(m, i, &t.atol, &t.rtol, &wide, &known, err);
    if (s != NN_OK)
        return s;
    t.wide = wide;
    t.unbounded = !known;
    *out = t;
    return NN_OK;
}

/* ---- writing a directory ---- */

static nn_status put_all(nn_model *m, model_dir *d, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t k = 0; s == NN_OK && k < model_files(m); k++) {
        const void *bytes;
        size_t size;
        model_file f = model_file_at(m, k);
        s = model_file_bytes(m, &f, &bytes, &size, err);
        if (s == NN_OK)
            s = model_dir_put(d, f.set, f.name, bytes, size, err);
    }
    return s;
}

static nn_status write_below(nn_model *m, int root, const char *above, const char *name, nn_error *err)
{
    model_dir d;
    nn_status s = model_dir_begin(&d, root, above, name, err);
    if (s != NN_OK)
        return s;
    s = put_all(m, &d, err);
    if (s == NN_OK)
        s = model_dir_end(&d, err);
    if (s != NN_OK)
        model_dir_drop(&d);
    return s;
}

nn_status nn_model_write(nn_model *m, const char *dir, nn_error *err)
{
    if (!is_built(m))
        return nothing_built(err);
    if (dir == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no directory was given");
    char *path = nn_strdup(dir);
    if (path == NULL)
        return nn_nomem(err);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path, *above = slash == path ? "/" : slash != NULL ? path : ".";
    if (slash != NULL && slash != path)
        *slash = '\0';
    nn_status s;
    int root = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*name == '\0' || directory_is_dot(name))
        s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "'%.100s' is not the name of a new directory", dir);
    else if (root < 0)
        s = nn_fail(err, NN_ERR_IO, above, 0, 0, "cannot open: %s", strerror(errno));
    else
        s = write_below(m, root, above, name, err);
    if (root >= 0)
        close(root);
    nn_free(path);
    return s;
}
