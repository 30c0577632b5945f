#include "corpus/manifest_read.h"
#include "family/family.h"

#include "base/file_read.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 10 }; /* seconds */

static json_t *load(const char *bytes, size_t n)
{
    return n > 0 ? json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static bool is_own(const json_t *j)
{
    const char *generator = json_string_value(json_object_get(j, "generator"));
    return generator != NULL && strcmp(generator, "nngen") == 0;
}

manifest_kind manifest_look(const char *bytes, size_t n)
{
    json_t *j = load(bytes, n);
    manifest_kind kind = !is_own(j)                               ? MANIFEST_FOREIGN
                         : json_object_get(j, "finished") != NULL ? MANIFEST_UNFINISHED
                                                                  : MANIFEST_WHOLE;
    json_decref(j);
    return kind;
}

static void show(char out[64], const json_t *value)
{
    const char *word = json_string_value(value);
    if (word != NULL)
        (void)snprintf(out, 64, "'%.*s'", (int)(strcspn(word, "\n") < 40 ? strcspn(word, "\n") : 40), word);
    else if (json_is_integer(value))
        (void)snprintf(out, 64, "%lld", (long long)json_integer_value(value));
    else
        (void)snprintf(out, 64, "%s", json_is_true(value) ? "true" : json_is_false(value) ? "false" : "nothing");
}

/* Whether every field of ours has the same value in theirs. */
static bool same_fields(const json_t *theirs, const json_t *ours, char *why, size_t size)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)ours, key, value)
    {
        const json_t *other = json_object_get(theirs, key);
        if (json_is_object(value) && json_is_object(other)) {
            if (!same_fields(other, value, why, size))
                return false;
        } else if (!json_equal(other, value)) {
            char a[64], b[64];
            show(a, other);
            show(b, value);
            (void)snprintf(why, size, "cannot resume: %s was %s in the interrupted run and is %s now", key, a, b);
            return false;
        }
    }
    return true;
}

static bool same_shard(const json_t *theirs, const json_t *ours, char *why, size_t size)
{
    bool there = json_object_get(theirs, "shard") != NULL, here = json_object_get(ours, "shard") != NULL;
    if (there != here)
        (void)snprintf(why, size, "cannot resume: shard was %sgiven in the interrupted run and is %snow", there ? "" : "not ",
                       here ? "" : "not ");
    return there == here;
}

bool manifest_agrees(const char *bytes, size_t n, const char *run, size_t n_run, char *why, size_t size)
{
    json_t *theirs = load(bytes, n), *ours = json_loadb(run, n_run, 0, NULL);
    bool same = false;
    if (!is_own(theirs) || ours == NULL)
        (void)snprintf(why, size, "contains no run that can be resumed; --force replaces what nngen wrote there");
    else
        same = same_shard(theirs, ours, why, size) && same_fields(theirs, ours, why, size);
    json_decref(theirs);
    json_decref(ours);
    return same;
}

/* ---- loading ---- */

struct manifest_doc {
    json_t *json;
    options options;
    const char *version, *digest;
    const char *path;
};

static nn_status malformed(const manifest_doc *d, nn_error *err)
{
    return nn_fail(err, NN_ERR_IO, d->path, 0, 0, "is not a manifest of nngen, or is damaged");
}

static bool read_options(manifest_doc *d)
{
    const json_t *from = json_object_get(d->json, "options");
    options_default(&d->options);
    bool good = true;
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        if (!row->manifest)
            continue;
        const json_t *v = json_object_get(from, row->field);
        if (row->manifest == IF_SAID && v == NULL)
            continue;
        good = good && (row->kind == OPTION_INT    ? json_is_integer(v)
                        : row->kind == OPTION_FLAG ? json_is_boolean(v)
                                                   : json_is_string(v));
        if (row->kind == OPTION_INT)
            option_set_int(&d->options, row, json_integer_value(v));
        else if (row->kind == OPTION_FLAG)
            option_set_int(&d->options, row, json_is_true(v));
        else
            option_set_text(&d->options, row, json_string_value(v));
    }
    const json_t *shard = json_object_get(d->json, "shard");
    d->options.shard_number = json_integer_value(json_object_get(shard, "number"));
    d->options.shards = json_integer_value(json_object_get(shard, "of"));
    good = good && (shard == NULL || (d->options.shard_number > 0 && d->options.shard_number <= d->options.shards &&
                                      d->options.shards <= SHARDS_MAX));
    return good && options_check(&d->options, "", NULL) == NN_OK;
}

