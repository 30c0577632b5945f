#include "corpus/seeds.h"
#include "base/directory.h"
#include "base/file_write.h"
#include "base/json_line.h"
#include "base/path.h"
#include "family/family.h"
#include "rules/opmodel_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const seeds_config *c;
    int root, models, tapes; /* open directories; -1: not open */
    seeds_report *report;
} seeds;

/* ---- directories ---- */

static nn_status check_empty(const seeds *s, nn_error *err)
{
    DIR *entries = directory_list(s->root, ".");
    if (entries == NULL)
        return path_fail(err, s->c->out, "", "cannot read", errno);
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(entries)) != NULL;)
        empty = directory_is_dot(e->d_name);
    (void)closedir(entries);
    return empty || s->c->force ? NN_OK
                                : path_fail(err, s->c->out, "", "is not empty; expected a new or empty directory, or --force", 0);
}

static nn_status open_below(const seeds *s, const char *name, int *fd, nn_error *err)
{
    if (mkdirat(s->root, name, 0777) != 0 && errno != EEXIST)
        return path_fail(err, s->c->out, name, "cannot create", errno);
    return directory_open(fd, s->root, name, name, err);
}

static nn_status open_dirs(seeds *s, nn_error *err)
{
    if (mkdir(s->c->out, 0777) != 0 && errno != EEXIST)
        return path_fail(err, s->c->out, "", "cannot create", errno);
    s->root = open(s->c->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->root < 0)
        return path_fail(err, s->c->out, "", "cannot open", errno);
    nn_status st = check_empty(s, err);
    if (st == NN_OK)
        st = open_below(s, "models", &s->models, err);
    return st == NN_OK ? open_below(s, "tapes", &s->tapes, err) : st;
}

static void close_dirs(const seeds *s)
{
    const int all[] = {s->root, s->models, s->tapes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] >= 0)
            (void)close(all[i]);
}

/* ---- models ---- */

/* With inputs, in a directory of its own. */
static nn_status write_with_inputs(const seeds *s, nn_model *m, const char *name, nn_error *err)
{
    const size_t size = strlen(s->c->out) + strlen(name) + 16;
    char *dir = nn_malloc(size);
    if (dir == NULL)
        return nn_nomem(err);
    (void)snprintf(dir, size, "%s/models/%s", s->c->out, name);
    nn_status st = nn_model_write(m, dir, err);
    nn_free(dir);
    return st;
}

static nn_status write_model(const seeds *s, nn_model *m, uint64_t nodes, nn_error *err)
{
    const void *bytes;
    size_t size;
    char name[80], file[96];
    (void)snprintf(name, sizeof name, "nodes_%03llu_%s", (unsigned long long)nodes, nn_model_name(m));
    nn_status st = nn_model_onnx(m, &bytes, &size, err);
    if (st == NN_OK && size > s->c->max_bytes) {
        s->report->large++;
        return NN_OK;
    }
    (void)snprintf(file, sizeof file, "%s.onnx", name);
    if (st == NN_OK && s->c->runtimes)
        st = write_with_inputs(s, m, name, err);
    else if (st == NN_OK)
        st = file_replace(s->models, "models", file, bytes, size, err);
    s->report->bytes += st == NN_OK ? size : 0;
    if (st == NN_OK)
        st = nn_model_tape(m, &bytes, &size, err);
    (void)snprintf(file, sizeof file, "%s.tape", name);
    if (st == NN_OK)
        st = file_replace(s->tapes, "tapes", file, bytes, size, err);
    s->report->bytes += st == NN_OK ? size : 0;
    s->report->models += st == NN_OK;
    return st;
}

