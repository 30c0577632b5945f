/* nn_corpus_write: runs a family on several threads. Workers take indices in order and finish what they took. Results pass
 * through a ring of slots and are committed in index order, so that models.jsonl, the statistics and the manifest are the same
 * for any number of threads. */
#include "family/family.h"
#include "corpus/manifest.h"
#include "corpus/motif_missing.h"
#include "corpus/outdir.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS_MAX 256
#define SLOTS_PER_JOB 16

typedef struct {
    json_line line;
    uint64_t nodes, files, bytes;
    uint8_t structure[STRUCTURE_SIZE];
    bool ready, good;
} slot;

typedef struct {
    const nn_family *family;
    const nn_corpus_config *config;
    options run;    /* the family's options, with the shard */
    uint64_t total; /* number of models of the run; the k-th has index k * step + first */
    uint64_t first, step;
    outdir *dir; /* NULL: nothing is written */

    pthread_mutex_t lock; /* protects all fields below */
    pthread_cond_t moved; /* committed grew, or stop was set */
    slot *slots;
    size_t n_slots;
    uint64_t next, committed; /* positions in the run: the next to take; all before `committed` are finished */
    bool stop;                /* make no new models; a resumed run still records existing ones */
    nn_error error;           /* status NN_OK: no error */
    uint64_t error_index;
    nn_corpus_report report;
    stats stats;
    distinct *distinct;
} corpus;

typedef struct {
    corpus *c;
    nn_model *model;
    stats stats;
    bool compare;    /* compare with existing files instead of writing */
    bool only_there; /* no new model is to be made */
    bool same;
    uint8_t (*digests)[SHA256_SIZE];
    size_t digest_capacity;
    model_dir target;
} worker;

/* ---- one model ---- */

/* Serialises file k, hashes it, and writes it unless this is a dry run. */
static nn_status put_file(worker *w, slot *out, size_t k, nn_error *err)
{
    const void *bytes;
    size_t size;
    const model_file f = model_file_at(w->model, k);
    nn_status s = model_file_bytes(w->model, &f, &bytes, &size, err);
    if (s != NN_OK)
        return s;
    out->bytes += size;
    out->files++;
    if (w->c->dir == NULL)
        return NN_OK;
    if (!nn_grow((void **)&w->digests, &w->digest_capacity, k + 1, sizeof *w->digests))
        return nn_nomem(err);
    s = sha256_digest(w->model->hasher, bytes, size, w->digests[k], err);
    if (s == NN_OK && w->compare)
        w->same = w->same && outdir_holds(w->c->dir, w->model->name, f.set, f.name, bytes, size);
    else if (s == NN_OK)
        s = model_dir_put(&w->target, f.set, f.name, bytes, size, err);
    return s;
}

static nn_status put_files(worker *w, slot *out, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t k = 0; s == NN_OK && k < model_files(w->model); k++)
        s = put_file(w, out, k, err);
    return s;
}

/* The entries of a finished model's directory that outdir_entries counts. */
static size_t counted_entries(const nn_model *m)
{
    size_t n = 0;
    for (size_t k = 0; k < model_files(m); k++) {
        const model_file f = model_file_at(m, k);
        n += !model_file_expected(f.kind);
    }
    bool folders = nn_model_inputs(m) > 0 || family_outputs(m->family);
    return n + (folders ? (size_t)model_sets(m) : 0);
}

/* Whether the model already exists with the same bytes. A model that differs is removed. */
static nn_status find_model(worker *w, slot *out, bool *found, nn_error *err)
{
    outdir *dir = w->c->dir;
    const char *name = w->model->name;
    *found = false;
    if (!w->c->config->resume || dir == NULL || !outdir_has_model(dir, name))
        return NN_OK;
    w->compare = w->same = true;
    nn_status s = put_files(w, out, err);
    w->compare = false;
    if (s != NN_OK)
        return s;
    *found = w->same && outdir_entries(dir, name) == counted_entries(w->model);
    if (*found)
        return NN_OK;
    out->files = out->bytes = 0;
    return outdir_remove_model(dir, name, err);
}