static nn_status parse(manifest_doc **out, const file_bytes *b, const char *path, nn_error *err)
{
    manifest_doc *d = nn_calloc(1, sizeof *d);
    if (d == NULL)
        return nn_nomem(err);
    d->path = path;
    d->json = load(b->bytes, b->n);
    d->version = json_string_value(json_object_get(d->json, "version"));
    d->digest = json_string_value(json_object_get(d->json, "table_digest"));
    if (!is_own(d->json) || d->version == NULL || d->digest == NULL || !read_options(d)) {
        nn_status s = malformed(d, err);
        manifest_doc_free(d);
        return s;
    }
    *out = d;
    return NN_OK;
}

nn_status manifest_load(manifest_doc **out, const char *path, nn_error *err)
{
    file_bytes b = {.bytes = NULL};
    *out = NULL;
    nn_status s = stream_read(&b, path, MANIFEST_MOST, PATIENCE, err);
    if (s == NN_OK)
        s = parse(out, &b, path, err);
    file_bytes_free(&b);
    return s;
}

nn_status manifest_load_in(manifest_doc **out, int dir, const char *shown, nn_error *err)
{
    file_bytes b = {.bytes = NULL};
    *out = NULL;
    nn_status s = file_read(&b, dir, "manifest.json", O_NOFOLLOW, MANIFEST_MOST, shown, err);
    if (s == NN_OK)
        s = parse(out, &b, shown, err);
    file_bytes_free(&b);
    return s;
}

void manifest_doc_free(manifest_doc *d)
{
    if (d == NULL)
        return;
    json_decref(d->json);
    nn_free(d);
}

const options *manifest_options(const manifest_doc *d)
{
    return &d->options;
}
const char *manifest_version(const manifest_doc *d)
{
    return d->version;
}
const char *manifest_digest(const manifest_doc *d)
{
    return d->digest;
}
const char *manifest_rules(const manifest_doc *d)
{
    const char *rules = json_string_value(json_object_get(json_object_get(d->json, "expected"), "rules"));
    return rules != NULL ? rules : "";
}
bool manifest_unfinished(const manifest_doc *d)
{
    return json_object_get(d->json, "finished") != NULL;
}

uint64_t manifest_models(const manifest_doc *d)
{
    if (manifest_unfinished(d))
        return (uint64_t)json_integer_value(json_object_get(d->json, "finished"));
    return options_models(&d->options);
}

/* ---- statistics ---- */

typedef struct {
    const json_t *at;
    bool bad;
} source;

static uint64_t number(source *from, const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    from->bad |= !json_is_integer(v) || json_integer_value(v) < 0;
    return (uint64_t)json_integer_value(v);
}

static void read_operators(source *from, stats *s, const json_t *operators, size_t first, size_t end)
{
    from->bad |= json_array_size(operators) != end - first;
    for (size_t i = first; i < end && !from->bad; i++) {
        const json_t *o = json_array_get(operators, i - first);
        const char *name = json_string_value(json_object_get(o, "name"));
        from->bad |= name == NULL || strcmp(name, s->ops->ops[i].name) != 0;
        s->op_nodes[i] = number(from, o, "nodes");
        s->op_models[i] = number(from, o, "models");
    }
}

