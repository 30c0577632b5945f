/* nn_corpus_verify: whether a corpus is what its manifest and models.jsonl say. It reads only regular files that these name,
 * below the directory, and follows no symbolic link; a link in a corpus is a difference. Files are hashed with a fixed amount of
 * memory. A model.onnx with the right hash is then read whole to be parsed, unless it is larger than protobuf allows. Of a corpus
 * with expected outputs, the models are made again, and the outputs computed again. */
#include "base/directory.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/line_reader.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/sorted.h"
#include "corpus/manifest_read.h"
#include "corpus/remake.h"
#include "corpus/row_files.h"
#include "nngen.h"
#include "onnx/onnx_sound.h"
#include "write/naming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN = 600 }; /* room for a path below the corpus */

typedef struct {
    int fd;
    manifest_doc *doc;
    sha256 *hasher;
    uint64_t *indices; /* of the lines; sorted */
    size_t n, capacity;
    file_bytes file; /* the model.onnx that is parsed */
    remake again;    /* of a corpus with expected outputs */
    nn_verify_report *report;
    nn_difference_fn *tell;
    void *data;

    /* the current line */
    const manifest_row *row;
    const char *name;
    row_files files;
    int model;     /* its directory; -1: there is none */
    long told_set; /* data set whose directory was reported as wrong; -1: none */
    size_t listed;
    bool misnamed; /* the line lists a file that the model cannot have */
} verify;

static void differ(verify *v, const char *path, const char *what)
{
    char shown[SHOWN], text[480];
    v->report->differences++;
    (void)snprintf(shown, sizeof shown, "%s", path);
    (void)snprintf(text, sizeof text, "%s", what);
    nn_one_line(shown);
    nn_one_line(text);
    if (v->tell != NULL)
        v->tell(v->data, shown, text);
}

static void differ_errno(verify *v, const char *path, const char *what)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s: %s", what, strerror(errno));
    differ(v, path, text);
}

/* ---- files ---- */

/* Forms add nodes, and hide them in graphs and functions. */
static uint64_t nodes_of(const verify *v)
{
    return manifest_row_formed(v->row) ? ONNX_ANY_NODES : (uint64_t)manifest_options(v->doc)->nodes;
}

/* Compares the hash of an open file and, if it is right, checks the structure of a model. */
static nn_status check_open_file(verify *v, int fd, bool model, const char *path, const char *digest, nn_error *err)
{
    uint8_t hash[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE], text[200];
    uint64_t n;
    nn_error why;
    struct stat st;
    if (model && fstat(fd, &st) == 0 && st.st_size > INT32_MAX) {
        differ(v, path, "is larger than 2 GiB, which protobuf does not allow");
        return NN_OK;
    }
    nn_status s = sha256_file(v->hasher, fd, &n, hash, &why);
    if (s == NN_OK) {
        v->report->files++;
        v->report->bytes += n;
        sha256_hex(hash, hex);
        if (strcmp(hex, digest) != 0) {
            differ(v, path, "has a different SHA-256 than models.jsonl states");
            return NN_OK;
        }
        if (!model)
            return NN_OK;
        s = file_read_open(&v->file, fd, INT32_MAX, path, &why);
    }
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s != NN_OK) {
        differ(v, path, why.message);
    } else if (!onnx_is_sound(v->file.bytes, v->file.n, nodes_of(v), text, sizeof text)) {
        if (text[0] == '\0')
            return nn_nomem(err);
        differ(v, path, text);
    }
    return NN_OK;
}

/* Opens the directory of the file's data set, or of the model. -1: there is none, which has been reported. */
static int open_folder(verify *v, const model_file *file, const char *path)
{
    char folder[40], shown[SHOWN];
    nn_error why;
    int fd;
    if (v->model < 0) {
        differ(v, path, "is missing");
        return -1;
    }
    model_file_folder(folder, file);
    (void)snprintf(shown, sizeof shown, "%s/%s", v->name, folder);
    if (directory_open(&fd, v->model, folder, shown, &why) == NN_OK)
        return fd;
    if (errno == ENOENT) {
        differ(v, path, "is missing");
    } else if (file->set < 0 || v->told_set != file->set) {
        differ(v, shown, why.message);
        v->told_set = file->set;
    }
    return -1;
}

