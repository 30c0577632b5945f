#include "show/show.h"
#include "base/file_write.h"
#include "base/path.h"
#include "base/utf8.h"
#include "corpus/row_motifs.h"
#include "onnx/onnx_find.h"
#include "show/show_options.h"
#include "show/show_page.h"
#include "show/show_svg.h"
#include "show/show_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Models of a directory. */
typedef struct {
    const show_options *o;
    json_line *out;
    row_motifs motifs;
    show_problem_fn *tell;
    void *data;
    size_t *problems;
    size_t models;
} lister;

/* A copy of the text in which what cannot be shown is replaced; free it with nn_free. */
static char *printable(const char *text)
{
    char *copy = nn_strdup(text);
    for (char *s = copy; s != NULL && *s != '\0';) {
        size_t n = utf8_shown(s);
        if (n == 0)
            *s++ = '?';
        else
            s += n;
    }
    return copy;
}

/* ---- one model ---- */

/* The directory that a path is in, and its last part; free the directory with nn_free. */
static char *above(const char *path, const char **last)
{
    const char *slash = strrchr(path, '/');
    *last = slash != NULL ? slash + 1 : path;
    char *dir = slash == NULL ? nn_strdup(".") : slash == path ? nn_strdup("/") : nn_strdup(path);
    if (dir != NULL && slash != NULL && slash != path)
        dir[slash - path] = '\0';
    return dir;
}

/* Reads what the corpus around DIR/model.onnx says about its motifs. */
static nn_status read_motifs(row_motifs *motifs, const char *path, char **name, nn_error *err)
{
    const char *last, *model;
    char *dir = above(path, &last), *corpus = dir != NULL ? above(dir, &model) : NULL;
    nn_status s = corpus != NULL ? NN_OK : nn_nomem(err);
    *motifs = (row_motifs){.n = 0};
    *name = NULL;
    if (s == NN_OK && (*name = nn_strdup(model)) == NULL)
        s = nn_nomem(err);
    int fd = s == NN_OK ? open(corpus, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        s = row_motifs_read(motifs, fd, *name, err);
        close(fd);
    }
    nn_free(dir);
    nn_free(corpus);
    return s;
}

static nn_status put_one_page(json_line *out, const show_model *m, const char *name, const show_options *o, nn_error *err)
{
    json_line href = {.bytes = NULL};
    show_href(&href, o->out, o->path);
    line_text(&href, "", 1);
    show_page_begin(out, name);
    nn_status s = href.failed ? nn_nomem(err) : show_page_add(out, m, name, href.bytes, err);
    show_page_end(out);
    nn_free(href.bytes);
    return s;
}

static nn_status put_model(json_line *out, const show_model *m, const char *name, const show_options *o, nn_error *err)
{
    if (o->format == SHOW_SVG)
        return show_svg(out, m, name, true, err);
    if (o->format == SHOW_HTML)
        return put_one_page(out, m, name, o, err);
    (o->format == SHOW_DOT ? show_dot : show_text)(out, m, name);
    return NN_OK;
}

static nn_status show_one(json_line *out, const show_options *o, const char *path, nn_error *err)
{
    row_motifs motifs;
    show_model m = {.motifs = NULL};
    char *row, *name = printable(path);
    nn_status s = read_motifs(&motifs, path, &row, err);
    if (s == NN_OK && name == NULL)
        s = nn_nomem(err);
    if (s == NN_OK)
        s = show_model_read(&m, AT_FDCWD, path, path, row_motifs_find(&motifs, row), err);
    if (s == NN_OK && o->mark != NULL)
        s = show_model_mark(&m, o->mark, err);
    if (s == NN_OK)
        s = put_model(out, &m, name, o, err);
    show_model_free(&m);
    row_motifs_free(&motifs);
    nn_free(row);
    nn_free(name);
    return s;
}

/* ---- a directory ---- */

static void problem(void *data, const nn_error *e)
{
    lister *l = data;
    char text[sizeof e->file + sizeof e->message + 64];
    (void)nn_error_text(e, text, sizeof text);
    ++*l->problems;
    if (l->tell != NULL)
        l->tell(l->data, text);
}

/* The name of a model: its path without /model.onnx or .onnx at the end. */
static char *name_of(const char *below)
{
    char *name = printable(below);
    if (name != NULL && onnx_has_suffix(name, "/model.onnx"))
        name[strlen(name) - 11] = '\0';
    else if (name != NULL && onnx_is_model_name(name))
        name[strlen(name) - 5] = '\0';
    return name;
}

