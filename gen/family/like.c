/* Weights from somebody's models: how often operators appear in them and follow one another. */
#include "family/family.h"
#include "base/file_read.h"
#include "base/json_line.h"
#include "onnx/onnx_view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DEPTH 16     /* of folders */
#define PAIR_SCALE 100000 /* a pair's weight is 100 times its share of what there is of the second operator */

typedef struct unknown {
    struct unknown *next;
    const char *op;
    uint64_t nodes;
} unknown;

typedef struct {
    const op_set *ops;
    arena mem;
    uint64_t *nodes, *pairs; /* by operator; by pair */
    unknown *unknown;        /* by name */
    uint64_t models;
} tally;

/* ---- one model ---- */

static bool note_unknown(tally *t, const char *op)
{
    unknown **at = &t->unknown;
    while (*at != NULL && strcmp((*at)->op, op) < 0)
        at = &(*at)->next;
    if (*at == NULL || strcmp((*at)->op, op) != 0) {
        unknown *u = arena_alloc(&t->mem, sizeof *u);
        if (u == NULL)
            return false;
        *u = (unknown){.next = *at, .op = arena_strdup(&t->mem, op)};
        if (u->op == NULL)
            return false;
        *at = u;
    }
    (*at)->nodes++;
    return true;
}

static bool count_model(tally *t, const onnx_view *v)
{
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        int op = op_find(t->ops, n->op);
        if (op < 0) {
            if (!note_unknown(t, n->op))
                return false;
            continue;
        }
        t->nodes[op]++;
        for (uint32_t k = 0; k < n->n_readers; k++) {
            int reader = op_find(t->ops, v->nodes[v->readers[n->first_reader + k]].op);
            if (reader >= 0)
                t->pairs[(size_t)op * t->ops->n_ops + (size_t)reader]++;
        }
    }
    t->models++;
    return true;
}

/* ---- files ---- */

static nn_status count_file(tally *t, int folder, const char *name, const char *path, nn_error *err)
{
    file_bytes file = {.bytes = NULL};
    onnx_view v;
    nn_status s = file_read(&file, folder, name, 0, INT32_MAX, path, err);
    if (s == NN_OK)
        s = onnx_view_read(&v, file.bytes, file.n, path, err);
    file_bytes_free(&file);
    if (s != NN_OK)
        return s;
    if (!count_model(t, &v))
        s = nn_nomem(err);
    onnx_view_free(&v);
    return s;
}

static bool is_model(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".onnx") == 0;
}

static nn_status count_below(tally *t, int above, const char *name, const char *path, int depth, nn_error *err);

/* What stands in a folder under a name: a model, a folder that is gone into (links to folders are not), or nothing of interest. */
static nn_status count_entry(tally *t, int folder, const char *name, const char *path, int depth, nn_error *err)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return NN_OK;
    if (!S_ISDIR(st.st_mode) && !is_model(name))
        return NN_OK;
    size_t size = strlen(path) + strlen(name) + 2;
    char *below = nn_malloc(size);
    if (below == NULL)
        return nn_nomem(err);
    (void)snprintf(below, size, "%s/%s", path, name);
    nn_status s =
        S_ISDIR(st.st_mode) ? count_below(t, folder, name, below, depth + 1, err) : count_file(t, folder, name, below, err);
    nn_free(below);
    return s;
}

static nn_status count_below(tally *t, int above, const char *name, const char *path, int depth, nn_error *err)
{
    if (depth > MOST_DEPTH)
        return NN_OK;
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL) {
        nn_status s = nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return s;
    }
    nn_status s = NN_OK;
    for (const struct dirent *e; s == NN_OK && (e = readdir(d)) != NULL;)
        s = count_entry(t, dirfd(d), e->d_name, path, depth, err);
    closedir(d);
    return s;
}

/* ---- weights ---- */

static void put_weight(json_line *out, uint64_t thousandths)
{
    char text[40];
    (void)snprintf(text, sizeof text, " %llu.%03llu\n", (unsigned long long)(thousandths / 1000),
                   (unsigned long long)(thousandths % 1000));
    line_raw(out, text);
}

