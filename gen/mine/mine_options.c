#include "mine/mine_options.h"
#include "base/flag_row.h"
#include "table/opset.h"

#include <stdio.h>
#include <string.h>

static const flag_row rows[] = {
    {"--out", "FILE", FLAG_TEXT, 0, offsetof(mine_options, out), 0, 0, 0, "write to FILE instead of standard output"},
    {"--min-models", "K", FLAG_NUMBER, 0, offsetof(mine_options, min_models), 2, 1, 1000000, "propose what at least K models have"},
    {"--max-nodes", "N", FLAG_NUMBER, 0, offsetof(mine_options, max_nodes), 12, 2, 30, "largest number of nodes of a motif"},
    {"--max-motifs", "N", FLAG_NUMBER, 0, offsetof(mine_options, max_motifs), 40, 1, 1000, "largest number of motifs"},
    {"--from", "MODEL", FLAG_TEXT, 0, offsetof(mine_options, from), 0, 0, 0,
     "make one motif of nodes of this model; requires --nodes"},
    {"--nodes", "A,B,..", FLAG_TEXT, 0, offsetof(mine_options, nodes), 0, 0, 0,
     "names of these nodes; a node without a name is named by one of its outputs"},
    {"--opset", "V", FLAG_NUMBER, 0, offsetof(mine_options, opset), 17, OPSET_MIN, OPSET_MAX,
     "version of the ONNX operator set whose table the motifs are for"},
    {"--specs", "DIR", FLAG_TEXT, 0, offsetof(mine_options, specs), 0, 0, 0,
     "read the operator table from DIR instead of the built-in one"},
    {"--help", NULL, FLAG_ON, 0, offsetof(mine_options, help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void mine_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen motifs PATH... [--min-models K] [--out FILE]\n"
                  "       nngen motifs --from MODEL --nodes A,B,.. [--out FILE]\n"
                  "Proposes motifs, as a YAML file: connected subgraphs that several models have, with the attributes,\n"
                  "constants and sizes seen. PATH: a model, or a directory of models (*.onnx).\n\n");
    flag_rows_help(out, rows, ROWS, ~0U);
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
    flag_rows_defaults(o, rows, ROWS);
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
        const flag_row *r = flag_rows_find(rows, ROWS, a, n);
        if (r == NULL)
            return flag_rows_unknown(rows, ROWS, a, n, err);
        if (r->argument == NULL && equals != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no argument", r->flag);
        if (r->argument == NULL)
            o->help = 1;
        else if (equals == NULL && i + 1 == argc)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        else
            s = flag_row_set(o, r, equals != NULL ? equals + 1 : argv[++i], err);
    }
    return s != NN_OK || o->help ? s : check(o, err);
}

void mine_options_free(mine_options *o)
{
    nn_free(o->paths);
    o->paths = NULL;
}