static void read_classes(source *from, stats *s, const json_t *classes)
{
    for (size_t i = 0; i < s->ops->n_ops; i++) {
        const class_operator *c = &s->classes->operators[i];
        const json_t *o = json_object_get(classes, s->ops->ops[i].name);
        for (size_t k = 0; k < c->n_subjects; k++) {
            const class_subject *subject = &c->subjects[k];
            const json_t *counts = json_object_get(o, subject->name);
            for (size_t n = 0; n < subject->n_classes; n++)
                if (json_object_get(counts, subject->classes[n].name) != NULL || !subject->classes[n].undeclared)
                    s->class_counts[subject->first + n] = number(from, counts, subject->classes[n].name);
        }
    }
}

static nn_status read_dims(source *from, stats *s, const json_t *dims, nn_error *err)
{
    const char *key;
    json_t *value;
    if (!nn_grow((void **)&s->dims, &s->dims_capacity, json_object_size(dims), sizeof *s->dims))
        return nn_nomem(err);
    json_object_foreach((json_t *)(uintptr_t)dims, key, value)
    {
        from->bad |= !json_is_integer(value) || s->n_dims == json_object_size(dims);
        stats_add_dim(s, strtoll(key, NULL, 10), (uint64_t)json_integer_value(value));
    }
    return NN_OK;
}

static void read_motifs(source *from, stats *s, const motif_choice *c, const json_t *placed)
{
    for (size_t k = 0; c->on && k < motif_choice_all(c); k++) {
        const size_t i = motif_choice_at(c, k);
        const json_t *levels = json_object_get(placed, motif_name(c->set, i));
        for (int level = 0; level < MOTIF_LEVELS; level++)
            s->motifs[i * MOTIF_LEVELS + (size_t)level] = number(from, levels, motif_level_word((motif_level)level));
    }
}