static nn_status put_listed(lister *l, const show_model *m, const char *name, const char *path, nn_error *err)
{
    if (l->o->format == SHOW_HTML) {
        json_line href = {.bytes = NULL};
        show_href(&href, l->o->out, path);
        line_text(&href, "", 1);
        nn_status s = href.failed ? nn_nomem(err) : show_page_add(l->out, m, name, href.bytes, err);
        nn_free(href.bytes);
        return s;
    }
    line_raw(l->out, name);
    line_raw(l->out, ": ");
    show_counts(l->out, m);
    line_raw(l->out, ": ");
    nn_status s = show_operators(l->out, m, err);
    line_raw(l->out, "\n");
    return s;
}

static nn_status list_model(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err)
{
    lister *l = data;
    show_model m;
    nn_error inner = {0};
    char *name = name_of(below);
    if (name == NULL)
        return nn_nomem(err);
    nn_status s = show_model_read(&m, folder, entry, path, row_motifs_find(&l->motifs, name), &inner);
    if (s == NN_OK) {
        l->models++;
        s = put_listed(l, &m, name, path, err);
        show_model_free(&m);
    } else if (s == NN_ERR_IO) {
        problem(l, &inner);
        s = NN_OK;
    } else {
        (void)nn_nomem(err);
    }
    nn_free(name);
    return s == NN_OK && l->out->failed ? nn_nomem(err) : s;
}

static nn_status show_directory(json_line *out, const show_options *o, lister *l, nn_error *err)
{
    char *title = printable(o->path);
    int fd = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    nn_status s = title == NULL ? nn_nomem(err) : fd < 0 ? path_fail(err, NULL, o->path, "cannot open", errno) : NN_OK;
    if (s == NN_OK)
        s = row_motifs_read(&l->motifs, fd, NULL, err);
    if (s == NN_OK && o->format == SHOW_HTML)
        show_page_begin(out, title);
    if (s == NN_OK)
        s = onnx_find(o->path, list_model, problem, l, err);
    if (s == NN_OK && o->format == SHOW_HTML)
        show_page_end(out);
    if (s == NN_OK && l->models == 0)
        s = nn_fail(err, NN_ERR_IO, o->path, 0, 0,
                    *l->problems > 0 ? "has no .onnx file that can be read" : "contains no .onnx file");
    row_motifs_free(&l->motifs);
    if (fd >= 0)
        close(fd);
    nn_free(title);
    return s;
}

/* ---- the command ---- */

/* The length of a path without slashes at its end. */
static size_t length_of(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n;
}

static nn_status show_path(json_line *out, show_options *o, lister *l, nn_error *err)
{
    struct stat st;
    size_t n = length_of(o->path), size = n + sizeof "/model.onnx";
    if (stat(o->path, &st) != 0)
        return path_fail(err, NULL, o->path, "cannot open", errno);
    char *path = nn_malloc(size);
    if (path == NULL)
        return nn_nomem(err);
    nn_status s;
    (void)snprintf(path, size, "%.*s/model.onnx", (int)n, o->path);
    bool folder = S_ISDIR(st.st_mode), single = !folder || (stat(path, &st) == 0 && S_ISREG(st.st_mode));
    path[folder && single ? size - 1 : n] = '\0';
    o->path = path;
    if (!single && (o->mark != NULL || (o->format != SHOW_TEXT && o->format != SHOW_HTML)))
        s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected a model, not a directory of models",
                    o->mark != NULL         ? "--mark"
                    : o->format == SHOW_SVG ? "--format svg"
                                            : "--format dot");
    else
        s = single ? show_one(out, o, path, err) : show_directory(out, o, l, err);
    nn_free(path);
    return s;
}

nn_status show_run(int argc, char *const *argv, json_line *out, show_problem_fn *tell, void *data, size_t *problems, nn_error *err)
{
    show_options o;
    lister l = {.o = &o, .out = out, .tell = tell, .data = data, .problems = problems};
    *problems = 0;
    nn_status s = show_options_parse(&o, argc, argv, err);
    if (s != NN_OK)
        return s;
    if (o.help)
        show_options_help(out);
    else
        s = show_path(out, &o, &l, err);
    if (s == NN_OK && out->failed)
        s = nn_nomem(err);
    if (s == NN_OK && !o.help && o.out != NULL) {
        s = file_put(o.out, out->bytes, out->size, err);
        out->size = 0;
    }
    return s;
}
