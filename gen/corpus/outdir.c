#include "corpus/outdir.h"
#include "base/directory.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/path.h"
#include "corpus/manifest_read.h"
#include "write/model_files.h"
#include "write/naming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD FILE_HIDDEN "models.jsonl"
#define RUN FILE_HIDDEN "run.json"
#define RECORD_FLUSH ((size_t)64 * 1024)

struct outdir {
    char *path;
    int fd, record;
    bool made;  /* this run made the directory */
    bool fresh; /* there is no model of an earlier run */
    bool finished;
    off_t size;  /* size of the record on disk, in whole lines */
    char *lines; /* lines that are not yet on disk */
    size_t n, capacity;
};

/* Also accepts a name with a number that no model has, as a run of another version might write it. */
static bool is_model(const char *name)
{
    static const char prefix[] = "test_";
    size_t n = sizeof prefix - 1, digits = strncmp(name, prefix, n) == 0 ? strspn(name + n, "0123456789") : 0;
    if (digits >= 6 && name[n + digits] == '_' && name[n + digits + 1] == 'v') { /* a copy */
        n += digits + 2;
        digits = strspn(name + n, "0123456789");
        return digits >= 1 && name[n + digits] == '\0';
    }
    return digits >= 6 && name[n + digits] == '\0';
}

static bool is_temporary(const char *name)
{
    return strncmp(name, FILE_TEMPORARY, strlen(FILE_TEMPORARY)) == 0;
}

nn_status outdir_begin_model(const outdir *d, model_dir *m, const char *name, nn_error *err)
{
    return model_dir_begin(m, d->fd, d->path, name, err);
}

/* ---- models of an earlier run ---- */

bool outdir_has_model(const outdir *d, const char *name)
{
    struct stat st;
    return fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool file_holds(int fd, const char *bytes, size_t n)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size != (off_t)n)
        return false;
    char part[16384];
    while (n > 0) {
        ssize_t k = read(fd, part, n < sizeof part ? n : sizeof part);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0 || memcmp(part, bytes, (size_t)k) != 0)
            return false;
        bytes += k;
        n -= (size_t)k;
    }
    return true;
}

bool outdir_holds(const outdir *d, const char *name, long set, const char *file, const void *bytes, size_t n)
{
    char path[256];
    if (set >= 0)
        (void)snprintf(path, sizeof path, "%s/test_data_set_%ld/%s", name, set, file);
    else
        (void)snprintf(path, sizeof path, "%s/%s", name, file);
    int fd;
    if (file_open(&fd, d->fd, path, O_NOFOLLOW, path, NULL) != NN_OK)
        return false;
    bool same = file_holds(fd, bytes, n);
    close(fd);
    return same;
}

size_t outdir_entries(const outdir *d, const char *name)
{
    model_content c;
    return model_files_look(&c, d->fd, name) && c.foreign[0] == '\0' ? c.entries : 0;
}

nn_status outdir_remove_model(outdir *d, const char *name, nn_error *err)
{
    model_content c;
    return model_files_remove(&c, d->fd, name) ? NN_OK : path_fail(err, d->path, name, "cannot remove", errno);
}

/* ---- the directory ---- */

static bool make_with_parents(char *path, bool *made)
{
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        *made = mkdir(path, 0777) == 0;
        int e = errno;
        *p = end;
        if (!*made && e != EEXIST) {
            errno = e;
            return false;
        }
        if (end == '\0')
            return true;
    }
}

typedef struct {
    size_t temporaries, models, others;
    bool record, run, manifest, lines; /* record: there is a record of models or of a run */
} inventory;

