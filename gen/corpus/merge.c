/* nn_corpus_merge joins the directories of a family's shards. It takes lines of models.jsonl from the shards in turn, because the
 * indices of the models are distributed over the shards in turn. Statistics are sums. It does not trust the content of a shard:
 * it takes only files that a model can have, below the shard's directory, and follows no symbolic link. */
#include "base/directory.h"
#include "base/file_read.h"
#include "base/line_reader.h"
#include "base/path.h"
#include "base/sha256.h"
#include "corpus/manifest.h"
#include "corpus/motif_missing.h"
#include "corpus/outdir.h"
#include "corpus/replay.h"
#include "corpus/row_files.h"
#include "family/family.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *dir;
    char *manifest_path, *lines_path;
    manifest_doc *doc;
    line_reader lines;
    int fd;
} part;

typedef struct {
    part *parts; /* by number of the shard */
    size_t n;
    nn_table *table;
    nn_family *family;
    stats stats;
    distinct *distinct;
    outdir *dir;
    model_dir target;
    nn_corpus_report report;
    sha256 *hasher; /* NULL: hashes are not compared */

    /* the current model */
    const part *from;
    int model; /* descriptor of its directory in the shard */
    row_files files;
    size_t taken;
    char name[MODEL_NAME_SIZE];
} merge;

/* ---- the shards ---- */

static char *below(const char *dir, const char *name)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    char *path = nn_malloc(n);
    if (path != NULL)
        (void)snprintf(path, n, "%s/%s", dir, name);
    return path;
}

static void close_part(part *p)
{
    manifest_doc_free(p->doc);
    line_reader_close(&p->lines);
    if (p->fd >= 0)
        close(p->fd);
    nn_free(p->manifest_path);
    nn_free(p->lines_path);
}

static nn_status open_part(part *p, const char *dir, nn_error *err)
{
    *p = (part){.dir = dir, .fd = -1, .lines = {.fd = -1}};
    if (dir == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no shard was given");
    p->manifest_path = below(dir, "manifest.json");
    p->lines_path = below(dir, "models.jsonl");
    if (p->manifest_path == NULL || p->lines_path == NULL)
        return nn_nomem(err);
    p->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the path that the user gives may be a link */
    if (p->fd < 0)
        return path_fail(err, NULL, dir, "cannot open", errno);
    nn_status s = manifest_load_in(&p->doc, p->fd, p->manifest_path, err);
    if (s == NN_OK && manifest_options(p->doc)->shards == 0)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "contains no shard of a family");
    if (s == NN_OK && manifest_unfinished(p->doc))
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "contains an unfinished run; --resume continues it");
    return s == NN_OK ? line_reader_open(&p->lines, p->fd, "models.jsonl", O_NOFOLLOW, p->lines_path, err) : s;
}

static nn_status check_same_family(const merge *m, const part *p, const part *first, nn_error *err)
{
    const options *a = manifest_options(first->doc), *b = manifest_options(p->doc);
    if (strcmp(manifest_version(first->doc), manifest_version(p->doc)) != 0 ||
        strcmp(manifest_digest(first->doc), manifest_digest(p->doc)) != 0)
        return nn_fail(err, NN_ERR_USAGE, p->dir, 0, 0, "was made with another version or table than %.200s", first->dir);
    if (strcmp(manifest_rules(first->doc), manifest_rules(p->doc)) != 0)
        return nn_fail(err, NN_ERR_USAGE, p->dir, 0, 0, "has outputs by other rules (specs/compute) than %.200s", first->dir);
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        if (!row->manifest)
            continue;
        if (row->kind == OPTION_INT || row->kind == OPTION_FLAG ? option_int(a, row) == option_int(b, row)
                                                                : strcmp(option_text(a, row), option_text(b, row)) == 0)
            continue;
        return nn_fail(err, NN_ERR_USAGE, p->dir, 0, 0, "belongs to another family than %.200s: %s differs", first->dir,
                       row->field);
    }
    if (b->shards != (int64_t)m->n)
        return nn_fail(err, NN_ERR_USAGE, p->dir, 0, 0, "is one of %lld shards, but %zu %s given", (long long)b->shards, m->n,
                       m->n == 1 ? "was" : "were");
    return NN_OK;
}

static nn_status open_parts(merge *m, const char *const *dirs, size_t n, nn_error *err)
{
    m->parts = nn_calloc(n, sizeof *m->parts);
    if (m->parts == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n; i++)
        m->parts[i] = (part){.fd = -1, .lines = {.fd = -1}};
    m->n = n;
    const part *first = NULL;
    for (size_t i = 0; i < n; i++) {
        part p;
        nn_status s = open_part(&p, dirs[i], err);
        if (s == NN_OK)
            s = check_same_family(m, &p, first != NULL ? first : &p, err);
        part *place = s == NN_OK ? &m->parts[manifest_options(p.doc)->shard_number - 1] : NULL;
        if (place != NULL && place->doc != NULL)
            s = nn_fail(err, NN_ERR_USAGE, p.dir, 0, 0, "is the same shard as %.200s", place->dir);
        if (s != NN_OK) {
            close_part(&p);
            return s;
        }
        *place = p;
        first = place;
    }
    return NN_OK;
}