static nn_status read_stats(const manifest_doc *d, const nn_family *f, stats *s, nn_error *err)
{
    source from = {.at = d->json};
    const json_t *t = json_object_get(d->json, "statistics"), *sums = json_object_get(d->json, "sums");
    s->models = manifest_models(d);
    s->nodes = number(&from, t, "nodes");
    s->joins = number(&from, sums, "joins");
    s->tensors = number(&from, sums, "tensors");
    s->reused = number(&from, sums, "reused");
#define X(name)                                                      \
    s->name.sum = number(&from, sums, #name);                        \
    s->name.least = number(&from, json_object_get(t, #name), "min"); \
    s->name.greatest = number(&from, json_object_get(t, #name), "max");
    STATS_SPREADS(X)
#undef X
    const json_t *ranks = json_object_get(t, "ranks");
    for (int r = 0; r <= NN_MAX_RANK; r++) {
        const char key[] = {(char)('0' + r), '\0'};
        if (json_object_get(ranks, key) != NULL)
            s->ranks[r] = number(&from, ranks, key);
    }
    for (size_t i = 0; i < STATS_PATHS; i++) {
        const char *text = json_string_value(json_array_get(json_object_get(sums, "paths"), i));
        from.bad |= text == NULL || !seqset_add_text(&s->paths[i], text);
    }
    const json_t *inner = json_object_get(d->json, "motif_operators");
    read_operators(&from, s, json_object_get(d->json, "operators"), 0, s->ops->n_ops);
    if (inner != NULL)
        read_operators(&from, s, inner, s->ops->n_ops, s->ops->n_all);
    read_classes(&from, s, json_object_get(t, "classes"));
    read_motifs(&from, s, &f->motifs, json_object_get(json_object_get(d->json, "motifs"), "placed"));
    if (family_outputs(f))
        s->wide = number(&from, json_object_get(d->json, "expected"), "wide");
    if (f->empty > 0) {
        s->empty_models = number(&from, json_object_get(d->json, "empty"), "models");
        s->empty_nodes = number(&from, json_object_get(d->json, "empty"), "nodes");
    }
    if (f->dynamic.share > 0) {
        s->sized_models = number(&from, json_object_get(d->json, "dynamic"), "models");
        s->sized_nodes = number(&from, json_object_get(d->json, "dynamic"), "nodes");
    }
    nn_status status = read_dims(&from, s, json_object_get(t, "dims"), err);
    return status == NN_OK && from.bad ? malformed(d, err) : status;
}

nn_status manifest_add_stats(const manifest_doc *d, const nn_family *f, stats *into, nn_error *err)
{
    stats s;
    nn_status status = family_stats(&s, f, err);
    if (status != NN_OK)
        return status;
    status = read_stats(d, f, &s, err);
    if (status == NN_OK)
        status = stats_merge(into, &s, err);
    stats_free(&s);
    return status;
}

/* ---- lines ---- */

manifest_row *manifest_row_parse(const char *line, size_t n)
{
    json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_string(json_object_get(j, "name")) && json_is_object(json_object_get(j, "files")))
        return (manifest_row *)j;
    json_decref(j);
    return NULL;
}

void manifest_row_free(manifest_row *r)
{
    json_decref((json_t *)r);
}

const char *manifest_row_name(const manifest_row *r)
{
    return json_string_value(json_object_get((const json_t *)r, "name"));
}

bool manifest_row_motif(const manifest_row *r, size_t i, const char **name, const char **level)
{
    const json_t *motif = json_array_get(json_object_get((const json_t *)r, "motifs"), i);
    *name = json_string_value(json_object_get(motif, "name"));
    *level = json_string_value(json_object_get(motif, "level"));
    return *name != NULL && *level != NULL;
}

int64_t manifest_row_motif_node(const manifest_row *r, size_t i, size_t k)
{
    const json_t *motif = json_array_get(json_object_get((const json_t *)r, "motifs"), i);
    const json_t *node = json_array_get(json_object_get(motif, "nodes"), k);
    return json_is_integer(node) ? json_integer_value(node) : -1;
}

nn_status manifest_row_files(const manifest_row *r, manifest_file_fn *f, void *data, nn_error *err)
{
    const char *key;
    json_t *value;
    nn_status s = NN_OK;
    json_object_foreach(json_object_get((const json_t *)r, "files"), key, value)
    {
        if (s == NN_OK)
            s = f(data, key, json_is_string(value) ? json_string_value(value) : "", err);
    }
    return s;
}

bool manifest_row_structure(const manifest_row *r, uint8_t out[STRUCTURE_SIZE])
{
    const char *hex = json_string_value(json_object_get((const json_t *)r, "structure"));
    return hex != NULL && structure_parse(hex, out);
}

bool manifest_row_formed(const manifest_row *r)
{
    return json_object_get((const json_t *)r, "forms") != NULL;
}

size_t manifest_row_inputs(const manifest_row *r)
{
    return json_array_size(json_object_get((const json_t *)r, "inputs"));
}

size_t manifest_row_worlds(const manifest_row *r)
{
    json_t *symbols = json_object_get((const json_t *)r, "symbols");
    const size_t n = json_array_size(json_object_iter_value(json_object_iter(symbols)));
    return n < 1 ? 1 : n < NN_MAX_WORLDS ? n : NN_MAX_WORLDS;
}

size_t manifest_row_outputs(const manifest_row *r)
{
    return json_array_size(json_object_get((const json_t *)r, "outputs"));
}

const char *manifest_row_digest(const manifest_row *r, const char *path)
{
    return json_string_value(json_object_get(json_object_get((const json_t *)r, "files"), path));
}

bool manifest_row_has(const manifest_row *r, const char *path, bool folder)
{
    const json_t *files = json_object_get((const json_t *)r, "files");
    if (!folder)
        return json_object_get(files, path) != NULL;
    const char *key;
    json_t *value;
    size_t n = strlen(path);
    json_object_foreach((json_t *)(uintptr_t)files, key, value)
    {
        if (strncmp(key, path, n) == 0 && key[n] == '/')
            return true;
    }
    return false;
}
