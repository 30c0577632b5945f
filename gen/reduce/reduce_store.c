#define _GNU_SOURCE
#include "reduce/reduce_store.h"
#include "base/directory.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 2 * SHA256_SIZE + 3, DEEPEST = 64, NAME = 40 };
static const char smallest[] = "smallest", next[] = "next", older[] = "older", calls[] = "calls", cache[] = "cache.txt";

static nn_status io(const reduce_store *s, const char *name, const char *what, nn_error *err)
{
    return path_fail(err, s->path, name, what, errno);
}

/* ---- trees ---- */

/* Removes what is below a name, as far as it can. Links are not followed. */
static void remove_tree(int root, const char *name, int depth)
{
    if (unlinkat(root, name, 0) == 0 || errno == ENOENT || depth == DEEPEST)
        return;
    DIR *d = directory_list(root, name);
    if (d == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (!directory_is_dot(entry->d_name))
            remove_tree(dirfd(d), entry->d_name, depth + 1);
    (void)closedir(d);
    (void)unlinkat(root, name, AT_REMOVEDIR);
}

static bool write_inputs(int folder, const reduce_case *c)
{
    bool any = false, good = true;
    for (size_t i = 0; i < c->n_inputs; i++)
        any = any || c->inputs[i].bytes != NULL;
    if (!any)
        return true;
    if (mkdirat(folder, "test_data_set_0", 0777) != 0)
        return false;
    int set = openat(folder, "test_data_set_0", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    for (size_t i = 0; set >= 0 && good && i < c->n_inputs; i++) {
        char name[NAME];
        (void)snprintf(name, sizeof name, "input_%zu.pb", i);
        good = c->inputs[i].bytes == NULL || file_write(set, name, c->inputs[i].bytes, c->inputs[i].n);
    }
    int e = errno;
    if (set >= 0)
        (void)close(set);
    errno = e;
    return set >= 0 && good;
}

/* Writes a new directory. */
static bool write_case(int root, const char *name, const reduce_case *c, const reduce_file *more, size_t n_more)
{
    if (mkdirat(root, name, 0777) != 0)
        return false;
    int folder = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0)
        return false;
    bool good = file_write(folder, "model.onnx", c->model.bytes, c->model.n) && write_inputs(folder, c);
    for (size_t i = 0; good && i < n_more; i++)
        good = more[i].n == 0 || file_write(folder, more[i].name, more[i].bytes, more[i].n);
    int e = errno;
    (void)close(folder);
    errno = e;
    return good;
}

nn_status reduce_store_put(reduce_store *s, const reduce_case *c, const reduce_file *more, size_t n_more, nn_error *err)
{
    remove_tree(s->root, next, 0);
    remove_tree(s->root, older, 0);
    if (!write_case(s->root, next, c, more, n_more))
        return io(s, next, "cannot be written", err);
    if (renameat(s->root, next, s->root, smallest) == 0) /* there was none */
        return NN_OK;
    if (renameat2(s->root, next, s->root, smallest, RENAME_EXCHANGE) != 0 && /* not on every file system */
        (renameat(s->root, smallest, s->root, older) != 0 || renameat(s->root, next, s->root, smallest) != 0))
        return io(s, smallest, "cannot be replaced", err);
    remove_tree(s->root, next, 0);
    remove_tree(s->root, older, 0);
    return NN_OK;
}

nn_status reduce_store_call(reduce_store *s, const reduce_case *c, uint64_t *number, char **path, nn_error *err)
{
    char name[NAME];
    size_t size = strlen(s->path) + NAME + 1;
    *path = NULL;
    (void)snprintf(name, sizeof name, "%s/%06llu", calls, (unsigned long long)++s->calls);
    *number = s->calls;
    if (!write_case(s->root, name, c, NULL, 0))
        return io(s, name, "cannot be written", err);
    *path = nn_malloc(size);
    if (*path == NULL)
        return nn_nomem(err);
    (void)snprintf(*path, size, "%s/%s", s->path, name);
    return NN_OK;
}

void reduce_store_end_call(reduce_store *s, uint64_t number)
{
    char name[NAME];
    (void)snprintf(name, sizeof name, "%s/%06llu", calls, (unsigned long long)number);
    if (!s->keep)
        remove_tree(s->root, name, 0);
}

/* ---- the cache ---- */

nn_status reduce_digest_case(reduce_digest *d, sha256 *h, const reduce_case *c, nn_error *err)
{
    uint8_t *parts = nn_calloc(c->n_inputs + 1, SHA256_SIZE); /* a digest of digests, so that no copy is needed */
    if (parts == NULL)
        return nn_nomem(err);
    nn_status st = sha256_digest(h, c->model.bytes, c->model.n, parts, err);
    for (size_t i = 0; st == NN_OK && i < c->n_inputs; i++)
        if (c->inputs[i].bytes != NULL)
            st = sha256_digest(h, c->inputs[i].bytes, c->inputs[i].n, parts + (i + 1) * SHA256_SIZE, err);
    if (st == NN_OK)
        st = sha256_digest(h, parts, (c->n_inputs + 1) * SHA256_SIZE, d->bytes, err);
    nn_free(parts);
    return st;
}

static size_t place_of(const reduce_store *s, const reduce_digest *d)
{
    uint64_t key;
    memcpy(&key, d->bytes, sizeof key);
    size_t at = key & (s->room - 1);
    while (s->all[at].seen != SEEN_NEVER && memcmp(&s->all[at].digest, d, sizeof *d) != 0)
        at = (at + 1) & (s->room - 1);
    return at;
}

reduce_seen reduce_store_seen(const reduce_store *s, const reduce_digest *d)
{
    return s->room > 0 ? s->all[place_of(s, d)].seen : SEEN_NEVER;
}

static bool insert(reduce_store *s, const reduce_digest *d, reduce_seen seen)
{
    if (2 * (s->n + 1) > s->room) {
        reduce_store wider = *s;
        wider.room = s->room > 0 ? 2 * s->room : 256;
        wider.all = nn_calloc(wider.room, sizeof *wider.all);
        if (wider.all == NULL)
            return false;
        for (size_t i = 0; i < s->room; i++)
            if (s->all[i].seen != SEEN_NEVER)
                wider.all[place_of(&wider, &s->all[i].digest)] = s->all[i];
        nn_free(s->all);
        *s = wider;
    }
    size_t at = place_of(s, d);
    s->n += s->all[at].seen == SEEN_NEVER;
    s->all[at].digest = *d;
    s->all[at].seen = seen;
    return true;
}

static bool log_line(const reduce_store *s, const reduce_digest *d, char what)
{
    char line[LINE + 1];
    sha256_hex(d->bytes, line);
    line[2 * SHA256_SIZE] = ' ';
    line[2 * SHA256_SIZE + 1] = what;
    line[2 * SHA256_SIZE + 2] = '\n';
    return file_write_all(s->log, line, LINE);
}

nn_status reduce_store_remember(reduce_store *s, const reduce_digest *d, bool interesting, nn_error *err)
{
    if (!insert(s, d, interesting ? SEEN_INTERESTING : SEEN_OTHER))
        return nn_nomem(err);
    return log_line(s, d, interesting ? '1' : '0') ? NN_OK : io(s, cache, "cannot be written", err);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_line(reduce_digest *d, const char *line)
{
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = digit(line[2 * i]), low = digit(line[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        d->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return line[2 * SHA256_SIZE] == ' ' && line[2 * SHA256_SIZE + 2] == '\n';
}

/* The first line is the run. A line that is not whole, as after a crash, ends the file. */
static nn_status read_cache(reduce_store *s, const reduce_digest *run, nn_error *err)
{
    file_bytes f = {.bytes = NULL};
    reduce_digest d;
    nn_status st = file_read(&f, s->root, cache, O_NOFOLLOW, INT32_MAX, s->path, err);
    size_t at = 0;
    if (st == NN_OK && (f.n < LINE || !parse_line(&d, f.bytes) || memcmp(&d, run, sizeof d) != 0))
        st = nn_fail(err, NN_ERR_USAGE, s->path, 0, 0, "--resume: is of another model, other inputs or another command");
    for (at = LINE; st == NN_OK && at + LINE <= f.n && parse_line(&d, f.bytes + at); at += LINE)
        if (!insert(s, &d, f.bytes[at + LINE - 2] == '1' ? SEEN_INTERESTING : SEEN_OTHER))
            st = nn_nomem(err);
    file_bytes_free(&f);
    if (st == NN_OK && (ftruncate(s->log, (off_t)at) != 0 || lseek(s->log, 0, SEEK_END) < 0))
        st = io(s, cache, "cannot be written", err);
    return st;
}

/* ---- opening ---- */

static bool exists(const reduce_store *s, const char *name)
{
    struct stat st;
    return fstatat(s->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Only what a reduction makes is removed. */
static void clear(reduce_store *s)
{
    remove_tree(s->root, smallest, 0);
    remove_tree(s->root, cache, 0);
}

static nn_status open_root(reduce_store *s, const char *dir, nn_error *err)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return path_fail(err, dir, "", "cannot be made", errno);
    s->root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *real = s->root >= 0 ? realpath(dir, NULL) : NULL;
    if (real == NULL)
        return path_fail(err, dir, "", "cannot be opened", errno);
    s->path = nn_strdup(real);
    free(real); /* of realpath */
    return s->path != NULL ? NN_OK : nn_nomem(err);
}

nn_status reduce_store_open(reduce_store *s, const reduce_place *at, const reduce_digest *run, bool *resumed, nn_error *err)
{
    *s = (reduce_store){.root = -1, .log = -1, .keep = at->keep};
    *resumed = false;
    nn_status st = sha256_new(&s->hasher, err);
    if (st == NN_OK)
        st = open_root(s, at->dir, err);
    if (st != NN_OK)
        return st;
    if (at->force && !at->resume)
        clear(s);
    bool old = exists(s, cache) || exists(s, smallest);
    if (old && !at->resume)
        return nn_fail(err, NN_ERR_USAGE, at->dir, 0, 0, "holds a reduction: --resume continues it, --force begins again");
    if (!exists(s, smallest) && exists(s, older) && renameat(s->root, older, s->root, smallest) != 0) /* the end came in between */
        return io(s, smallest, "cannot be restored", err);
    remove_tree(s->root, calls, 0);
    remove_tree(s->root, next, 0);
    if (mkdirat(s->root, calls, 0777) != 0)
        return io(s, calls, "cannot be made", err);
    s->log = openat(s->root, cache, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (s->log < 0)
        return io(s, cache, "cannot be opened", err);
    if (old) {
        *resumed = exists(s, smallest);
        return read_cache(s, run, err);
    }
    return log_line(s, run, 'r') ? NN_OK : io(s, cache, "cannot be written", err);
}

void reduce_store_forget(reduce_store *s)
{
    clear(s);
}

void reduce_store_close(reduce_store *s)
{
    if (s->path != NULL && !s->keep)
        remove_tree(s->root, calls, 0);
    if (s->hasher != NULL && s->root >= 0)
        (void)close(s->root);
    if (s->hasher != NULL && s->log >= 0)
        (void)close(s->log);
    sha256_free(s->hasher);
    nn_free(s->all);
    nn_free(s->path);
    *s = (reduce_store){.root = -1, .log = -1};
}
