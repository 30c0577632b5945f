#define _GNU_SOURCE
#include "reduce/reduce_failure.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ = 1 << 16 }; /* bytes of an output in which the message is looked for */

void reduce_failure_free(reduce_failure *f)
{
    nn_free(f->text);
    nn_free(f->outputs);
    *f = (reduce_failure){.text = NULL};
}

/* ---- messages ---- */

static void add_words(reduce_names *names, reduce_names *operators, const Onnx__GraphProto *g);

static void add_node_words(reduce_names *names, reduce_names *operators, const Onnx__NodeProto *node)
{
    reduce_names_add(names, node->name);
    reduce_names_add(operators, node->op_type);
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->attribute[i];
        if (a->g != NULL)
            add_words(names, operators, a->g);
        for (size_t k = 0; k < a->n_graphs; k++)
            add_words(names, operators, a->graphs[k]);
    }
}

/* The nesting of a parsed model is bounded. */
static void add_words(reduce_names *names, reduce_names *operators, const Onnx__GraphProto *g)
{
    reduce_defines(names, g);
    for (size_t i = 0; i < g->n_node; i++)
        add_node_words(names, operators, g->node[i]);
}

/* Appends a message in its normal form. */
static nn_status put_message(json_line *out, const char *text, size_t n, const reduce_case *c, nn_error *err)
{
    reduce_names names = {.names = NULL}, operators = {.names = NULL};
    Onnx__ModelProto *m;
    nn_error ignored;
    arena a;
    arena_init(&a, 0);
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, &ignored);
    if (s == NN_OK) {
        add_words(&names, &operators, m->graph);
        reduce_names_sort(&names);
        reduce_names_sort(&operators);
    }
    reduce_message_normalise(out, text, n, &names, &operators);
    s = s == NN_ERR_NOMEM || names.failed || operators.failed || out->failed ? nn_nomem(err) : NN_OK;
    reduce_names_free(&names);
    reduce_names_free(&operators);
    arena_free(&a);
    return s;
}

/* Takes the text over. */
static nn_status keep_text(reduce_failure *f, json_line *text, nn_status s, nn_error *err)
{
    line_text(text, "", 1);
    if (s == NN_OK && text->failed)
        s = nn_nomem(err);
    if (s == NN_OK)
        f->text = text->bytes;
    else
        nn_free(text->bytes);
    return s;
}

/* ---- processes ---- */

/* Reads the beginning of a file. Without the file there is nothing. */
static size_t read_some(const char *directory, const char *name, char *to)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return 0;
    size_t n = 0;
    for (ssize_t got; n < READ; n += (size_t)got) {
        got = read(fd, to + n, READ - n);
        if (got < 0 && errno == EINTR)
            got = 0;
        else if (got <= 0)
            break;
    }
    (void)close(fd);
    return n;
}

static nn_status put_output(json_line *out, const char *directory, const reduce_case *c, nn_error *err)
{
    nn_status s = NN_OK;
    size_t n = 0;
    char *text = nn_malloc(READ);
    if (text == NULL)
        return nn_nomem(err);
    const char *line = reduce_message_find(text, read_some(directory, "stderr", text), &n);
    if (n == 0)
        line = reduce_message_find(text, read_some(directory, "stdout", text), &n);
    if (n > 0) {
        line_raw(out, ": ");
        s = put_message(out, line, n, c, err);
    }
    nn_free(text);
    return s;
}

nn_status reduce_failure_of_ending(reduce_failure *f, const reduce_ending *e, const reduce_case *c, nn_error *err)
{
    json_line text = {.bytes = NULL};
    char how[80];
    nn_status s = NN_OK;
    *f = (reduce_failure){.text = NULL};
    if (!e->timed_out && e->signal == 0 && e->status == 0)
        return NN_OK;
    if (e->timed_out)
        (void)snprintf(how, sizeof how, "no end within the time limit");
    else if (e->signal != 0)
        (void)snprintf(how, sizeof how, "signal %d", e->signal);
    else
        (void)snprintf(how, sizeof how, "exit status %d", e->status);
    line_raw(&text, how);
    if (!e->timed_out)
        s = put_output(&text, e->directory, c, err);
    return keep_text(f, &text, s, err);
}

nn_status reduce_failure_of_answer(reduce_failure *f, const char *answer, const reduce_case *c, nn_error *err)
{
    json_line text = {.bytes = NULL};
    const char *tab = strchr(answer, '\t');
    *f = (reduce_failure){.text = NULL};
    nn_status s = put_message(&text, answer, tab != NULL ? (size_t)(tab - answer) : strlen(answer), c, err);
    s = keep_text(f, &text, s, err);
    if (s != NN_OK || tab == NULL || tab[1] == '\0')
        return s;
    size_t n = strlen(tab + 1);
    f->outputs = nn_malloc(n + 2);
    if (f->outputs == NULL) {
        reduce_failure_free(f);
        return nn_nomem(err);
    }
    memcpy(f->outputs, tab + 1, n);
    memcpy(f->outputs + n, f->outputs[n - 1] == '\t' ? "" : "\t", f->outputs[n - 1] == '\t' ? 1 : 2);
    return NN_OK;
}