/* The models of one size. */
static nn_status write_size(const seeds *s, const nn_table *table, uint64_t nodes, uint64_t count, nn_error *err)
{
    nn_family_config c = s->c->family;
    nn_family *family = NULL;
    nn_model *m = NULL;
    c.nodes = nodes;
    c.count = count;
    c.inputs = s->c->runtimes ? c.inputs : -1;
    nn_status st = nn_family_open(&family, table, &c, err);
    for (uint64_t i = 0; i < count && st == NN_OK; i++) {
        st = nn_model_build(&m, family, i, err);
        if (st == NN_OK)
            st = write_model(s, m, nodes, err);
        else if (st == NN_ERR_BUILD && nodes == 1) /* not every operator can be a model of its own */
            st = NN_OK;
    }
    nn_model_free(m);
    nn_family_close(family);
    return st;
}

/* ---- the dictionary ---- */

/* Texts that are in every ONNX file, and the tags of its outer fields, which protobuf writes before each of them. */
static const char fixed[] = "# Fuzzing dictionary for ONNX models\n"
                            "domain_ml=\"ai.onnx.ml\"\ndomain=\"ai.onnx\"\n"
                            "ir_version=\"\\x08\\x08\"\nopset_import=\"\\x42\\x04\\x0a\\x00\\x10\"\ngraph=\"\\x3a\"\n"
                            "node=\"\\x0a\"\nop_type=\"\\x22\"\nattribute=\"\\x2a\"\ninitializer=\"\\x2a\"\n"
                            "graph_input=\"\\x5a\"\ngraph_output=\"\\x62\"\nvalue_info=\"\\x6a\"\nraw_data=\"\\x4a\"\n"
                            "external=\"\\x70\\x01\"\nhuge_dim=\"\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\"\n"
                            "negative_dim=\"\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x01\"\n";

/* An entry with the length before the text, as in the file. */
static void put_entry(json_line *j, const char *kind, const char *text)
{
    const size_t n = strlen(text);
    char length[16];
    (void)snprintf(length, sizeof length, "\\x%02x", (unsigned)(n & 0xff));
    line_raw(j, kind);
    line_raw(j, text);
    line_raw(j, "=\"");
    line_raw(j, length);
    line_raw(j, text);
    line_raw(j, "\"\n");
}

/* Whether an operator before this one has an attribute of the name. */
static bool seen(const op_set *ops, size_t op, const char *name)
{
    for (size_t i = 0; i < op; i++)
        for (size_t k = 0; k < ops->ops[i].rules->n_vars; k++)
            if (ops->ops[i].rules->vars[k].origin == VAR_ATTR && strcmp(ops->ops[i].rules->vars[k].name, name) == 0)
                return true;
    return false;
}

static nn_status write_dictionary(const seeds *s, const nn_table *table, nn_error *err)
{
    const op_set *ops = table->ops;
    json_line j = {.bytes = NULL};
    line_raw(&j, fixed);
    for (size_t i = 0; i < ops->n_ops; i++)
        put_entry(&j, "op_", ops->ops[i].name);
    for (size_t i = 0; i < ops->n_ops; i++)
        for (size_t k = 0; k < ops->ops[i].rules->n_vars; k++) {
            const rule_var *v = &ops->ops[i].rules->vars[k];
            if (v->origin == VAR_ATTR && !seen(ops, i, v->name))
                put_entry(&j, "attr_", v->name);
        }
    nn_status st = j.failed ? nn_nomem(err) : file_replace(s->root, s->c->out, "onnx.dict", j.bytes, j.size, err);
    nn_free(j.bytes);
    return st;
}

nn_status seeds_write(const nn_table *table, const seeds_config *config, seeds_report *report, nn_error *err)
{
    seeds s = {.c = config, .root = -1, .models = -1, .tapes = -1, .report = report};
    const uint64_t sizes = config->family.nodes < config->family.count ? config->family.nodes : config->family.count;
    *report = (seeds_report){0};
    nn_status st = open_dirs(&s, err);
    for (uint64_t k = 0; k < sizes && st == NN_OK; k++) {
        const uint64_t count = config->family.count / sizes + (k < config->family.count % sizes);
        st = write_size(&s, table, 1 + k * (config->family.nodes - 1) / (sizes > 1 ? sizes - 1 : 1), count, err);
    }
    if (st == NN_OK)
        st = write_dictionary(&s, table, err);
    close_dirs(&s);
    return st;
}
