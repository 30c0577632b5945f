#include "compare/compare.h"
#include "base/directory.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

/* ONE_FILE: its arrays are the outputs. ONE_SET: PATH/output_J.pb. SETS: PATH/test_data_set_K/output_J.pb. ARCHIVE: a file whose
 * arrays have the data set as their first axis, or are called test_data_set_K/NAME. */
typedef enum { ONE_FILE, ONE_SET, SETS, ARCHIVE } form;

typedef struct {
    form form;
    const char *word; /* of its files: output or bound */
    char path[PATH_ROOM];
    tensor_file file; /* the whole file, or the one that was read last */
    bool open;
    file_tensor slice;
} side;

/* ---- where the tensors are ---- */

static nn_status too_long(const char *path, nn_error *err)
{
    return path_fail(err, NULL, path, "is too long a path", 0);
}

static bool below(char out[PATH_ROOM], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_ROOM, "%s/%s", folder, name);
    return n > 0 && n < PATH_ROOM;
}

static bool exists(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    struct stat st;
    return below(path, folder, name) && stat(path, &st) == 0;
}

/* The path of output j in data set k. */
static bool file_of(char out[PATH_ROOM], const side *s, int64_t k, size_t j)
{
    int n = s->form == SETS ? snprintf(out, PATH_ROOM, "%s/test_data_set_%lld/%s_%zu.pb", s->path, (long long)k, s->word, j)
                            : snprintf(out, PATH_ROOM, "%s/%s_%zu.pb", s->path, s->word, j);
    return n > 0 && n < PATH_ROOM;
}

static void close_side(side *s)
{
    if (s->open)
        tensor_file_free(&s->file);
    s->open = false;
}

static nn_status read_file(side *s, const char *path, nn_error *err)
{
    char shown[PATH_SHOWN];
    path_shown(shown, NULL, path);
    close_side(s);
    nn_status st = tensor_file_read(&s->file, AT_FDCWD, path, 0, TENSOR_FILE_MOST, shown, err);
    s->open = st == NN_OK;
    return st;
}

/* Finds the form of a path and reads what is one file. */
static nn_status open_side(side *s, const char *path, const char *word, nn_error *err)
{
    char archive[24];
    (void)snprintf(archive, sizeof archive, "%ss.npz", word);
    s->word = word;
    if (snprintf(s->path, sizeof s->path, "%s", path) >= (int)sizeof s->path)
        return too_long(path, err);
    if (!directory_exists(path)) {
        s->form = ONE_FILE;
        return read_file(s, path, err);
    }
    char first[48];
    (void)snprintf(first, sizeof first, "%s_0.pb", word);
    s->form = ONE_SET;
    if (exists(path, first))
        return NN_OK;
    (void)snprintf(first, sizeof first, "test_data_set_0/%s_0.pb", word);
    s->form = SETS;
    if (exists(path, first))
        return NN_OK;
    s->form = ARCHIVE;
    if (!exists(path, archive))
        return path_fail(err, NULL, path,
                         "has no expected outputs: neither output_0.pb, nor test_data_set_0/output_0.pb, nor outputs.npz", 0);
    if (!below(s->path, path, archive))
        return too_long(path, err);
    return read_file(s, s->path, err);
}

/* ---- one tensor ---- */

/* Element k of the first axis. false: there is none. */
static bool take_slice(file_tensor *out, const file_tensor *t, int64_t k)
{
    *out = *t;
    if (t->rank == 0 || k >= t->dims[0])
        return false;
    out->n = t->n / (size_t)t->dims[0];
    out->data = t->data + (size_t)k * out->n * dtype_size(t->type);
    out->rank--;
    memmove(out->dims, out->dims + 1, (size_t)out->rank * sizeof *out->dims);
    return true;
}

/* Whether each data set has arrays of its own. */
static bool is_by_set(const side *s)
{
    uint64_t set;
    return s->form == ARCHIVE && s->file.n > 0 && tensor_file_in_set(&s->file.tensors[0], &set) != NULL;
}

/* The array of data set k that has the name, or without a name array j of the set. false: there is none. */
static bool take_of_set(file_tensor *out, const tensor_file *f, int64_t k, size_t j, const char *name)
{
    for (size_t i = 0, n = 0; i < f->n; i++) {
        uint64_t set = 0;
        const char *own = tensor_file_in_set(&f->tensors[i], &set);
        if (own == NULL || set != (uint64_t)k || (name == NULL ? n++ != j : strcmp(name, own) != 0))
            continue;
        *out = f->tensors[i];
        out->name = own;
        return true;
    }
    return false;
}

/* The array of output j. */
static const file_tensor *find_array(const tensor_file *f, size_t j, const char *name, const char *word)
{
    char other[48];
    const file_tensor *t = *name != '\0' ? tensor_file_find(f, name) : NULL;
    (void)snprintf(other, sizeof other, "%s_%zu", word, j);
    if (t == NULL)
        t = tensor_file_find(f, other);
    (void)snprintf(other, sizeof other, "arr_%zu", j);
    if (t == NULL)
        t = tensor_file_find(f, other);
    return t;
}