static nn_status check_file(void *data, const char *listed, const char *digest, nn_error *err)
{
    verify *v = data;
    model_file file;
    char path[SHOWN], text[200];
    nn_error why;
    v->listed++;
    if (!row_files_have(&v->files, listed, &file)) {
        (void)snprintf(text, sizeof text, "%s: '%.60s' is not a file of this model", v->name, listed);
        differ(v, "models.jsonl", text);
        v->misnamed = true;
        return NN_OK;
    }
    (void)snprintf(path, sizeof path, "%s/%s", v->name, listed);
    int folder = open_folder(v, &file, path), fd;
    if (folder < 0)
        return NN_OK;
    nn_status s = file_open(&fd, folder, file.name, O_NOFOLLOW, path, &why);
    if (s != NN_OK)
        differ(v, path, errno == ENOENT ? "is missing" : why.message);
    close(folder);
    if (s != NN_OK)
        return NN_OK;
    s = check_open_file(v, fd, file.kind == MODEL_ONNX, path, digest, err);
    close(fd);
    return s;
}

static bool is_folder(int root, const char *name)
{
    struct stat st;
    return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Reports entries of the model's directory, or of the directory of a data set, that the line does not list. */
static void check_extra(verify *v, int root, const char *name, const char *set)
{
    char path[SHOWN], below[300];
    (void)snprintf(path, sizeof path, "%s%s%s", v->name, set != NULL ? "/" : "", set != NULL ? set : "");
    DIR *d = directory_list(root, name);
    if (d == NULL) {
        if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) /* these were reported for the files */
            differ_errno(v, path, "cannot read");
        return;
    }
    errno = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL; errno = 0) {
        if (directory_is_dot(e->d_name))
            continue;
        (void)snprintf(below, sizeof below, "%.30s%s%.255s", set != NULL ? set : "", set != NULL ? "/" : "", e->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", v->name, below);
        bool folder = is_folder(dirfd(d), e->d_name);
        if (set == NULL && manifest_row_has(v->row, below, true)) {
            if (folder) /* otherwise reported for its files */
                check_extra(v, dirfd(d), below, below);
        } else if (folder || !manifest_row_has(v->row, below, false)) {
            differ(v, path, "is not in models.jsonl");
        }
    }
    if (errno != 0)
        differ_errno(v, v->name, "cannot read");
    closedir(d);
}

/* ---- models.jsonl ---- */

/* Checks the files of v->row. */
static nn_status check_files(verify *v, nn_error *err)
{
    nn_error why;
    v->told_set = -1;
    v->listed = 0;
    v->misnamed = false;
    nn_status s = directory_open(&v->model, v->fd, v->name, v->name, &why);
    if (s != NN_OK && errno != ENOENT) {
        differ(v, v->name, why.message);
        return NN_OK;
    }
    s = manifest_row_files(v->row, check_file, v, err);
    if (s == NN_OK && v->model >= 0)
        check_extra(v, v->model, ".", NULL);
    if (s == NN_OK && !v->misnamed && v->listed != row_files_count(&v->files))
        differ(v, v->name, "the number of files does not match the inputs");
    if (v->model >= 0)
        close(v->model);
    return s;
}

static void on_remade(void *data, const char *file, bool expected)
{
    verify *v = data;
    char path[SHOWN];
    (void)snprintf(path, sizeof path, "%s/%s", v->name, file);
    differ(v, path,
           expected ? "is not what the rules of specs/compute give" : "is not what the options and the seed in manifest.json give");
}

static nn_status check_remade(verify *v, uint64_t index, nn_error *err)
{
    nn_error inner = {0};
    if (v->again.family == NULL || index >= options_all(manifest_options(v->doc)))
        return NN_OK;
    nn_status s = remake_model(&v->again, index, v->row, on_remade, v, &inner);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s != NN_OK)
        differ(v, v->name, inner.message);
    v->report->recomputed += s == NN_OK;
    return NN_OK;
}

