#include "corpus/outdir.h"
#include "base/file_read.h"
#include "corpus/manifest_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HIDDEN ".nngen-"
#define TEMPORARY HIDDEN "tmp-"
#define RECORD HIDDEN "models.jsonl"
#define RUN HIDDEN "run.json"
#define RECORD_FLUSH ((size_t)64 * 1024)

struct outdir {
    char *path;
    int fd, record;
    bool made;  /* by this run */
    bool fresh; /* no model of an earlier run is there */
    bool finished;
    off_t size;  /* of the record on disk: whole lines */
    char *lines; /* not yet there */
    size_t n, capacity;
};

enum { PATH_SHOWN = sizeof((nn_error *)NULL)->file };

/* above/name; of a path that is too long, the end. */
static void join(char out[PATH_SHOWN], const char *above, const char *name)
{
    size_t na = strlen(above), nb = strlen(name), skip = na + 1 + nb < PATH_SHOWN ? 0 : na + 1 + nb - (PATH_SHOWN - 4);
    size_t n = 0;
    for (size_t i = skip; i <= na + nb && n < PATH_SHOWN - 1; i++)
        out[n++] = i < na ? above[i] : i == na ? '/' : name[i - na - 1];
    if (nb == 0 && n > 1)
        n--;
    if (skip > 0)
        memcpy(out, "...", 3);
    out[n] = '\0';
}

static nn_status refuse(nn_error *err, const char *above, const char *name, const char *why)
{
    char path[PATH_SHOWN];
    join(path, above, name);
    return nn_fail(err, NN_ERR_IO, path, 0, 0, "%s", why);
}

static nn_status io_error(nn_error *err, const char *above, const char *name, const char *what)
{
    int e = errno;
    char path[PATH_SHOWN];
    join(path, above, name);
    return nn_fail(err, NN_ERR_IO, path, 0, 0, "%s: %s", what, strerror(e));
}

/* ---- files ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, bytes, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            errno = k == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += k;
        n -= (size_t)k;
    }
    return true;
}

static int create(int root, const char *name)
{
    int fd;
    do
        fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool write_file(int root, const char *name, const void *bytes, size_t n)
{
    int fd = create(root, name);
    if (fd < 0)
        return false;
    bool good = write_all(fd, bytes, n);
    int e = errno;
    if (close(fd) != 0 && good) {
        good = false;
        e = errno;
    }
    errno = e;
    return good;
}

nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err)
{
    char hidden[160];
    (void)snprintf(hidden, sizeof hidden, TEMPORARY "%s", name);
    if (write_file(root, hidden, bytes, n) && renameat(root, hidden, root, name) == 0)
        return NN_OK;
    nn_status s = io_error(err, above, name, "cannot write");
    (void)unlinkat(root, hidden, 0);
    return s;
}

/* ---- what nngen writes, by name ---- */

static bool numbered(const char *name, const char *prefix, size_t digits, const char *suffix)
{
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0)
        return false;
    size_t k = strspn(name + n, "0123456789");
    return k >= digits && strcmp(name + n + k, suffix) == 0;
}

static bool is_model(const char *name)
{
    return numbered(name, "test_", 6, "");
}
static bool is_set(const char *name)
{
    return numbered(name, "test_data_set_", 1, "");
}
static bool is_data(const char *name)
{
    return numbered(name, "input_", 1, ".pb") || numbered(name, "output_", 1, ".pb");
}
static bool is_own(const char *name)
{
    return strcmp(name, "model.onnx") == 0 || strcmp(name, "inputs.npz") == 0;
}

bool model_file(const char *path, long *set, const char **file)
{
    static const char sets[] = "test_data_set_";
    const char *slash = strchr(path, '/');
    *set = -1;
    *file = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        return is_own(path);
    size_t n = (size_t)(slash - path), prefix = sizeof sets - 1;
    if (n <= prefix || n > prefix + 9 || strncmp(path, sets, prefix) != 0 || strspn(path + prefix, "0123456789") != n - prefix)
        return false;
    *set = strtol(path + prefix, NULL, 10); /* at most nine digits */
    return is_data(*file) && strlen(*file) < 40;
}

static bool is_temporary(const char *name)
{
    return strncmp(name, TEMPORARY, strlen(TEMPORARY)) == 0;
}

typedef struct {
    bool remove;
    size_t entries;    /* files and sets, without tensors of outputs */
    char foreign[128]; /* first thing found that nngen does not write, below the directory walked */
} walk;

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_dir(int root, const char *name)
{
    int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return NULL;
    DIR *d = fdopendir(fd);
    if (d == NULL)
        close(fd);
    return d;
}