static void put_operator(json_line *out, const tally *t, size_t a)
{
    size_t n = t->ops->n_ops;
    bool any = false;
    for (size_t b = 0; b < n; b++)
        any |= t->pairs[a * n + b] > 0;
    if (any) {
        line_raw(out, t->ops->ops[a].name);
        line_raw(out, ",* 0\n");
    }
    for (size_t b = 0; b < n; b++) {
        uint64_t count = t->pairs[a * n + b];
        if (count == 0 || t->nodes[b] == 0)
            continue;
        uint64_t share = (uint64_t)((unsigned __int128)count * PAIR_SCALE / t->nodes[b]);
        line_raw(out, t->ops->ops[a].name);
        line_raw(out, ",");
        line_raw(out, t->ops->ops[b].name);
        put_weight(out, share > 10000000 ? 10000000 : share > 0 ? share : 1);
    }
}

/* Operators in thousandths of all, at least one; pairs relative to what there is of the second operator, as its own weight comes in
 * where it is drawn. */
static void put_all(json_line *out, const tally *t)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->ops->n_ops; i++)
        sum += t->nodes[i];
    line_raw(out, "* 0\n");
    for (size_t i = 0; i < t->ops->n_ops; i++) {
        if (t->nodes[i] == 0)
            continue;
        uint64_t share = (uint64_t)((unsigned __int128)t->nodes[i] * 1000000 / sum);
        line_raw(out, t->ops->ops[i].name);
        put_weight(out, share > 0 ? share : 1);
    }
    for (size_t i = 0; i < t->ops->n_ops; i++)
        if (t->nodes[i] > 0)
            put_operator(out, t, i);
    line_raw(out, "");
}

static nn_status finish(char **text, const tally *t, const char *dir, nn_error *err)
{
    json_line out = {.bytes = NULL};
    bool any = false;
    for (size_t i = 0; i < t->ops->n_ops; i++)
        any |= t->nodes[i] > 0;
    if (t->models == 0)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "there is no .onnx file below");
    if (!any)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "its models have no operator that the table has");
    put_all(&out, t);
    *text = out.failed ? NULL : nn_malloc(out.size + 1);
    if (*text != NULL) {
        memcpy(*text, out.bytes, out.size);
        (*text)[out.size] = '\0';
    }
    nn_free(out.bytes);
    return *text != NULL ? NN_OK : nn_nomem(err);
}

nn_status nn_weights_learn(char **text, const char *dir, const nn_table *table, nn_unknown_fn *unknown_op, void *unknown_data,
                           nn_error *err)
{
    *text = NULL;
    tally t = {.ops = table->ops};
    size_t n = t.ops->n_ops;
    if (op_pairs_fit(t.ops, "--like", err) != NN_OK)
        return NN_ERR_USAGE;
    arena_init(&t.mem, 0);
    t.nodes = arena_calloc(&t.mem, n + 1, sizeof *t.nodes);
    t.pairs = arena_calloc(&t.mem, n * n + 1, sizeof *t.pairs);
    nn_status s = t.nodes != NULL && t.pairs != NULL ? count_below(&t, AT_FDCWD, dir, dir, 0, err) : nn_nomem(err);
    if (s == NN_OK)
        s = finish(text, &t, dir, err);
    for (const unknown *u = t.unknown; s == NN_OK && unknown_op != NULL && u != NULL; u = u->next)
        unknown_op(unknown_data, u->op, u->nodes);
    arena_free(&t.mem);
    return s;
}

/* Nothing but blanks and comments. */
static bool says_nothing(const char *text)
{
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        at += strspn(at, " \t\r");
        if (*at != '#' && *at != '\n' && *at != '\0')
            return false;
    }
    return true;
}

nn_status nn_weights_read(char **text, const char *path, nn_error *err)
{
    *text = NULL;
    file_bytes file = {.bytes = NULL};
    nn_status s = file_read(&file, AT_FDCWD, path, 0, INT32_MAX, path, err);
    if (s == NN_OK && strlen(file.bytes) != file.n)
        s = nn_fail(err, NN_ERR_IO, path, 0, 0, "is no text");
    else if (s == NN_OK && says_nothing(file.bytes))
        s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "holds no weight; expected lines such as Conv 2.5 or Conv,Relu 4");
    if (s == NN_OK)
        *text = file.bytes;
    else
        file_bytes_free(&file);
    return s;
}

void nn_text_free(char *text)
{
    nn_free(text);
}