static nn_status write_model(worker *w, slot *out, nn_error *err)
{
    outdir *dir = w->c->dir;
    nn_status s = dir != NULL ? outdir_begin_model(dir, &w->target, w->model->name, err) : NN_OK;
    return s == NN_OK ? put_files(w, out, err) : s;
}

static nn_status make_model(worker *w, slot *out, uint64_t index, nn_error *err)
{
    nn_status s = nn_model_build(&w->model, w->c->family, index, err);
    if (s != NN_OK)
        return s;
    out->nodes = nn_model_nodes(w->model);
    bool found;
    s = find_model(w, out, &found, err);
    if (s != NN_OK)
        return s;
    if (!found && w->only_there)
        return NN_ERR_CANCELLED;
    const outdir *dir = found ? NULL : w->c->dir;
    if (!found)
        s = write_model(w, out, err);
    if (s == NN_OK && !model_structure(w->model, out->structure))
        s = nn_nomem(err);
    if (s == NN_OK && w->c->dir != NULL)
        s = manifest_line(&out->line, w->model, out->structure, (const uint8_t(*)[SHA256_SIZE])w->digests, err);
    if (s == NN_OK)
        s = stats_reserve(&w->stats, model_plain(w->model), err);
    if (s == NN_OK && dir != NULL)
        s = model_dir_end(&w->target, err);
    if (s != NN_OK && dir != NULL)
        model_dir_drop(&w->target);
    if (s == NN_OK)
        family_count(&w->stats, w->model);
    return s;
}

/* ---- threads ---- */

/* Of several errors, the one with the lowest index is reported. */
static void fail(corpus *c, uint64_t index, const nn_error *err)
{
    if (c->error.status == NN_OK || index < c->error_index) {
        c->error = *err;
        c->error_index = index;
    }
    c->stop = true;
}

static void commit(corpus *c)
{
    for (slot *s; (s = &c->slots[c->committed % c->n_slots])->ready; c->committed++) {
        nn_error err = {0};
        if (s->good && ((c->dir != NULL && outdir_record(c->dir, s->line.bytes, s->line.size, &err) != NN_OK) ||
                        distinct_add(c->distinct, s->structure, c->first + c->committed * c->step, &err) != NN_OK))
            fail(c, c->first + c->committed * c->step, &err);
        if (s->good) {
            c->report.models++;
            c->report.nodes += s->nodes;
            c->report.files += s->files;
            c->report.bytes += s->bytes;
            if (c->config->progress != NULL)
                c->config->progress(c->config->progress_data, &(nn_progress){c->report.models, c->total, c->report.bytes});
        }
        s->ready = false;
    }
    pthread_cond_broadcast(&c->moved);
}

static bool is_there(const corpus *c, uint64_t k)
{
    char name[MODEL_NAME_SIZE];
    model_name(name, c->first + k * c->step, (uint64_t)c->family->options.variants);
    return outdir_has_model(c->dir, name);
}

/* Takes the next position; false: there is none. After a stop, a resumed run continues with positions that an earlier run has
 * finished, so that the manifest counts them. Call with the lock held. */
static bool take(corpus *c, uint64_t *k)
{
    for (;;) {
        if (c->config->cancel != NULL && __atomic_load_n(c->config->cancel, __ATOMIC_RELAXED) != 0)
            c->stop = true;
        if (c->next == c->total || (c->stop && (!c->config->resume || c->dir == NULL)))
            return false;
        if (c->next - c->committed >= c->n_slots) {
            pthread_cond_wait(&c->moved, &c->lock);
            continue;
        }
        *k = c->next++;
        if (!c->stop || is_there(c, *k))
            return true;
        slot *s = &c->slots[*k % c->n_slots];
        s->good = false;
        s->ready = true;
        commit(c);
    }
}