static nn_status check_row(verify *v, const manifest_row *row, nn_error *err)
{
    const char *name = manifest_row_name(row);
    uint64_t index;
    char text[200];
    if (!model_index(name, (uint64_t)manifest_options(v->doc)->variants, &index) || (v->n > 0 && index <= v->indices[v->n - 1])) {
        (void)snprintf(text, sizeof text, "names model '%.60s'; expected another model here", name);
        differ(v, "models.jsonl", text);
        return NN_OK;
    }
    if (!nn_grow((void **)&v->indices, &v->capacity, v->n + 1, sizeof *v->indices))
        return nn_nomem(err);
    v->indices[v->n++] = index;
    const options *o = manifest_options(v->doc);
    v->row = row;
    v->name = name;
    v->files = row_files_of(o, row);
    nn_status s = check_files(v, err);
    if (s == NN_OK)
        s = check_remade(v, index, err);
    if (s != NN_OK)
        return s;
    if (index >= options_all(o) || (o->shards > 0 && (int64_t)(index % (uint64_t)o->shards) != o->shard_number - 1))
        differ(v, name, "does not belong to the run that the manifest describes");
    v->report->models++;
    return NN_OK;
}

static nn_status check_lines(verify *v, nn_error *err)
{
    line_reader r;
    nn_error inner = {0};
    nn_status s = line_reader_open(&r, v->fd, "models.jsonl", O_NOFOLLOW, "models.jsonl", &inner);
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

/* ---- the whole corpus ---- */

static bool is_listed(const verify *v, uint64_t index)
{
    size_t at = sorted_place(v->indices, v->n, index);
    return at < v->n && v->indices[at] == index;
}

static void check_directory(verify *v)
{
    DIR *d = directory_list(v->fd, ".");
    errno = d != NULL ? 0 : errno;
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL; errno = 0) {
        const char *name = e->d_name;
        uint64_t index;
        if (directory_is_dot(name) || strcmp(name, "manifest.json") == 0 || strcmp(name, "models.jsonl") == 0 ||
            (model_index(name, (uint64_t)manifest_options(v->doc)->variants, &index) && is_listed(v, index)))
            continue;
        differ(v, name,
               strncmp(name, FILE_HIDDEN, strlen(FILE_HIDDEN)) == 0 ? "was left by a run that was interrupted"
               : strncmp(name, "test_", 5) == 0                     ? "is not in models.jsonl"
                                                                    : "was not written by nngen");
    }
    if (errno != 0)
        differ_errno(v, ".", "cannot read");
    if (d != NULL)
        closedir(d);
}

static nn_status check_all(verify *v, nn_error *err)
{
    nn_error inner = {0};
    nn_status s = manifest_load_in(&v->doc, v->fd, "manifest.json", &inner);
    if (s == NN_ERR_IO)
        differ(v, "manifest.json", inner.message);
    else if (s != NN_OK)
        return nn_nomem(err);
    if (v->doc == NULL)
        return NN_OK;
    if (manifest_unfinished(v->doc))
        differ(v, "manifest.json", "belongs to a run that was stopped; --resume continues it");
    s = sha256_new(&v->hasher, err);
    if (s == NN_OK && manifest_options(v->doc)->outputs)
        s = remake_open(&v->again, v->doc, v->report->not_recomputed, sizeof v->report->not_recomputed, err);
    if (s == NN_OK)
        s = check_lines(v, err);
    if (s == NN_OK)
        check_directory(v);
    return s;
}

nn_status nn_corpus_verify(const char *dir, nn_verify_report *report, nn_difference_fn *tell, void *data, nn_error *err)
{
    nn_verify_report own = {0};
    verify v = {.report = report != NULL ? report : &own, .tell = tell, .data = data};
    *v.report = (nn_verify_report){0};
    if (dir == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no directory was given");
    nn_status s = directory_named(&v.fd, dir, err);
    if (s != NN_OK)
        return s;
    s = check_all(&v, err);
    remake_close(&v.again);
    manifest_doc_free(v.doc);
    sha256_free(v.hasher);
    nn_free(v.indices);
    file_bytes_free(&v.file);
    close(v.fd);
    return s;
}