/* Looks through (and with w->remove removes) a model's directory (depth 0) or a data set's (depth 1). Returns false on an error of
 * the system. */
static bool walk_model(walk *w, int root, const char *name, int depth)
{
    DIR *dir = open_dir(root, name);
    if (dir == NULL)
        return false;
    bool good = true;
    errno = 0;
    for (const struct dirent *e; good && (e = readdir(dir)) != NULL; errno = 0) {
        if (is_dot(e->d_name))
            continue;
        if (depth == 0 && is_set(e->d_name)) {
            w->entries++;
            good = walk_model(w, dirfd(dir), e->d_name, 1);
        } else if (depth == 0 ? is_own(e->d_name) : is_data(e->d_name)) {
            w->entries += strncmp(e->d_name, "output_", 7) != 0;
            good = !w->remove || unlinkat(dirfd(dir), e->d_name, 0) == 0;
        } else if (w->foreign[0] == '\0') {
            (void)snprintf(w->foreign, sizeof w->foreign, "%.*s%s%.100s", depth == 0 ? 0 : 20, name, depth == 0 ? "" : "/",
                           e->d_name);
        }
    }
    good = good && errno == 0;
    int e = errno;
    closedir(dir);
    if (good && w->remove)
        return unlinkat(root, name, AT_REMOVEDIR) == 0;
    errno = e;
    return good;
}

/* ---- one model ---- */

nn_status model_dir_begin_at(model_dir *m, int root, const char *above, const char *name, nn_error *err)
{
    *m = (model_dir){.root = root, .above = above, .set = -1};
    if (strlen(name) >= sizeof m->name)
        return refuse(err, above, name, "the name is too long");
    memcpy(m->name, name, strlen(name) + 1);
    char path[256];
    (void)snprintf(path, sizeof path, TEMPORARY "%s", name);
    if (mkdirat(root, path, 0777) == 0)
        return NN_OK;
    if (errno == EEXIST) { /* of a crash */
        model_dir_drop(m);
        if (mkdirat(root, path, 0777) == 0)
            return NN_OK;
    }
    return io_error(err, above, name, "cannot create");
}

nn_status model_dir_begin(model_dir *m, const outdir *d, const char *name, nn_error *err)
{
    return model_dir_begin_at(m, d->fd, d->path, name, err);
}

/* The hidden path of a file, with the directory of its set. */
static nn_status place(model_dir *m, char path[256], long set, const char *file, nn_error *err)
{
    const char *visible = path + strlen(TEMPORARY);
    if (set >= 0 && set != m->set) {
        (void)snprintf(path, 256, TEMPORARY "%s/test_data_set_%ld", m->name, set);
        if (mkdirat(m->root, path, 0777) != 0)
            return io_error(err, m->above, visible, "cannot create");
        m->set = set;
    }
    if (set >= 0)
        (void)snprintf(path, 256, TEMPORARY "%s/test_data_set_%ld/%s", m->name, set, file);
    else
        (void)snprintf(path, 256, TEMPORARY "%s/%s", m->name, file);
    return NN_OK;
}

nn_status model_dir_put(model_dir *m, long set, const char *file, const void *bytes, size_t n, nn_error *err)
{
    char path[256];
    nn_status s = place(m, path, set, file, err);
    if (s != NN_OK)
        return s;
    return write_file(m->root, path, bytes, n) ? NN_OK : io_error(err, m->above, path + strlen(TEMPORARY), "cannot write");
}

nn_status model_dir_link(model_dir *m, long set, const char *file, int from, const char *path, nn_error *err)
{
    char to[256];
    nn_status s = place(m, to, set, file, err);
    if (s != NN_OK || linkat(from, path, m->root, to, 0) == 0)
        return s;
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
        return NN_ERR_CANCELLED;
    return io_error(err, m->above, to + strlen(TEMPORARY), "cannot link");
}

nn_status model_dir_put_input(model_dir *m, long set, size_t index, const void *bytes, size_t n, nn_error *err)
{
    char file[40];
    (void)snprintf(file, sizeof file, "input_%zu.pb", index);
    return model_dir_put(m, set, file, bytes, n, err);
}

nn_status model_dir_end(model_dir *m, nn_error *err)
{
    char path[256];
    (void)snprintf(path, sizeof path, TEMPORARY "%s", m->name);
    return renameat(m->root, path, m->root, m->name) == 0 ? NN_OK : io_error(err, m->above, m->name, "cannot create");
}

