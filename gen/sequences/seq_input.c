#include "sequences/seq_input.h"
#include "base/file_read.h"
#include "onnx/onnx_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    model_list *l;
    unsigned class;
    model_problem_fn *tell;
    void *data;
    size_t *problems;
} loader;

static void problem(void *data, const nn_error *e)
{
    const loader *o = data;
    char text[sizeof e->file + sizeof e->message + 64];
    (void)nn_error_text(e, text, sizeof text);
    ++*o->problems;
    if (o->tell != NULL)
        o->tell(o->data, text);
}

/* ---- models ---- */

static nn_status read_text(onnx_view *v, const char *path, nn_error *err)
{
    file_bytes file = {.bytes = NULL};
    nn_status s = file_read(&file, AT_FDCWD, path, 0, INT32_MAX, path, err);
    if (s == NN_OK)
        s = onnx_view_chains(v, file.bytes, file.n, path, err);
    file_bytes_free(&file);
    return s;
}

/* A file that was found below a directory, or a given file; then `below` is its path. */
static nn_status add_model(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err)
{
    loader *o = data;
    nn_error inner = {0};
    onnx_view view;
    if (!nn_grow((void **)&o->l->all, &o->l->capacity, o->l->n + 1, sizeof *o->l->all))
        return nn_nomem(err);
    nn_status s =
        onnx_has_suffix(path, ".txt") ? read_text(&view, path, &inner) : onnx_view_file(&view, folder, entry, path, &inner);
    if (s == NN_ERR_IO) {
        problem(o, &inner);
        return NN_OK;
    }
    if (s != NN_OK)
        return nn_nomem(err);
    seq_model *m = &o->l->all[o->l->n];
    *m = (seq_model){.path = nn_strdup(path), .name = nn_strdup(""), .view = view, .class = o->class};
    o->l->n++;
    if (m->path == NULL || m->name == NULL)
        return nn_nomem(err);
    m->below = (size_t)(below - path);
    return NN_OK;
}

nn_status model_list_add(model_list *l, const char *path, unsigned class, model_problem_fn *tell, void *data, size_t *problems,
                         nn_error *err)
{
    loader o = {l, class, tell, data, problems};
    struct stat st;
    if (stat(path, &st) != 0)
        return nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return add_model(&o, AT_FDCWD, path, path, path, err);
    size_t models = l->n, before = *problems;
    nn_status s = onnx_find(path, add_model, problem, &o, err);
    if (s == NN_OK && l->n == models && *problems == before) {
        nn_error inner;
        (void)nn_fail(&inner, NN_ERR_IO, path, 0, 0, "contains no .onnx file");
        problem(&o, &inner);
    }
    return s;
}

/* ---- names ---- */

enum { SHORT, BELOW, WHOLE }; /* how much of its path a model's name contains */

static nn_status name_model(seq_model *m, nn_error *err)
{
    char *name = nn_strdup(m->path + (m->level == WHOLE ? 0 : m->below));
    if (name == NULL)
        return nn_nomem(err);
    if (m->level == SHORT && onnx_has_suffix(name, "/model.onnx"))
        name[strlen(name) - 11] = '\0';
    else if (m->level == SHORT && onnx_is_model_name(name))
        name[strlen(name) - 5] = '\0';
    nn_free(m->name);
    m->name = name;
    return NN_OK;
}

static int by_name(const void *a, const void *b)
{
    const seq_model *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : strcmp((*x)->path, (*y)->path);
}

/* Models sorted by name. Different files with the same name get more of their paths. Returns whether a name has to change. */
static bool tell_apart(seq_model **sorted, size_t n)
{
    bool changed = false;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && strcmp(sorted[i]->name, sorted[end]->name) == 0;)
            end++;
        bool same_file = strcmp(sorted[i]->path, sorted[end - 1]->path) == 0;
        for (size_t k = i; k < end && !same_file; k++) {
            changed = changed || sorted[k]->level < WHOLE;
            sorted[k]->level += sorted[k]->level < WHOLE;
        }
    }
    return changed;
}

nn_status model_list_name(model_list *l, nn_error *err)
{
    seq_model **sorted = nn_malloc((l->n + 1) * sizeof(seq_model *));
    nn_status s = sorted != NULL ? NN_OK : nn_nomem(err);
    bool changed = true;
    while (s == NN_OK && changed) {
        for (size_t i = 0; i < l->n && s == NN_OK; i++) {
            sorted[i] = &l->all[i];
            s = name_model(sorted[i], err);
        }
        if (s == NN_OK && l->n > 0)
            qsort(sorted, l->n, sizeof *sorted, by_name);
        changed = s == NN_OK && tell_apart(sorted, l->n);
    }
    nn_free(sorted);
    return s;
}

static bool same_end(const char *longer, const char *name)
{
    size_t n = strlen(longer), k = strlen(name);
    return n > k && longer[n - k - 1] == '/' && strcmp(longer + n - k, name) == 0;
}

/* How well a name fits a model: FIT_NAME: it is the model's name; FIT_BELOW: it is the path below the given
 * directory, with the ending that names leave out; FIT_PATH_END: leading directories are left out. */
enum { FIT_NAME, FIT_BELOW, FIT_PATH_END, FITS };

static bool fits(const seq_model *m, const char *name, unsigned how)
{
    if (how == FIT_NAME)
        return strcmp(m->name, name) == 0;
    if (how == FIT_BELOW)
        return strcmp(m->path + m->below, name) == 0;
    return same_end(m->name, name) || same_end(m->path, name) || strcmp(m->path, name) == 0;
}

seq_model *model_list_find(const model_list *l, const char *name, seq_model **second)
{
    *second = NULL;
    for (unsigned how = 0; how < FITS; how++) {
        seq_model *found = NULL;
        for (size_t i = 0; i < l->n; i++) {
            bool is = fits(&l->all[i], name, how);
            if (is && found != NULL) {
                *second = &l->all[i];
                return found;
            }
            found = is ? &l->all[i] : found;
        }
        if (found != NULL)
            return found;
    }
    return NULL;
}

void model_list_free(model_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        nn_free(l->all[i].name);
        nn_free(l->all[i].path);
        onnx_view_free(&l->all[i].view);
    }
    nn_free(l->all);
    *l = (model_list){.n = 0};
}