static nn_status take_inventory(outdir *d, inventory *v, nn_error *err)
{
    *v = (inventory){0};
    DIR *dir = directory_list(d->fd, ".");
    if (dir == NULL)
        return path_fail(err, d->path, "", "cannot read", errno);
    errno = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL; errno = 0) {
        const char *n = e->d_name;
        if (directory_is_dot(n))
            continue;
        bool run = strcmp(n, RUN) == 0, record = run || strcmp(n, RECORD) == 0;
        v->run |= run;
        v->record |= record;
        v->manifest |= strcmp(n, "manifest.json") == 0;
        v->lines |= strcmp(n, "models.jsonl") == 0;
        v->temporaries += is_temporary(n);
        v->models += is_model(n);
        v->others += !is_temporary(n) && !is_model(n) && !record;
    }
    nn_status s = errno != 0 ? path_fail(err, d->path, "", "cannot read", errno) : NN_OK;
    closedir(dir);
    return s;
}

/* Examines or removes every model; with `temporaries` also what a crash left. */
static nn_status for_each(outdir *d, bool temporaries, bool remove, nn_error *err)
{
    DIR *dir = directory_list(d->fd, ".");
    if (dir == NULL)
        return path_fail(err, d->path, "", "cannot read", errno);
    nn_status s = NN_OK;
    for (const struct dirent *e; s == NN_OK && (e = readdir(dir)) != NULL;) {
        if (!(temporaries ? is_temporary(e->d_name) : is_model(e->d_name)))
            continue;
        if (temporaries && unlinkat(d->fd, e->d_name, 0) == 0)
            continue;
        model_content c;
        bool good = remove ? model_files_remove(&c, d->fd, e->d_name) : model_files_look(&c, d->fd, e->d_name);
        int system = good ? 0 : errno;
        if (c.foreign[0] != '\0') {
            char path[400]; /* room for two names */
            (void)snprintf(path, sizeof path, "%s/%s", e->d_name, c.foreign);
            s = path_fail(err, d->path, path, "was not written by nngen; move it away first", 0);
        } else if (system == ENOTDIR || system == ELOOP) {
            s = path_fail(err, d->path, e->d_name, "was not written by nngen; move it away first", 0);
        } else if (system != 0) {
            s = path_fail(err, d->path, e->d_name, remove ? "cannot remove" : "cannot read", system);
        }
    }
    closedir(dir);
    return s;
}

/* Reads a manifest or the record of a run. There are no bytes if it cannot be read. */
static nn_status read_file(const outdir *d, const char *name, file_bytes *b, nn_error *err)
{
    nn_status s = file_read(b, d->fd, name, O_NOFOLLOW, MANIFEST_MOST, name, err);
    if (s == NN_ERR_NOMEM)
        return s;
    if (s != NN_OK)
        b->n = 0;
    return NN_OK;
}

static nn_status look_at_manifest(const outdir *d, manifest_kind *kind, nn_error *err)
{
    file_bytes b = {.bytes = NULL};
    nn_status s = read_file(d, "manifest.json", &b, err);
    *kind = s == NN_OK ? manifest_look(b.bytes, b.n) : MANIFEST_FOREIGN;
    file_bytes_free(&b);
    return s;
}