/* With --force, a merge into the directory of a shard would remove the models of that shard. */
static nn_status check_target(const merge *m, const char *out, nn_error *err)
{
    struct stat target, st;
    if (stat(out, &target) != 0)
        return NN_OK;
    for (size_t i = 0; i < m->n; i++)
        if (fstat(m->parts[i].fd, &st) == 0 && st.st_dev == target.st_dev && st.st_ino == target.st_ino)
            return nn_fail(err, NN_ERR_USAGE, out, 0, 0, "is itself a shard; expected a different output directory");
    return NN_OK;
}

/* ---- models ---- */

/* Whether a file in the target has the hash that the shard's models.jsonl states. */
static nn_status check_hash(merge *m, const model_file *f, const char *path, const char *digest, nn_error *err)
{
    uint8_t hash[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    uint64_t n;
    int fd;
    nn_error why;
    nn_status s = model_dir_open(&m->target, &fd, f->set, f->name, err);
    if (s != NN_OK)
        return s;
    s = sha256_file(m->hasher, fd, &n, hash, &why);
    close(fd);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s != NN_OK)
        return path_fail(err, m->from->dir, path, why.message, 0);
    sha256_hex(hash, hex);
    return strcmp(hex, digest) == 0 ? NN_OK
                                    : path_fail(err, m->from->dir, path, "has a different SHA-256 than models.jsonl states", 0);
}

static nn_status copy_file(merge *m, const model_file *f, int folder, const char *path, nn_error *err)
{
    char shown[PATH_SHOWN];
    int fd;
    path_shown(shown, m->from->dir, path);
    nn_status s = file_open(&fd, folder, f->name, O_NOFOLLOW, shown, err);
    if (s != NN_OK)
        return s;
    s = model_dir_copy(&m->target, f->set, f->name, fd, err);
    close(fd);
    return s;
}

