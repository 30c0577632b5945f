/* nn_corpus_verify: whether a corpus is what its manifest and models.jsonl say. */
#include "base/file_read.h"
#include "write/input_mode.h"
#include "base/line_reader.h"
#include "corpus/manifest_read.h"
#include "write/naming.h"
#include "nngen.h"
#include "onnx/onnx_sound.h"
#include "base/sha256.h"
#include "base/sorted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *dir;
    int fd;
    manifest_doc *doc;
    sha256 *hasher;
    uint64_t *indices; /* of the lines, ascending */
    size_t n, capacity;
    file_bytes file; /* under way */
    nn_verify_report *report;
    nn_difference_fn *tell;
    void *data;
    const manifest_row *row; /* under way */
    const char *name;
    size_t listed; /* files of the row */
} verify;

static void differ(verify *v, const char *path, const char *what)
{
    char shown[600], text[480];
    v->report->differences++;
    (void)snprintf(shown, sizeof shown, "%s", path);
    (void)snprintf(text, sizeof text, "%s", what);
    nn_one_line(shown);
    nn_one_line(text);
    if (v->tell != NULL)
        v->tell(v->data, shown, text);
}

/* ---- files ---- */

static nn_status check_file(void *data, const char *file, const char *digest, nn_error *err)
{
    verify *v = data;
    char path[300], text[200];
    nn_error why;
    const file_bytes *b = &v->file;
    v->listed++;
    (void)snprintf(path, sizeof path, "%s/%.200s", v->name, file);
    nn_status s = file_read(&v->file, v->fd, path, O_NOFOLLOW, SIZE_MAX - 1, path, &why);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s != NN_OK) {
        differ(v, path, errno == ENOENT ? "is missing" : why.message);
        return NN_OK;
    }
    uint8_t hash[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    s = sha256_digest(v->hasher, b->bytes, b->n, hash, err);
    if (s != NN_OK)
        return s;
    v->report->files++;
    v->report->bytes += b->n;
    sha256_hex(hash, hex);
    if (strcmp(hex, digest) != 0)
        differ(v, path, "has another SHA-256 than models.jsonl says");
    else if (strcmp(file, "model.onnx") == 0 &&
             !onnx_is_sound(b->bytes, b->n, (uint64_t)manifest_options(v->doc)->nodes, text, sizeof text)) {
        if (text[0] == '\0')
            return nn_nomem(err);
        differ(v, path, text);
    }
    return NN_OK;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *list(int root, const char *path)
{
    int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL && fd >= 0)
        close(fd);
    return d;
}

/* Names what is below v->name/under and not in the row. */
static void check_extra(verify *v, const char *under)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s%s%s", v->name, under[0] != '\0' ? "/" : "", under);
    DIR *d = list(v->fd, path);
    if (d == NULL)
        return; /* its files are missing, which is said elsewhere */
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        char below[300];
        struct stat st;
        if (is_dot(e->d_name))
            continue;
        (void)snprintf(below, sizeof below, "%.30s%s%.250s", under, under[0] != '\0' ? "/" : "", e->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", v->name, below);
        bool folder = fstatat(v->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
        if (folder && under[0] == '\0' && manifest_row_has(v->row, below, true))
            check_extra(v, below);
        else if (folder || !manifest_row_has(v->row, below, false))
            differ(v, path, "is not in models.jsonl");
    }
    closedir(d);
}

/* ---- models.jsonl ---- */

static nn_status check_row(verify *v, const manifest_row *row, nn_error *err)
{
    const char *name = manifest_row_name(row);
    uint64_t index;
    char text[200];
    if (!model_index(name, &index) || (v->n > 0 && index <= v->indices[v->n - 1])) {
        (void)snprintf(text, sizeof text, "names model '%.60s' where another is due", name);
        differ(v, "models.jsonl", text);
        return NN_OK;
    }
    if (!nn_grow((void **)&v->indices, &v->capacity, v->n + 1, sizeof *v->indices))
        return nn_nomem(err);
    v->indices[v->n++] = index;
    const options *o = manifest_options(v->doc);
    v->row = row;
    v->name = name;
    v->listed = 0;
    nn_status s = manifest_row_files(row, check_file, v, err);
    if (s != NN_OK)
        return s;
    check_extra(v, "");
    if (index >= (uint64_t)o->count || (o->shards > 0 && (int64_t)(index % (uint64_t)o->shards) != o->shard_number - 1))
        differ(v, name, "does not belong to the run that the manifest describes");
    unsigned formats = 0;
    (void)input_formats_parse(&formats, o->input_format, NULL);
    size_t sets = (formats & INPUT_PB) != 0 ? (size_t)o->inputs : 0;
    if (v->listed != 1 + sets * manifest_row_inputs(row) + ((formats & INPUT_NPZ) != 0 && o->inputs > 0))
        differ(v, name, "has another number of files than its inputs ask for");
    v->report->models++;
    return NN_OK;
}