/* nngen writes regular files. Links, FIFOs and the like of their names are the user's. */
static nn_status check_results(const outdir *d, nn_error *err)
{
    static const char *const names[] = {"manifest.json", "models.jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stat st;
        if (fstatat(d->fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
            return path_fail(err, d->path, names[i], "was not written by nngen; move it away first", 0);
    }
    return NN_OK;
}

static nn_status check_empty(outdir *d, const inventory *v, bool force, nn_error *err)
{
    if (v->models + v->others == 0 && !v->record)
        return NN_OK;
    manifest_kind kind = MANIFEST_FOREIGN;
    nn_status s = v->manifest ? look_at_manifest(d, &kind, err) : NN_OK;
    if (s != NN_OK)
        return s;
    if (!force && (v->run || kind == MANIFEST_UNFINISHED))
        return path_fail(err, d->path, "", "contains an unfinished run; --resume continues it, --force starts it again", 0);
    if (!force && v->record && !v->manifest)
        return path_fail(err, d->path, "", "contains an unfinished run; --force starts it again", 0);
    if (!force)
        return path_fail(err, d->path, "", "is not empty; --force replaces what nngen wrote there and nothing else", 0);
    bool own = kind != MANIFEST_FOREIGN;
    if (v->manifest && !own)
        return path_fail(err, d->path, "manifest.json", "was not written by nngen; move it away first", 0);
    if (!own && !v->record && v->models > 0)
        return path_fail(err, d->path, "", "contains test_* directories without a manifest of nngen; move them away first", 0);
    if (!own && !v->record && v->lines)
        return path_fail(err, d->path, "models.jsonl", "was not written by nngen; move it away first", 0);
    s = check_results(d, err);
    return s == NN_OK ? for_each(d, false, false, err) : s;
}

static nn_status open_record(outdir *d, nn_error *err)
{
    d->record = file_create(d->fd, RECORD, true);
    return d->record >= 0 ? NN_OK : path_fail(err, d->path, RECORD, "cannot create", errno);
}

static nn_status remove_file(outdir *d, const char *name, nn_error *err)
{
    return unlinkat(d->fd, name, 0) == 0 || errno == ENOENT ? NN_OK : path_fail(err, d->path, name, "cannot remove", errno);
}

static nn_status write_run(outdir *d, const outdir_run *run, nn_error *err)
{
    return run != NULL ? file_replace(d->fd, d->path, RUN, run->text, run->n, err) : NN_OK;
}

/* Whether the directory contains this run, by the record of the run or else by its manifest. */
static nn_status check_same_run(outdir *d, const inventory *v, const outdir_run *run, nn_error *err)
{
    char why[400];
    file_bytes b = {.bytes = NULL};
    nn_status s = read_file(d, v->run ? RUN : "manifest.json", &b, err);
    bool same = s == NN_OK && manifest_agrees(b.bytes, b.n, run->text, run->n, why, sizeof why);
    file_bytes_free(&b);
    if (s != NN_OK)
        return s;
    return same ? for_each(d, false, false, err) : path_fail(err, d->path, "", why, 0);
}

static bool is_of_run(const outdir_run *run, const char *name)
{
    uint64_t i;
    return model_index(name, run->copies, &i) && i < run->count && i % run->shards == run->shard;
}

/* Removes models that an earlier run with other options left; this happens if their replacement was interrupted. */
static nn_status remove_others(outdir *d, const outdir_run *run, nn_error *err)
{
    DIR *dir = directory_list(d->fd, ".");
    if (dir == NULL)
        return path_fail(err, d->path, "", "cannot read", errno);
    nn_status s = NN_OK;
    for (const struct dirent *e; s == NN_OK && (e = readdir(dir)) != NULL;)
        if (is_model(e->d_name) && !is_of_run(run, e->d_name))
            s = outdir_remove_model(d, e->d_name, err);
    closedir(dir);
    return s;
}

static nn_status go_on(outdir *d, const inventory *v, const outdir_run *run, nn_error *err)
{
    nn_status s = check_same_run(d, v, run, err);
    if (s == NN_OK)
        s = check_results(d, err);
    if (s == NN_OK && !v->run)
        s = write_run(d, run, err);
    if (s == NN_OK)
        s = open_record(d, err);
    if (s == NN_OK && v->temporaries > 0)
        s = for_each(d, true, true, err);
    return s == NN_OK ? remove_others(d, run, err) : s;
}

static nn_status begin(outdir *d, outdir_mode mode, const outdir_run *run, nn_error *err)
{
    if (!make_with_parents(d->path, &d->made))
        return path_fail(err, d->path, "", "cannot create", errno);
    nn_status s = directory_named(&d->fd, d->path, err);
    if (s != NN_OK)
        return s;
    if (flock(d->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return path_fail(err, d->path, "", "another run is writing here", 0);
    inventory v;
    s = take_inventory(d, &v, err);
    if (s != NN_OK)
        return s;
    if (mode == OUTDIR_RESUME && (v.models + v.others > 0 || v.record))
        return go_on(d, &v, run, err);
    s = check_empty(d, &v, mode == OUTDIR_FORCE, err);
    d->fresh = s == NN_OK && v.models == 0;
    if (s == NN_OK)
        s = write_run(d, run, err); /* from here on the directory is known as nngen's, whatever happens */
    if (s == NN_OK)
        s = open_record(d, err);
    if (s == NN_OK && v.temporaries > 0)
        s = for_each(d, true, true, err);
    if (s == NN_OK && v.models > 0)
        s = for_each(d, false, true, err);
    if (s == NN_OK && v.lines)
        s = remove_file(d, "models.jsonl", err);
    if (s == NN_OK && v.manifest)
        s = remove_file(d, "manifest.json", err);
    d->fresh |= s == NN_OK;
    return s;
}

nn_status outdir_open(outdir **out, const char *path, outdir_mode mode, const outdir_run *run, nn_error *err)
{
    *out = NULL;
    outdir *d = nn_calloc(1, sizeof *d);
    if (d == NULL)
        return nn_nomem(err);
    d->fd = d->record = -1;
    d->path = nn_strdup(path);
    if (d->path == NULL) {
        nn_free(d);
        return nn_nomem(err);
    }
    for (size_t n = strlen(d->path); n > 1 && d->path[n - 1] == '/'; n--)
        d->path[n - 1] = '\0';
    nn_status s =
        d->path[0] != '\0' ? begin(d, mode, run, err) : path_fail(err, "", "", "the path is empty; expected a directory", 0);
    if (s != NN_OK) {
        outdir_close(d);
        return s;
    }
    *out = d;
    return NN_OK;
}

static nn_status flush(outdir *d, nn_error *err)
{
    if (file_write_all(d->record, d->lines, d->n)) {
        d->size += (off_t)d->n;
        d->n = 0;
        return NN_OK;
    }
    nn_status s = path_fail(err, d->path, "models.jsonl", "cannot write", errno);
    if (ftruncate(d->record, d->size) == 0) /* remove partial lines; they may fit later */
        (void)lseek(d->record, d->size, SEEK_SET);
    return s;
}

nn_status outdir_record(outdir *d, const char *lines, size_t n, nn_error *err)
{
    if (!nn_grow((void **)&d->lines, &d->capacity, d->n + n, 1))
        return nn_nomem(err);
    memcpy(d->lines + d->n, lines, n);
    d->n += n;
    return d->n >= RECORD_FLUSH ? flush(d, err) : NN_OK;
}

nn_status outdir_finish(outdir *d, const char *manifest, size_t n, nn_error *err)
{
    nn_status s = flush(d, err);
    if (s == NN_OK) {
        int record = d->record;
        d->record = -1;
        if (close(record) != 0) /* some file systems report only now that there was no room */
            s = path_fail(err, d->path, "models.jsonl", "cannot write", errno);
    }
    if (s == NN_OK)
        s = file_replace(d->fd, d->path, "manifest.json", manifest, n, err);
    if (s == NN_OK && renameat(d->fd, RECORD, d->fd, "models.jsonl") != 0)
        s = path_fail(err, d->path, "models.jsonl", "cannot write", errno);
    if (s == NN_OK)
        s = remove_file(d, RUN, err);
    d->finished = s == NN_OK;
    return s;
}

void outdir_close(outdir *d)
{
    if (d == NULL)
        return;
    if (d->record >= 0 && !d->finished && d->n > 0)
        (void)flush(d, NULL);                                    /* record as much as possible of what exists */
    if (d->fresh && !d->finished && d->size == 0 && d->n == 0) { /* there is nothing */
        (void)unlinkat(d->fd, RECORD, 0);
        (void)unlinkat(d->fd, RUN, 0);
    }
    if (d->record >= 0)
        close(d->record);
    if (d->fd >= 0)
        close(d->fd);
    if (d->made)
        (void)rmdir(d->path);
    nn_free(d->path);
    nn_free(d->lines);
    nn_free(d);
}