/* Adds the name of the model to the error if the path does not contain it. */
static void explain(const corpus *c, uint64_t index, nn_error *err)
{
    if (err->status == NN_ERR_IO || err->status == NN_ERR_NOMEM)
        return;
    char name[MODEL_NAME_SIZE];
    model_name(name, index, (uint64_t)c->family->options.variants);
    nn_error inner = *err;
    (void)nn_fail(err, inner.status, NULL, 0, 0, "%s: %.400s", name, inner.message);
}

static void *work(void *data)
{
    worker *w = data;
    corpus *c = w->c;
    uint64_t k;
    pthread_mutex_lock(&c->lock);
    while (take(c, &k)) {
        uint64_t index = c->first + k * c->step;
        slot *s = &c->slots[k % c->n_slots];
        *s = (slot){.line = {.bytes = s->line.bytes, .capacity = s->line.capacity}};
        w->only_there = c->stop;
        pthread_mutex_unlock(&c->lock);
        nn_error err = {0};
        nn_status status = make_model(w, s, index, &err);
        bool failed = status != NN_OK && status != NN_ERR_CANCELLED;
        if (failed)
            explain(c, index, &err);
        pthread_mutex_lock(&c->lock);
        if (failed)
            fail(c, index, &err);
        c->stop |= status == NN_ERR_CANCELLED; /* the family's caller wants it to stop */
        s->good = status == NN_OK;
        s->ready = true;
        commit(c);
    }
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* The calling thread is the first worker. If the system provides fewer threads than requested, those do all the work. */
static void run(worker *workers, size_t jobs)
{
    pthread_t threads[JOBS_MAX];
    size_t n = 1;
    while (n < jobs && pthread_create(&threads[n], NULL, work, &workers[n]) == 0)
        n++;
    work(&workers[0]);
    for (size_t i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* ---- the whole run ---- */

static nn_status finish(corpus *c, nn_error *err)
{
    distinct_result d;
    nn_status s = distinct_count(c->distinct, &d, err);
    if (s != NN_OK)
        return s;
    c->report.distinct = d.distinct;
    if (c->dir == NULL || (c->report.models == 0 && c->total > 0))
        return NN_OK;
    char *text;
    size_t size;
    s = manifest_json(&text, &size, c->family, &c->stats, &d, c->report.models, &c->run, err);
    if (s != NN_OK)
        return s;
    s = outdir_finish(c->dir, text, size, err);
    free(text);
    return s;
}

static void report_missing(corpus *c, const nn_corpus_config *k, nn_missing_fn *missing, void *data)
{
    const op_set *ops = c->family->table->ops;
    c->report.operators = ops->n_ops;
    c->report.covered = stats_covered(&c->stats);
    c->report.missing = c->report.operators - c->report.covered;
    for (size_t i = 0; missing != NULL && i < ops->n_ops; i++) {
        if (c->step > 1 && plan_reason(c->family->plan, (uint16_t)i) == NULL)
            continue; /* another shard may have it */
        op_obstacle room;
        const char *reason = manifest_missing(c->family, &c->stats, i, &room);
        if (reason != NULL)
            missing(data, ops->ops[i].name, reason);
    }
    motif_missing_tell(c->family, &c->stats, c->step > 1, k->missing_motif, k->missing_motif_data);
}

static nn_status run_all(corpus *c, worker *workers, size_t jobs, nn_error *err)
{
    run(workers, jobs);
    nn_status merged = NN_OK;
    for (size_t i = 0; i < jobs && merged == NN_OK; i++)
        merged = stats_merge(&c->stats, &workers[i].stats, err);
    if (merged != NN_OK)
        return merged;
    if (c->error.status != NN_OK) {
        (void)finish(c, NULL); /* record as much as possible of what exists */
        if (err != NULL)
            *err = c->error;
        return c->error.status;
    }
    nn_status s = finish(c, err);
    if (s == NN_OK && c->report.models < c->total)
        s = nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "stopped after %llu of %llu models", (unsigned long long)c->report.models,
                    (unsigned long long)c->total);
    return s;
}

static nn_status with_workers(corpus *c, size_t jobs, nn_error *err)
{
    c->n_slots = jobs * SLOTS_PER_JOB;
    c->slots = nn_calloc(c->n_slots, sizeof *c->slots);
    worker *workers = nn_calloc(jobs, sizeof *workers);
    nn_status s = c->slots != NULL && workers != NULL ? family_stats(&c->stats, c->family, err) : nn_nomem(err);
    if (s == NN_OK)
        s = distinct_new(&c->distinct, err);
    for (size_t i = 0; i < jobs && s == NN_OK; i++) {
        workers[i].c = c;
        s = family_stats(&workers[i].stats, c->family, err);
    }
    if (s == NN_OK)
        s = run_all(c, workers, jobs, err);
    for (size_t i = 0; workers != NULL && i < jobs; i++) {
        nn_model_free(workers[i].model);
        stats_free(&workers[i].stats);
        nn_free(workers[i].digests);
    }
    for (size_t i = 0; c->slots != NULL && i < c->n_slots; i++)
        nn_free(c->slots[i].line.bytes);
    nn_free(workers);
    nn_free(c->slots);
    return s;
}

static nn_status open_dir(corpus *c, nn_error *err)
{
    const nn_corpus_config *k = c->config;
    char *text;
    outdir_run run = {.count = options_all(&c->family->options),
                      .copies = (uint64_t)c->family->options.variants,
                      .shard = c->first,
                      .shards = c->step};
    nn_status s = manifest_run(&text, &run.n, c->family, &c->run, err);
    if (s != NN_OK)
        return s;
    run.text = text;
    s = outdir_open(&c->dir, k->out, k->force ? OUTDIR_FORCE : k->resume ? OUTDIR_RESUME : OUTDIR_NEW, &run, err);
    free(text);
    return s;
}

nn_status nn_corpus_write(const nn_family *family, const nn_corpus_config *config, nn_corpus_report *report, nn_missing_fn *missing,
                          void *missing_data, nn_error *err)
{
    const nn_corpus_config *k = config != NULL ? config : &(nn_corpus_config){0};
    if (family == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no family was given");
    corpus c = {.family = family, .config = k, .run = family->options, .step = 1};
    if (k->shard > 0 || k->shards > 0) {
        if (k->shard < 1 || k->shard > k->shards || k->shards > SHARDS_MAX)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "shard %u of %u: expected one of 1 to N, N at most %d", k->shard,
                           k->shards, SHARDS_MAX);
        c.run.shard_number = k->shard;
        c.first = k->shard - 1;
        c.run.shards = k->shards;
        c.step = k->shards;
    }
    c.total = options_models(&c.run);
    if (k->jobs > JOBS_MAX)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "jobs %u: expected an integer from 1 to %d", k->jobs, JOBS_MAX);
    size_t jobs = k->jobs > 1 ? k->jobs : 1;
    if (jobs > c.total)
        jobs = c.total > 1 ? (size_t)c.total : 1;
    if (k->force && k->resume)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "force and resume exclude each other");
    nn_status s = k->out != NULL ? open_dir(&c, err) : NN_OK;
    if (s != NN_OK)
        return s;
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.moved, NULL);
    s = with_workers(&c, jobs, err);
    if (s == NN_OK)
        report_missing(&c, config, missing, missing_data);
    if (report != NULL)
        *report = c.report;
    stats_free(&c.stats);
    distinct_free(c.distinct);
    pthread_mutex_destroy(&c.lock);
    pthread_cond_destroy(&c.moved);
    outdir_close(c.dir);
    return s;
}
