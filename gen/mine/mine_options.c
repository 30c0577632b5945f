#include "mine/mine_options.h"
#include "base/help_row.h"
#include "base/nearest.h"
#include "table/opset.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *flag, *argument; /* argument: NULL if the option takes none */
    bool number;
    size_t offset;
    int64_t fallback, least, greatest;
    const char *help;
} row;

static const row rows[] = {
    {"--out", "FILE", false, offsetof(mine_options, out), 0, 0, 0, "write to FILE instead of standard output"},
    {"--min-models", "K", true, offsetof(mine_options, min_models), 2, 1, 1000000, "propose what at least K models have"},
    {"--max-nodes", "N", true, offsetof(mine_options, max_nodes), 12, 2, 30, "largest number of nodes of a motif"},
    {"--max-motifs", "N", true, offsetof(mine_options, max_motifs), 40, 1, 1000, "largest number of motifs"},
    {"--from", "MODEL", false, offsetof(mine_options, from), 0, 0, 0, "make one motif of nodes of this model; requires --nodes"},
    {"--nodes", "A,B,..", false, offsetof(mine_options, nodes), 0, 0, 0,
     "names of these nodes; a node without a name is named by one of its outputs"},
    {"--opset", "V", true, offsetof(mine_options, opset), 17, OPSET_MIN, OPSET_MAX,
     "version of the ONNX operator set whose table the motifs are for"},
    {"--specs", "DIR", false, offsetof(mine_options, specs), 0, 0, 0,
     "read the operator table from DIR instead of the built-in one"},
    {"--help", NULL, true, offsetof(mine_options, help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void mine_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen motifs PATH... [--min-models K] [--out FILE]\n"
                  "       nngen motifs --from MODEL --nodes A,B,.. [--out FILE]\n"
                  "Proposes motifs, as a YAML file: connected subgraphs that several models have, with the attributes,\n"
                  "constants and sizes seen. PATH: a model, or a directory of models (*.onnx).\n\n");
    for (const row *r = rows; r < rows + ROWS; r++) {
        char left[64], text[200];
        (void)snprintf(left, sizeof left, "%s%s%s", r->flag, r->argument != NULL ? " " : "",
                       r->argument != NULL ? r->argument : "");
        if (r->number && r->argument != NULL)
            (void)snprintf(text, sizeof text, "%s (default: %lld)", r->help, (long long)r->fallback);
        else
            (void)snprintf(text, sizeof text, "%s", r->help);
        help_row(out, left, text);
    }
}

static const row *find(const char *flag, size_t n)
{
    for (const row *r = rows; r < rows + ROWS; r++)
        if (strlen(r->flag) == n && strncmp(r->flag, flag, n) == 0)
            return r;
    return NULL;
}

static nn_status unknown(const char *flag, size_t n, nn_error *err)
{
    nearest best = {0};
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)(n < 60 ? n : 60), flag);
    for (const row *r = rows; r < rows + ROWS; r++)
        nearest_offer(&best, word, r->flag);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown option %s%s%s%s", word, best.word != NULL ? "; did you mean " : "",
                   best.word != NULL ? best.word : "", best.word != NULL ? "?" : "");
}

static nn_status set(mine_options *o, const row *r, const char *value, nn_error *err)
{
    int64_t x = 0;
    bool good = *value != '\0';
    if (!r->number) {
        memcpy((char *)o + r->offset, &value, sizeof value);
        return good ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", r->flag, r->argument);
    }
    for (const char *p = value; good && *p != '\0'; p++)
        good = *p >= '0' && *p <= '9' && nn_mul64(x, 10, &x) && nn_add64(x, *p - '0', &x);
    memcpy((char *)o + r->offset, &x, sizeof x);
    if (good && x >= r->least && x <= r->greatest)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected an integer from %lld to %lld", r->flag,
                   *value != '\0' ? value : "''", (long long)r->least, (long long)r->greatest);
}

static nn_status add_path(mine_options *o, const char *path, nn_error *err)
{
    if (!nn_grow((void **)&o->paths, &o->capacity, o->n_paths + 1, sizeof *o->paths))
        return nn_nomem(err);
    o->paths[o->n_paths++] = path;
    return NN_OK;
}

static nn_status check(const mine_options *o, nn_error *err)
{
    if ((o->from == NULL) != (o->nodes == NULL))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s requires %s", o->from != NULL ? "--from" : "--nodes",
                       o->from != NULL ? "--nodes A,B,.." : "--from MODEL");
    if (o->from != NULL && o->n_paths > 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.200s: with --from, no other models are expected", o->paths[0]);
    if (o->from == NULL && o->n_paths == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs: expected models, or --from and --nodes");
    return NN_OK;
}

nn_status mine_options_parse(mine_options *o, int argc, char *const *argv, nn_error *err)
{
    nn_status s = NN_OK;
    bool options = true;
    *o = (mine_options){.help = 0};
    for (const row *r = rows; r < rows + ROWS; r++)
        if (r->number)
            memcpy((char *)o + r->offset, &r->fallback, sizeof r->fallback);
    for (int i = 0; i < argc && s == NN_OK; i++) {
        const char *a = argv[i], *equals = strchr(a, '=');
        size_t n = equals != NULL ? (size_t)(equals - a) : strlen(a);
        if (!options || a[0] != '-' || a[1] == '\0') {
            s = *a != '\0' ? add_path(o, a, err) : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs '': expected a path");
            continue;
        }
        if (strcmp(a, "--") == 0) {
            options = false;
            continue;
        }
        const row *r = find(a, n);
        if (r == NULL)
            return unknown(a, n, err);
        if (r->argument == NULL && equals != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no argument", r->flag);
        if (r->argument == NULL)
            o->help = 1;
        else if (equals == NULL && i + 1 == argc)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        else
            s = set(o, r, equals != NULL ? equals + 1 : argv[++i], err);
    }
    return s != NN_OK || o->help ? s : check(o, err);
}

void mine_options_free(mine_options *o)
{
    nn_free(o->paths);
    o->paths = NULL;
}