void model_dir_drop(model_dir *m)
{
    char path[256];
    (void)snprintf(path, sizeof path, TEMPORARY "%s", m->name);
    walk w = {.remove = true};
    (void)walk_model(&w, m->root, path, 0);
}

/* ---- models of an earlier run ---- */

/* -1: there is no such regular file, or it cannot be read. */
static int open_file(const outdir *d, const char *name)
{
    int fd;
    (void)file_open(&fd, d->fd, name, O_NOFOLLOW, name, NULL);
    return fd;
}

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
    int fd = open_file(d, path);
    if (fd < 0)
        return false;
    bool same = file_holds(fd, bytes, n);
    close(fd);
    return same;
}

bool outdir_holds_input(const outdir *d, const char *name, long set, size_t index, const void *bytes, size_t n)
{
    char file[40];
    (void)snprintf(file, sizeof file, "input_%zu.pb", index);
    return outdir_holds(d, name, set, file, bytes, n);
}

size_t outdir_entries(const outdir *d, const char *name)
{
    walk w = {0};
    return walk_model(&w, d->fd, name, 0) && w.foreign[0] == '\0' ? w.entries : 0;
}

nn_status outdir_remove_model(outdir *d, const char *name, nn_error *err)
{
    walk w = {.remove = true};
    return walk_model(&w, d->fd, name, 0) ? NN_OK : io_error(err, d->path, name, "cannot remove");
}

/* ---- the whole ---- */

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
    bool record, run, manifest, lines; /* record: or run */
} inventory;

static nn_status take_inventory(outdir *d, inventory *v, nn_error *err)
{
    *v = (inventory){0};
    DIR *dir = open_dir(d->fd, ".");
    if (dir == NULL)
        return io_error(err, d->path, "", "cannot read");
    errno = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL; errno = 0) {
        const char *n = e->d_name;
        if (is_dot(n))
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
    nn_status s = errno != 0 ? io_error(err, d->path, "", "cannot read") : NN_OK;
    closedir(dir);
    return s;
}

/* Calls walk_model on every model, or with temporaries on what a crash left. */
static nn_status for_each(outdir *d, bool temporaries, bool remove, nn_error *err)
{
    DIR *dir = open_dir(d->fd, ".");
    if (dir == NULL)
        return io_error(err, d->path, "", "cannot read");
    nn_status s = NN_OK;
    for (const struct dirent *e; s == NN_OK && (e = readdir(dir)) != NULL;) {
        if (!(temporaries ? is_temporary(e->d_name) : is_model(e->d_name)))
            continue;
        if (temporaries && unlinkat(d->fd, e->d_name, 0) == 0)
            continue;
        walk w = {.remove = remove};
        if (walk_model(&w, d->fd, e->d_name, 0))
            errno = 0;
        int system = errno;
        if (w.foreign[0] != '\0') {
            char path[400]; /* two names */
            (void)snprintf(path, sizeof path, "%s/%s", e->d_name, w.foreign);
            s = refuse(err, d->path, path, "was not written by nngen; move it away first");
        } else if (system == ENOTDIR || system == ELOOP) {
            s = refuse(err, d->path, e->d_name, "was not written by nngen; move it away first");
        } else if (system != 0) {
            errno = system;
            s = io_error(err, d->path, e->d_name, remove ? "cannot remove" : "cannot read");
        }
    }
    closedir(dir);
    return s;
}

static manifest_kind look_at_manifest(outdir *d)
{
    int fd = open_file(d, "manifest.json");
    if (fd < 0)
        return MANIFEST_FOREIGN;
    manifest_kind kind = manifest_look(fd);
    close(fd);
    return kind;
}

static nn_status check_empty(outdir *d, const inventory *v, bool force, nn_error *err)
{
    if (v->models + v->others == 0 && !v->record)
        return NN_OK;
    manifest_kind kind = v->manifest ? look_at_manifest(d) : MANIFEST_FOREIGN;
    if (!force && (v->run || kind == MANIFEST_UNFINISHED))
        return refuse(err, d->path, "", "holds an unfinished run; --resume goes on with it, --force starts it again");
    if (!force && v->record && !v->manifest)
        return refuse(err, d->path, "", "holds an unfinished run; --force starts it again");
    if (!force)
        return refuse(err, d->path, "", "is not empty; --force replaces what nngen wrote there and nothing else");
    bool own = kind != MANIFEST_FOREIGN;
    if (v->manifest && !own)
        return refuse(err, d->path, "manifest.json", "was not written by nngen; move it away first");
    if (!own && !v->record && v->models > 0)
        return refuse(err, d->path, "", "holds test_* directories without a manifest of nngen; move them away first");
    if (!own && !v->record && v->lines)
        return refuse(err, d->path, "models.jsonl", "was not written by nngen; move it away first");
    return for_each(d, false, false, err);
}

