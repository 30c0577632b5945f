#include "mine/mine.h"
#include "base/file_write.h"
#include "mine/mine_find.h"
#include "mine/mine_options.h"
#include "mine/mine_yaml.h"
#include "onnx/onnx_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const mine_options *o;
    mine_models models;
    json_line *out;
    mine_tell_fn *tell;
    void *data;
    size_t *problems;
} miner;

/* ---- models ---- */

static void skip(void *data, const nn_error *problem)
{
    const miner *x = data;
    char text[sizeof problem->file + sizeof problem->message + 64];
    size_t n = nn_error_text(problem, text, sizeof text);
    (void)snprintf(text + (n < sizeof text - 12 ? n : sizeof text - 12), 12, "; skipped");
    ++*x->problems;
    x->tell(x->data, text);
}

static nn_status add_file(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err)
{
    miner *x = data;
    onnx_view v;
    nn_error problem = {0};
    nn_status s = onnx_view_file_whole(&v, folder, entry, path, &problem);
    if (s == NN_ERR_IO) {
        skip(x, &problem);
        return NN_OK;
    }
    if (s != NN_OK || !mine_models_add(&x->models, below, &v))
        return nn_nomem(err);
    return NN_OK;
}

static nn_status add_path(miner *x, const char *path, nn_error *err)
{
    struct stat st;
    size_t before = x->models.n, skipped = *x->problems;
    if (stat(path, &st) != 0)
        return nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return add_file(x, AT_FDCWD, path, path, path, err);
    nn_status s = onnx_find(path, add_file, skip, x, err);
    if (s == NN_OK && x->models.n == before && *x->problems == skipped)
        return nn_fail(err, NN_ERR_USAGE, path, 0, 0, "contains no .onnx file");
    return s;
}

/* All element types, so that only what the table lacks is left out. */
static nn_status open_table(op_set **ops, const mine_options *o, nn_error *err)
{
    arena a;
    arena_init(&a, 0);
    spec_file *read = NULL;
    size_t n = 0;
    nn_status s = o->specs != NULL ? spec_read_dir(&read, &n, o->specs, &a, err) : NN_OK;
    if (s == NN_OK)
        s = op_set_new_typed(ops, read != NULL ? read : spec_embedded, read != NULL ? n : spec_embedded_count, NULL, (int)o->opset,
                             dtype_group("all") | dtype_group("floats"), err);
    arena_free(&a);
    return s;
}

static void tell_unknown(const miner *x)
{
    for (size_t i = 0; i < x->models.n_unknown; i++) {
        char text[320];
        unsigned long long nodes = (unsigned long long)x->models.unknown[i].nodes;
        (void)snprintf(text, sizeof text, "motifs: operator %.200s (%llu node%s) is not in the table of opset %d; motifs end there",
                       x->models.unknown[i].op, nodes, nodes == 1 ? "" : "s", (int)x->o->opset);
        x->tell(x->data, text);
    }
}

/* ---- what several models share ---- */

static void put_head(json_line *out)
{
    line_raw(out, "# Proposed by nngen motifs; see the language of motifs in specs/README.md.\nmotifs:\n");
}

static nn_status propose(const miner *x, nn_error *err)
{
    mine_found f;
    size_t written = 0;
    if ((uint64_t)x->o->min_models > x->models.n)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--min-models %lld: expected at least as many models, but %zu %s read",
                       (long long)x->o->min_models, x->models.n, x->models.n == 1 ? "was" : "were");
    if (!mine_find(&f, &x->models, (uint32_t)x->o->min_models, (uint32_t)x->o->max_nodes, (size_t)x->o->max_motifs))
        return nn_nomem(err);
    put_head(x->out);
    for (size_t i = 0; i < f.n; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "mined_%02zu", written + 1);
        written += mine_put_motif(x->out, &x->models, f.all[i].parts, f.all[i].n, f.all[i].models, name);
    }
    mine_found_free(&f);
    if (written > 0 || x->out->failed)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                   "motifs: no subgraph of two or more nodes is in %lld of the %zu models; expected other models, or a smaller "
                   "--min-models",
                   (long long)x->o->min_models, x->models.n);
}

/* ---- given nodes ---- */

static bool is_named(const mine_model *m, size_t node, const char *name, size_t n)
{
    const onnx_view_node *x = &m->view.nodes[node];
    if (strlen(x->name) == n && strncmp(x->name, name, n) == 0)
        return true;
    for (uint32_t k = 0; k < x->n_results; k++) {
        int64_t t = m->view.operands[x->first_result + k];
        if (t >= 0 && strlen(m->view.tensors[t].name) == n && strncmp(m->view.tensors[t].name, name, n) == 0)
            return true;
    }
    return false;
}