/* Output j of data set k; *t is used until the next call. name: of the expected output; NULL: any. only: it is the only one. */
static nn_status take_tensor(side *s, int64_t k, size_t j, const char *name, bool only, const file_tensor **t, nn_error *err)
{
    char path[PATH_ROOM], what[200];
    if (s->form == ONE_SET || s->form == SETS) {
        if (!file_of(path, s, k, j))
            return too_long(s->path, err);
        nn_status st = read_file(s, path, err);
        *t = st == NN_OK ? &s->file.tensors[0] : NULL;
        return st == NN_OK && s->file.n != 1 ? path_fail(err, NULL, path, "has several tensors, expected one", 0) : st;
    }
    if (is_by_set(s)) {
        *t = &s->slice;
        if (take_of_set(&s->slice, &s->file, k, j, name))
            return NN_OK;
        (void)snprintf(what, sizeof what, "has no array 'test_data_set_%lld/%.100s'", (long long)k, name != NULL ? name : "");
        return path_fail(err, NULL, s->path, what, 0);
    }
    *t = name == NULL ? &s->file.tensors[j] : find_array(&s->file, j, name, s->word);
    if (*t == NULL && only && s->file.n == 1)
        *t = &s->file.tensors[0];
    if (*t == NULL) {
        (void)snprintf(what, sizeof what, "has no array '%.100s', nor %s_%zu or arr_%zu", name, s->word, j, j);
        return path_fail(err, NULL, s->path, what, 0);
    }
    if (s->form == ARCHIVE) {
        if (!take_slice(&s->slice, *t, k))
            return path_fail(err, NULL, s->path, "has too few data sets: they are the first axis of its arrays", 0);
        *t = &s->slice;
    }
    return NN_OK;
}

/* ---- outputs in files, and their bounds ---- */

typedef struct {
    comparison *c;
    const comparison_request *q;
    side expected, actual, bounds;
    nn_error *err;
} comparer;

/* Number of expected outputs of data set k. */
static size_t count_outputs(const side *s, int64_t k)
{
    char path[PATH_ROOM];
    struct stat st;
    size_t n = 0;
    file_tensor unused;
    while (is_by_set(s) && take_of_set(&unused, &s->file, k, n, NULL))
        n++;
    if (is_by_set(s))
        return n;
    if (s->form == ONE_FILE || s->form == ARCHIVE)
        return s->file.n;
    while (file_of(path, s, k, n) && stat(path, &st) == 0)
        n++;
    return n;
}

static int64_t count_sets(const side *s)
{
    int64_t k = 0;
    while (is_by_set(s) && count_outputs(s, k) > 0)
        k++;
    if (is_by_set(s))
        return k;
    if (s->form == ARCHIVE)
        return s->file.n > 0 && s->file.tensors[0].rank > 0 ? s->file.tensors[0].dims[0] : 0;
    if (s->form == SETS)
        while (count_outputs(s, k) > 0)
            k++;
    return s->form == SETS ? k : 1;
}

/* The file of bounds that goes with a file of expected outputs. */
static nn_status open_bounds(comparer *r)
{
    static const char *const words[][2] = {{"output_", "bound_"}, {"outputs", "bounds"}};
    side *b = &r->bounds;
    const char *path = r->expected.path, *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    b->word = "bound";
    b->form = r->expected.form;
    if (r->q->tolerance)
        return NN_OK;
    if (r->q->bounds != NULL) {
        if (snprintf(b->path, sizeof b->path, "%s", r->q->bounds) >= (int)sizeof b->path)
            return too_long(r->q->bounds, r->err);
        return directory_exists(b->path) ? NN_OK : read_file(b, b->path, r->err);
    }
    if (b->form == ONE_SET || b->form == SETS) {
        (void)snprintf(b->path, sizeof b->path, "%s", path);
        return NN_OK;
    }
    for (int i = 0; i < 2; i++)
        if (strncmp(path + n, words[i][0], strlen(words[i][0])) == 0) {
            if (snprintf(b->path, sizeof b->path, "%.*s%s%s", (int)n, path, words[i][1], path + n + strlen(words[i][0])) >=
                (int)sizeof b->path)
                return too_long(path, r->err);
            return read_file(b, b->path, r->err);
        }
    return path_fail(r->err, NULL, path, "has no bounds: state --bounds FILE, or --atol and --rtol", 0);
}