static nn_status open_record(outdir *d, nn_error *err)
{
    d->record = create(d->fd, RECORD);
    return d->record >= 0 ? NN_OK : io_error(err, d->path, RECORD, "cannot create");
}

static nn_status remove_file(outdir *d, const char *name, nn_error *err)
{
    return unlinkat(d->fd, name, 0) == 0 || errno == ENOENT ? NN_OK : io_error(err, d->path, name, "cannot remove");
}

static nn_status write_run(outdir *d, const outdir_run *run, nn_error *err)
{
    return run != NULL ? file_replace(d->fd, d->path, RUN, run->text, run->n, err) : NN_OK;
}

/* Whether the run that the directory holds is this one: by its record, else by its manifest. */
static nn_status check_same_run(outdir *d, const inventory *v, const outdir_run *run, nn_error *err)
{
    const char *name = v->run ? RUN : "manifest.json";
    int fd = v->run || v->manifest ? open_file(d, name) : -1;
    char why[400] = "holds no run that can go on; --force replaces what nngen wrote there";
    bool same = fd >= 0 && manifest_agrees(fd, run->text, run->n, why, sizeof why);
    if (fd >= 0)
        close(fd);
    return same ? for_each(d, false, false, err) : refuse(err, d->path, "", why);
}

static bool is_of_run(const outdir_run *run, const char *name)
{
    const char *digits = name + strlen("test_");
    if (strlen(digits) > 18 || (digits[0] == '0' && strlen(digits) > 6))
        return false;
    uint64_t i = 0;
    for (const char *p = digits; *p != '\0'; p++)
        i = 10 * i + (uint64_t)(*p - '0');
    return i < run->count && i % run->shards == run->shard;
}

/* Removes models that an earlier run with other options has left, whose replacement was interrupted. */
static nn_status remove_others(outdir *d, const outdir_run *run, nn_error *err)
{
    DIR *dir = open_dir(d->fd, ".");
    if (dir == NULL)
        return io_error(err, d->path, "", "cannot read");
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
        return io_error(err, d->path, "", "cannot create");
    d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0)
        return io_error(err, d->path, "", "cannot open");
    if (flock(d->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return refuse(err, d->path, "", "another run is writing here");
    inventory v;
    nn_status s = take_inventory(d, &v, err);
    if (s != NN_OK)
        return s;
    if (mode == OUTDIR_RESUME && (v.models + v.others > 0 || v.record))
        return go_on(d, &v, run, err);
    s = check_empty(d, &v, mode == OUTDIR_FORCE, err);
    d->fresh = s == NN_OK && v.models == 0;
    if (s == NN_OK)
        s = write_run(d, run, err); /* from here on the directory is known as ours, whatever happens */
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
    nn_status s = d->path[0] != '\0' ? begin(d, mode, run, err) : refuse(err, "", "", "an empty path is no directory");
    if (s != NN_OK) {
        outdir_close(d);
        return s;
    }
    *out = d;
    return NN_OK;
}

static nn_status flush(outdir *d, nn_error *err)
{
    if (write_all(d->record, d->lines, d->n)) {
        d->size += (off_t)d->n;
        d->n = 0;
        return NN_OK;
    }
    nn_status s = io_error(err, d->path, "models.jsonl", "cannot write");
    if (ftruncate(d->record, d->size) == 0) /* no half lines; they may fit later */
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
        if (close(record) != 0) /* some file systems tell only now that there was no room */
            s = io_error(err, d->path, "models.jsonl", "cannot write");
    }
    if (s == NN_OK)
        s = file_replace(d->fd, d->path, "manifest.json", manifest, n, err);
    if (s == NN_OK && renameat(d->fd, RECORD, d->fd, "models.jsonl") != 0)
        s = io_error(err, d->path, "models.jsonl", "cannot write");
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
        (void)flush(d, NULL);                                    /* the record of what is there, as far as it can be kept */
    if (d->fresh && !d->finished && d->size == 0 && d->n == 0) { /* nothing is there */
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