/* Links or copies the file f from `folder` of the shard. */
static nn_status take_from(merge *m, const model_file *f, int folder, const char *path, nn_error *err)
{
    struct stat st;
    if (fstatat(folder, f->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return path_fail(err, m->from->dir, path, "cannot read", errno);
    if (!S_ISREG(st.st_mode))
        return path_fail(err, m->from->dir, path, S_ISLNK(st.st_mode) ? "is a symbolic link" : "is not a regular file", 0);
    m->report.files++;
    m->report.bytes += (uint64_t)st.st_size;
    nn_status s = model_dir_link(&m->target, f->set, f->name, folder, f->name, err);
    return s == NN_ERR_CANCELLED ? copy_file(m, f, folder, path, err) : s;
}

static nn_status take_file(void *data, const char *listed, const char *digest, nn_error *err)
{
    merge *m = data;
    model_file f;
    char path[160], folder[40], inner[96], shown[PATH_SHOWN];
    int fd;
    if (!row_files_have(&m->files, listed, &f))
        return nn_fail(err, NN_ERR_IO, m->from->lines_path, 0, 0, "%s: '%.60s' is not a file of this model", m->name, listed);
    (void)snprintf(path, sizeof path, "%s/%.80s", m->name, listed);
    model_file_folder(folder, &f);
    (void)snprintf(inner, sizeof inner, "%s/%s", m->name, folder);
    path_shown(shown, m->from->dir, inner);
    nn_status s = directory_open(&fd, m->model, folder, shown, err);
    if (s != NN_OK)
        return s;
    s = take_from(m, &f, fd, path, err);
    close(fd);
    if (s == NN_OK && m->hasher != NULL)
        s = check_hash(m, &f, path, digest, err);
    m->taken++;
    return s;
}

static nn_status take_files(merge *m, const manifest_row *row, nn_error *err)
{
    m->files = row_files_of(manifest_options(m->from->doc), row);
    m->taken = 0;
    nn_status s = manifest_row_files(row, take_file, m, err);
    size_t want = row_files_count(&m->files);
    if (s == NN_OK && m->taken != want)
        s = nn_fail(err, NN_ERR_IO, m->from->lines_path, 0, 0, "%s has %zu files, expected %zu", m->name, m->taken, want);
    return s;
}

static nn_status take_model(merge *m, const manifest_row *row, nn_error *err)
{
    char shown[PATH_SHOWN];
    path_shown(shown, m->from->dir, m->name);
    nn_status s = directory_open(&m->model, m->from->fd, m->name, shown, err);
    if (s != NN_OK)
        return s;
    s = outdir_begin_model(m->dir, &m->target, m->name, err);
    if (s == NN_OK)
        s = take_files(m, row, err);
    if (s == NN_OK)
        s = model_dir_end(&m->target, err);
    if (s != NN_OK)
        model_dir_drop(&m->target);
    close(m->model);
    return s;
}

static nn_status take_line(merge *m, uint64_t index, nn_error *err)
{
    const char *name = m->name;
    model_name(m->name, index, (uint64_t)m->family->options.variants);
    part *p = &m->parts[index % m->n];
    m->from = p;
    const char *line;
    size_t n;
    nn_status s = line_reader_next(&p->lines, &line, &n, err);
    if (s != NN_OK)
        return s;
    manifest_row *row = n > 0 ? manifest_row_parse(line, n) : NULL;
    if (row == NULL || strcmp(manifest_row_name(row), name) != 0)
        s = nn_fail(err, NN_ERR_IO, p->lines_path, 0, 0, "has no line for %s at the expected place", name);
    else
        s = take_model(m, row, err);
    uint8_t structure[STRUCTURE_SIZE];
    if (s == NN_OK && !manifest_row_structure(row, structure))
        s = nn_fail(err, NN_ERR_IO, p->lines_path, 0, 0, "the line of %s has no structure of 32 hexadecimal digits", name);
    if (s == NN_OK)
        s = distinct_add(m->distinct, structure, index, err);
    manifest_row_free(row);
    return s == NN_OK ? outdir_record(m->dir, line, n, err) : s;
}

/* ---- the whole merge ---- */

static nn_status finish(merge *m, nn_error *err)
{
    char *text;
    size_t size;
    uint64_t count = options_all(&m->family->options);
    distinct_result d;
    nn_status s = distinct_count(m->distinct, &d, err);
    if (s != NN_OK)
        return s;
    m->report.distinct = d.distinct;
    s = manifest_json(&text, &size, m->family, &m->stats, &d, count, NULL, err);
    if (s != NN_OK)
        return s;
    s = outdir_finish(m->dir, text, size, err);
    free(text);
    return s;
}

static void count_all(merge *m, const nn_merge_config *config, nn_missing_fn *missing, void *data)
{
    const op_set *ops = m->table->ops;
    m->report.models = m->stats.models;
    m->report.nodes = m->stats.nodes;
    m->report.operators = ops->n_ops;
    m->report.covered = stats_covered(&m->stats);
    m->report.missing = m->report.operators - m->report.covered;
    for (size_t i = 0; missing != NULL && i < ops->n_ops; i++) {
        op_obstacle room;
        const char *reason = manifest_missing(m->family, &m->stats, i, &room);
        if (reason != NULL)
            missing(data, ops->ops[i].name, reason);
    }
    if (config != NULL)
        motif_missing_tell(m->family, &m->stats, false, config->missing_motif, config->missing_motif_data);
}

static nn_status run(merge *m, const char *out, const nn_merge_config *config, nn_error *err)
{
    const part *first = &m->parts[0];
    nn_status s = replay_open(&m->table, &m->family, first->doc, first->manifest_path, config->specs, false, err);
    if (s == NN_OK)
        s = family_stats(&m->stats, m->family, err);
    if (s == NN_OK)
        s = distinct_new(&m->distinct, err);
    if (s == NN_OK && config->verify)
        s = sha256_new(&m->hasher, err);
    for (size_t i = 0; i < m->n && s == NN_OK; i++)
        s = manifest_add_stats(m->parts[i].doc, m->family, &m->stats, err);
    if (s == NN_OK)
        s = outdir_open(&m->dir, out, config->force ? OUTDIR_FORCE : OUTDIR_NEW, NULL, err);
    for (uint64_t i = 0; s == NN_OK && i < options_all(&m->family->options); i++)
        s = take_line(m, i, err);
    return s == NN_OK ? finish(m, err) : s;
}

nn_status nn_corpus_merge(const char *out, const char *const *shards, size_t n, const nn_merge_config *config,
                          nn_corpus_report *report, nn_missing_fn *missing, void *missing_data, nn_error *err)
{
    merge m = {0};
    if (n == 0 || shards == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no shard was given");
    if (out == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no output directory was given");
    nn_status s = open_parts(&m, shards, n, err);
    if (s == NN_OK)
        s = check_target(&m, out, err);
    if (s == NN_OK)
        s = run(&m, out, config != NULL ? config : &(nn_merge_config){0}, err);
    if (s == NN_OK)
        count_all(&m, config, missing, missing_data);
    if (s == NN_OK && report != NULL)
        *report = m.report;
    stats_free(&m.stats);
    distinct_free(m.distinct);
    sha256_free(m.hasher);
    outdir_close(m.dir);
    nn_family_close(m.family);
    nn_table_close(m.table);
    for (size_t i = 0; i < m.n; i++)
        close_part(&m.parts[i]);
    nn_free(m.parts);
    return s;
}
