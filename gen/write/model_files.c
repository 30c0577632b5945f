#include "write/model_files.h"
#include "base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET "test_data_set_"

/* ---- names ---- */

/* Whether the first n bytes of text are prefix, a number, and suffix. */
static bool numbered(const char *text, size_t n, const char *prefix, const char *suffix, long *x)
{
    size_t before = strlen(prefix), after = strlen(suffix);
    if (n <= before + after || strncmp(text, prefix, before) != 0 || strncmp(text + n - after, suffix, after) != 0)
        return false;
    const char *digits = text + before;
    size_t k = n - before - after;
    if (k > 9 || strspn(digits, "0123456789") < k || (k > 1 && digits[0] == '0'))
        return false;
    *x = strtol(digits, NULL, 10);
    return true;
}

/* Whole names, or what comes before the number. */
static const char *const words[] = {
    [MODEL_ONNX] = "model.onnx",   [MODEL_INPUT] = "input_",      [MODEL_OUTPUT] = "output_",    [MODEL_BOUND] = "bound_",
    [MODEL_DATA] = "data.json",    [MODEL_CONFIG] = "config.txt", [MODEL_INPUTS] = "inputs.npz", [MODEL_OUTPUTS] = "outputs.npz",
    [MODEL_BOUNDS] = "bounds.npz", [MODEL_EXTERNAL] = "external_"};

model_file model_file_of(model_file_kind kind, long set, long index)
{
    model_file f = {.kind = kind, .set = set, .index = index};
    if (kind == MODEL_EXTERNAL)
        (void)snprintf(f.name, sizeof f.name, "%s%ld.bin", words[kind], index);
    else if (set < 0)
        (void)snprintf(f.name, sizeof f.name, "%s", words[kind]);
    else
        (void)snprintf(f.name, sizeof f.name, "%s%ld.pb", words[kind], index);
    return f;
}

bool model_file_parse(model_file *out, const char *path)
{
    const char *slash = strchr(path, '/');
    long set = -1, index;
    if (slash != NULL && !numbered(path, (size_t)(slash - path), SET, "", &set))
        return false;
    if (slash == NULL && numbered(path, strlen(path), words[MODEL_EXTERNAL], ".bin", &index)) {
        *out = model_file_of(MODEL_EXTERNAL, -1, index);
        return true;
    }
    for (model_file_kind kind = MODEL_ONNX; kind <= MODEL_BOUNDS; kind++) {
        bool in_set = kind >= MODEL_INPUT && kind <= MODEL_BOUND;
        if (in_set != (slash != NULL))
            continue;
        if (in_set ? numbered(slash + 1, strlen(slash + 1), words[kind], ".pb", &index) : strcmp(path, words[kind]) == 0) {
            *out = model_file_of(kind, set, in_set ? index : -1);
            return true;
        }
    }
    return false;
}

void model_file_path(char out[64], const model_file *f)
{
    if (f->set >= 0)
        (void)snprintf(out, 64, SET "%ld/%s", f->set, f->name);
    else
        (void)snprintf(out, 64, "%s", f->name);
}

void model_file_folder(char out[40], const model_file *f)
{
    if (f->set >= 0)
        (void)snprintf(out, 40, SET "%ld", f->set);
    else
        (void)snprintf(out, 40, ".");
}

/* ---- the directory ---- */

static bool walk(model_content *c, int root, const char *name, const char *set, bool remove);

/* Visits an entry of the model's directory (set is NULL) or of a data set's directory. */
static bool visit(model_content *c, int above, const char *name, const char *set, bool remove)
{
    char path[320];
    long number;
    model_file file;
    if (set == NULL && numbered(name, strlen(name), SET, "", &number)) {
        c->entries++;
        return walk(c, above, name, name, remove);
    }
    int n = snprintf(path, sizeof path, "%s%s%s", set != NULL ? set : "", set != NULL ? "/" : "", name);
    if (n > 0 && n < (int)sizeof path && model_file_parse(&file, path)) {
        c->entries += !model_file_expected(file.kind);
        return !remove || unlinkat(above, name, 0) == 0;
    }
    if (c->foreign[0] == '\0')
        (void)snprintf(c->foreign, sizeof c->foreign, "%.127s", path);
    return true;
}

static bool walk(model_content *c, int root, const char *name, const char *set, bool remove)
{
    DIR *dir = directory_list(root, name);
    if (dir == NULL)
        return false;
    bool good = true;
    errno = 0;
    for (const struct dirent *e; good && (e = readdir(dir)) != NULL; errno = 0)
        if (!directory_is_dot(e->d_name))
            good = visit(c, dirfd(dir), e->d_name, set, remove);
    good = good && errno == 0;
    int reason = errno;
    closedir(dir);
    if (good && remove)
        return unlinkat(root, name, AT_REMOVEDIR) == 0;
    errno = reason;
    return good;
}

bool model_files_look(model_content *c, int root, const char *name)
{
    *c = (model_content){.entries = 0};
    return walk(c, root, name, NULL, false);
}

bool model_files_remove(model_content *c, int root, const char *name)
{
    *c = (model_content){.entries = 0};
    return walk(c, root, name, NULL, true);
}