/* ---- the original ---- */

/* The next name of a list; NULL: the end. */
static char *next_name(char **list)
{
    char *name = *list, *tab = name != NULL ? strchr(name, '\t') : NULL;
    if (tab == NULL)
        return NULL;
    *tab = '\0';
    *list = tab + 1;
    return name;
}

typedef struct {
    const char *name;
    size_t node;
} producer;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const producer *)a)->name, ((const producer *)b)->name);
}

static void need(bool *needed, const producer *all, size_t n, const char *name)
{
    const producer *p = name != NULL && n > 0 ? bsearch(&(producer){name, 0}, all, n, sizeof *all, by_name) : NULL;
    if (p != NULL)
        needed[p->node] = true;
}

/* Adds what the given tensors are computed from. The nodes of a sound model are sorted: one pass from the last to the first
 * reaches all. */
static bool add_sources(reduce_names *given, const Onnx__GraphProto *g, arena *a)
{
    size_t n = 0, listed = given->n;
    for (size_t i = 0; i < g->n_node; i++)
        n += g->node[i]->n_output;
    producer *all = arena_alloc(a, (n + 1) * sizeof *all);
    bool *needed = arena_calloc(a, g->n_node + 1, sizeof *needed);
    reduce_names reads = {.names = NULL};
    if (all == NULL || needed == NULL)
        return false;
    n = 0;
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            if (g->node[i]->output[k] != NULL)
                all[n++] = (producer){g->node[i]->output[k], i};
    qsort(all, n, sizeof *all, by_name);
    for (size_t i = 0; i < listed; i++)
        need(needed, all, n, given->names[i]);
    for (size_t i = g->n_node; i-- > 0;) {
        if (!needed[i])
            continue;
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            reduce_names_add(given, g->node[i]->output[k]);
        reads.n = 0;
        reduce_reads(&reads, g->node[i]);
        for (size_t k = 0; k < reads.n; k++)
            need(needed, all, n, reads.names[k]);
    }
    bool good = !reads.failed;
    reduce_names_free(&reads);
    reduce_names_sort(given);
    return good && !given->failed;
}

nn_status reduce_identity_open(reduce_identity *d, reduce_failure *f, const reduce_case *original, nn_error *err)
{
    Onnx__ModelProto *m;
    nn_error ignored;
    *d = (reduce_identity){.failure = *f};
    *f = (reduce_failure){.text = NULL};
    arena_init(&d->memory, 0);
    if (d->failure.outputs == NULL)
        return NN_OK;
    char *list = arena_strdup(&d->memory, d->failure.outputs);
    nn_status s =
        list != NULL ? onnx_parse_all(&m, original->model.bytes, original->model.n, &d->memory, NULL, &ignored) : NN_ERR_NOMEM;
    if (s == NN_OK) {
        for (const char *name; (name = next_name(&list)) != NULL;)
            reduce_names_add(&d->before, name);
        reduce_defines(&d->made, m->graph);
        reduce_names_sort(&d->made);
        s = add_sources(&d->before, m->graph, &d->memory) ? NN_OK : NN_ERR_NOMEM;
    }
    if (s != NN_ERR_NOMEM && !d->before.failed && !d->made.failed)
        return NN_OK;
    reduce_identity_close(d);
    return nn_nomem(err);
}

void reduce_identity_close(reduce_identity *d)
{
    reduce_failure_free(&d->failure);
    reduce_names_free(&d->made);
    reduce_names_free(&d->before);
    arena_free(&d->memory);
    *d = (reduce_identity){.failure = {.text = NULL}};
}

bool reduce_identity_same(const reduce_identity *d, const reduce_failure *f, bool renamed)
{
    if (f->text == NULL || d->failure.text == NULL || strcmp(f->text, d->failure.text) != 0)
        return false;
    if (renamed || f->outputs == NULL || d->before.n == 0)
        return true;
    char name[1024];
    for (const char *p = f->outputs, *tab; (tab = strchr(p, '\t')) != NULL; p = tab + 1) {
        size_t n = (size_t)(tab - p) < sizeof name ? (size_t)(tab - p) : sizeof name - 1;
        memcpy(name, p, n);
        name[n] = '\0';
        if (reduce_names_has(&d->before, name) || !reduce_names_has(&d->made, name))
            return true;
    }
    return false;
}