/* A file of actual outputs belongs to the data sets of a model if these are several. */
static nn_status open_actual(comparer *r, const char *path)
{
    side *a = &r->actual;
    const char *expected = r->expected.path, *slash = strrchr(expected, '/');
    char same[PATH_ROOM];
    if (r->expected.form == ONE_FILE && directory_exists(path)) {
        if (!below(same, path, slash != NULL ? slash + 1 : expected))
            return too_long(path, r->err);
        path = same;
    }
    nn_status s = open_side(a, path, "output", r->err);
    bool sets = r->expected.form == SETS || r->expected.form == ARCHIVE;
    if (s == NN_OK && sets && a->form == ONE_FILE)
        a->form = ARCHIVE;
    if (s == NN_OK && !sets && (a->form == SETS || a->form == ARCHIVE))
        return path_fail(r->err, NULL, path, "has data sets, but one set is expected", 0);
    if (s == NN_OK && sets && a->form == ONE_SET && count_sets(&r->expected) > 1)
        return path_fail(r->err, NULL, path, "has one data set, but several are expected", 0);
    return s;
}

/* ---- the comparison ---- */

static void shape_text(char out[200], const file_tensor *t)
{
    size_t n = (size_t)snprintf(out, 200, "%s[", dtype_name(t->type));
    for (int k = 0; k < t->rank && n < 180; k++)
        n += (size_t)snprintf(out + n, 200 - n, "%s%lld", k > 0 ? "," : "", (long long)t->dims[k]);
    (void)snprintf(out + n, 200 - n, "]");
}

static bool same_shape(const file_tensor *a, const file_tensor *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

static nn_status check_same(const comparer *r, const file_tensor *v, const file_tensor *y, const char *name, int64_t set)
{
    char want[200], have[200], what[600], where[40] = "";
    if (v->type == y->type && same_shape(v, y))
        return NN_OK;
    shape_text(want, v);
    shape_text(have, y);
    if (set >= 0)
        (void)snprintf(where, sizeof where, " of data set %lld", (long long)set);
    (void)snprintf(what, sizeof what, "output '%.80s'%s is %s; expected %s", name, where, have, want);
    return path_fail(r->err, NULL, r->actual.path, what, 0);
}

static nn_status check_bounds(const comparer *r, const file_tensor *v, const file_tensor *e)
{
    if (e->type == DT_FLOAT32 && same_shape(v, e))
        return NN_OK;
    return path_fail(r->err, NULL, r->bounds.path, "has bounds that are not float32 of the shape of the output", 0);
}

static nn_status compare_output(comparer *r, int64_t set, int64_t shown_set, size_t j, bool only)
{
    const file_tensor *v, *y, *e = NULL;
    char number[32];
    nn_status s = take_tensor(&r->expected, set, j, NULL, only, &v, r->err);
    if (s != NN_OK)
        return s;
    (void)snprintf(number, sizeof number, "output_%zu", j);
    const char *name = arena_strdup(&r->c->names, *v->name != '\0' ? v->name : number);
    if (name == NULL)
        return nn_nomem(r->err);
    s = take_tensor(&r->actual, set, j, name, only, &y, r->err);
    if (s == NN_OK)
        s = check_same(r, v, y, name, shown_set);
    if (s == NN_OK && !r->q->tolerance)
        s = take_tensor(&r->bounds, set, j, name, only, &e, r->err);
    if (s == NN_OK && e != NULL)
        s = check_bounds(r, v, e);
    if (s != NN_OK)
        return s;
    const compared_output c = {.expected = v,
                               .actual = y,
                               .bounds = e,
                               .atol = r->q->atol,
                               .rtol = r->q->rtol,
                               .output = name,
                               .set = shown_set,
                               .number = j};
    return outside_add(&r->c->list, &c, r->err);
}

static nn_status compare_all(comparer *r)
{
    nn_status s = NN_OK;
    bool sets = r->expected.form == SETS || r->expected.form == ARCHIVE;
    int64_t n_sets = count_sets(&r->expected);
    for (int64_t k = 0; s == NN_OK && k < n_sets; k++) {
        size_t n = count_outputs(&r->expected, k);
        for (size_t j = 0; s == NN_OK && j < n; j++)
            s = compare_output(r, k, sets ? k : -1, j, n == 1);
    }
    return s;
}

nn_status comparison_run(comparison *c, const char *expected, const char *actual, const comparison_request *q, nn_error *err)
{
    *c = (comparison){.list = {.limit = q->limit}};
    arena_init(&c->names, 0);
    comparer *r = nn_calloc(1, sizeof *r);
    if (r == NULL)
        return nn_nomem(err);
    r->c = c;
    r->q = q;
    r->err = err;
    nn_status s = open_side(&r->expected, expected, "output", err);
    if (s == NN_OK)
        s = open_actual(r, actual);
    if (s == NN_OK)
        s = open_bounds(r);
    if (s == NN_OK)
        s = compare_all(r);
    outside_sort(&c->list);
    close_side(&r->expected);
    close_side(&r->actual);
    close_side(&r->bounds);
    nn_free(r);
    return s;
}

void comparison_free(comparison *c)
{
    outside_free(&c->list);
    arena_free(&c->names);
}