static nn_status check_lines(verify *v, nn_error *err)
{
    line_reader r;
    size_t size = strlen(v->dir) + 20;
    char *path = nn_malloc(size);
    if (path == NULL)
        return nn_nomem(err);
    (void)snprintf(path, size, "%s/models.jsonl", v->dir);
    nn_error inner = {0};
    nn_status s = line_reader_open(&r, path, &inner);
    for (uint64_t number = 1; s == NN_OK; number++) {
        const char *line;
        size_t n;
        s = line_reader_next(&r, &line, &n, &inner);
        if (s != NN_OK || n == 0)
            break;
        manifest_row *row = manifest_row_parse(line, n);
        char text[80];
        (void)snprintf(text, sizeof text, "line %llu does not describe a model", (unsigned long long)number);
        if (row == NULL)
            differ(v, "models.jsonl", text);
        else
            s = check_row(v, row, &inner);
        manifest_row_free(row);
    }
    line_reader_close(&r);
    nn_free(path);
    if (s == NN_ERR_IO)
        differ(v, "models.jsonl", inner.message);
    if (s == NN_OK && v->n != manifest_models(v->doc)) {
        char text[120];
        (void)snprintf(text, sizeof text, "has %zu models, not %llu", v->n, (unsigned long long)manifest_models(v->doc));
        differ(v, "models.jsonl", text);
    }
    if (s != NN_OK && s != NN_ERR_IO && err != NULL)
        *err = inner;
    return s == NN_ERR_IO ? NN_OK : s;
}

/* ---- the whole ---- */

static bool is_listed(const verify *v, uint64_t index)
{
    size_t at = sorted_place(v->indices, v->n, index);
    return at < v->n && v->indices[at] == index;
}

static void check_directory(verify *v)
{
    DIR *d = list(v->fd, ".");
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        const char *name = e->d_name;
        uint64_t index;
        if (is_dot(name) || strcmp(name, "manifest.json") == 0 || strcmp(name, "models.jsonl") == 0 ||
            (model_index(name, &index) && is_listed(v, index)))
            continue;
        differ(v, name,
               strncmp(name, ".nngen-", 7) == 0 ? "was left by a run that was interrupted"
               : strncmp(name, "test_", 5) == 0 ? "is not in models.jsonl"
                                                : "was not written by nngen");
    }
    if (d != NULL)
        closedir(d);
}

static nn_status check_all(verify *v, nn_error *err)
{
    size_t size = strlen(v->dir) + 20;
    char *path = nn_malloc(size);
    if (path == NULL)
        return nn_nomem(err);
    (void)snprintf(path, size, "%s/manifest.json", v->dir);
    nn_error inner = {0};
    nn_status s = manifest_load(&v->doc, path, &inner);
    nn_free(path);
    if (s == NN_ERR_IO)
        differ(v, "manifest.json", inner.message);
    else if (s != NN_OK)
        return nn_nomem(err);
    if (v->doc == NULL)
        return NN_OK;
    if (manifest_unfinished(v->doc))
        differ(v, "manifest.json", "is of a run that was stopped; --resume goes on with it");
    s = sha256_new(&v->hasher, err);
    if (s == NN_OK)
        s = check_lines(v, err);
    if (s == NN_OK)
        check_directory(v);
    return s;
}

nn_status nn_corpus_verify(const char *dir, nn_verify_report *report, nn_difference_fn *tell, void *data, nn_error *err)
{
    nn_verify_report own = {0};
    verify v = {.dir = dir, .report = report != NULL ? report : &own, .tell = tell, .data = data};
    *v.report = (nn_verify_report){0};
    v.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v.fd < 0)
        return nn_fail(err, NN_ERR_IO, dir, 0, 0, "cannot open: %s", strerror(errno));
    nn_status s = check_all(&v, err);
    manifest_doc_free(v.doc);
    sha256_free(v.hasher);
    nn_free(v.indices);
    file_bytes_free(&v.file);
    close(v.fd);
    return s;
}