static nn_status find_node(const miner *x, const char *name, size_t n, uint32_t *node, nn_error *err)
{
    const mine_model *m = &x->models.all[0];
    size_t found = m->view.n_nodes;
    int shown = (int)(n < 100 ? n : 100);
    for (size_t i = 0; i < m->view.n_nodes && n > 0; i++) {
        if (!is_named(m, i, name, n))
            continue;
        if (found < m->view.n_nodes)
            return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0, "--nodes: several nodes are named %.*s; name their outputs", shown,
                           name);
        found = i;
    }
    if (found == m->view.n_nodes)
        return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0, "--nodes: no node or output is named '%.*s'", shown, name);
    if (m->ops[found] < 0)
        return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0,
                       "--nodes: %.*s is a constant or an operator that the table lacks (%.60s)", shown, name,
                       m->view.nodes[found].op);
    *node = (uint32_t)found;
    return NN_OK;
}

/* Sorts a node in. false: it is there already. */
static bool insert(mine_part *p, uint32_t node)
{
    uint32_t at = 0;
    while (at < p->n && p->nodes[at] < node)
        at++;
    if (at < p->n && p->nodes[at] == node)
        return false;
    memmove(p->nodes + at + 1, p->nodes + at, (p->n - at) * sizeof *p->nodes);
    p->nodes[at] = node;
    p->n++;
    return true;
}

static bool linked(const mine_models *m, const mine_part *p, uint32_t a, uint32_t b)
{
    const mine_model *x = &m->all[p->model];
    for (size_t k = 0; k < x->view.nodes[p->nodes[b]].n_operands; k++)
        if (mine_before(m, x, p->nodes[b], k) == p->nodes[a])
            return true;
    return false;
}

static bool is_connected(const mine_models *m, const mine_part *p)
{
    bool reached[MINE_NODES] = {true}, more = true;
    size_t n = 1;
    while (more) {
        more = false;
        for (uint32_t a = 0; a < p->n; a++)
            for (uint32_t b = 0; b < p->n; b++)
                if (reached[a] && !reached[b] && (linked(m, p, a, b) || linked(m, p, b, a))) {
                    reached[b] = more = true;
                    n++;
                }
    }
    return n == p->n;
}

static nn_status propose_given(const miner *x, nn_error *err)
{
    mine_part p = {.n = 0};
    for (const char *at = x->o->nodes;;) {
        size_t n = strcspn(at, ",");
        uint32_t node = 0;
        nn_status s = find_node(x, at, n, &node, err);
        if (s != NN_OK)
            return s;
        if (p.n == MINE_NODES)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--nodes: expected at most %d nodes", MINE_NODES);
        if (!insert(&p, node))
            return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0, "--nodes: %.*s is a node that was named before; expected each once",
                           (int)(n < 100 ? n : 100), at);
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    if (!is_connected(&x->models, &p))
        return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0,
                       "--nodes: the nodes are not connected; expected each to take or give data of another");
    put_head(x->out);
    if (mine_put_motif(x->out, &x->models, &p, 1, 1, "mined_01") || x->out->failed)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, x->o->from, 0, 0,
                   "--nodes: the nodes have no input that is not a constant, or too many inputs");
}

/* ---- the command ---- */

/* Writes the text to the file of --out instead. */
static nn_status put_file(const char *path, json_line *out, nn_error *err)
{
    nn_status s = file_put(path, out->bytes, out->size, err);
    out->size = 0;
    return s;
}

static nn_status run(miner *x, nn_error *err)
{
    const mine_options *o = x->o;
    nn_status s = NN_OK;
    if (o->from != NULL)
        s = add_file(x, AT_FDCWD, o->from, o->from, o->from, err);
    for (size_t i = 0; i < o->n_paths && s == NN_OK; i++)
        s = add_path(x, o->paths[i], err);
    if (s == NN_OK && x->models.n == 0)
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "motifs: none of the models can be read");
    if (s == NN_OK)
        tell_unknown(x);
    if (s == NN_OK)
        s = o->from != NULL ? propose_given(x, err) : propose(x, err);
    if (s == NN_OK && x->out->failed)
        s = nn_nomem(err);
    return s == NN_OK && o->out != NULL ? put_file(o->out, x->out, err) : s;
}

nn_status mine_run(int argc, char *const *argv, json_line *out, mine_tell_fn *tell, void *data, size_t *problems, nn_error *err)
{
    mine_options o;
    op_set *ops = NULL;
    nn_status s = mine_options_parse(&o, argc, argv, err);
    *problems = 0;
    if (s == NN_OK && o.help)
        mine_options_help(out);
    else if (s == NN_OK)
        s = open_table(&ops, &o, err);
    if (s == NN_OK && !o.help) {
        miner x = {.o = &o, .models = {.ops = ops}, .out = out, .tell = tell, .data = data, .problems = problems};
        s = run(&x, err);
        mine_models_free(&x.models);
    }
    op_set_free(ops);
    mine_options_free(&o);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
