#include "eval/eval_options.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(eval_options, field)
static const flag_row rows[] = {
    {"--out", "DIR", FLAG_TEXT, 0, AT(out), 0, 0, 0, "write output_J.pb and bound_J.pb to DIR instead of printing them"},
    {"--force", NULL, FLAG_ON, 0, AT(force), 0, 0, 1, "replace such files in DIR"},
    {"--nodes-out", NULL, FLAG_ON, 0, AT(nodes_out), 0, 0, 1,
     "all tensors that the outputs need; in DIR/nodes, with their names in index.json"},
    {"--given", "PATH", FLAG_TEXT, 0, AT(given), 0, 0, 0,
     "judge each node on the tensors that a runtime computed: a .npz file, or a directory of .pb files, by names of tensors"},
    {"--dim", "NAME=V", FLAG_LIST, 0, AT(dims), 0, 0, 0, "the inputs must have V where the model says NAME; may be repeated"},
    {"--set", "K", FLAG_NUMBER, 0, AT(set), 0, 0, 1000000000,
     "take test_data_set_K beside the model, or set K of arrays with a dimension for the set"},
    {"--full", NULL, FLAG_ON, 0, AT(full), 0, 0, 1, "print all elements, not only the first"},
    {"--specs", "DIR", FLAG_TEXT, 0, AT(specs), 0, 0, 0, "read the operator table from DIR instead of the built-in one"},
    {"--max-bytes", "N", FLAG_NUMBER, 0, AT(max_bytes), (int64_t)4 << 30, 1, INT64_MAX,
     "largest memory for tensors at one time, 16 bytes for an element"},
    {"--max-work", "N", FLAG_NUMBER, 0, AT(max_work), 100000000000, 1, (int64_t)1 << 53,
     "largest number of evaluations, such as terms of sums"},
    {"--help", NULL, FLAG_ON, 0, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void eval_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen eval MODEL [INPUTS...] [--out DIR]\n"
                  "       nngen eval MODEL [INPUTS...] --given PATH\n"
                  "Computes what the outputs of an ONNX model should be, with a bound for each element that every\n"
                  "correct implementation keeps. INPUTS: a directory with input_J.pb, .npz files with the names of\n"
                  "inputs, or .pb files; left out: test_data_set_0 or inputs.npz beside the model. Branches, loops,\n"
                  "scans and the model's functions are followed. If a condition is not certain, the bounds hold for\n"
                  "both branches; a loop of which it is not certain when it ends is a failure.\n"
                  "Exit status: 1 failure, tensors outside their bounds, or a node of whose outputs nothing is known;\n"
                  "2 wrong usage; 3 the model uses what the operator table does not have.\n\n");
    flag_rows_help(out, rows, ROWS, ~0U);
}

static nn_status add_path(void *values, const char *path, nn_error *err)
{
    eval_options *o = values;
    if (*path == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "eval '': expected a path");
    if (o->model == NULL) {
        o->model = path;
        return NN_OK;
    }
    return flag_list_add(&o->inputs, path, err);
}

static nn_status check(const eval_options *o, nn_error *err)
{
    if (o->help != 0)
        return NN_OK;
    if (o->model == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "eval: expected a model");
    if (o->given != NULL && (o->out != NULL || o->nodes_out != 0))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--given: neither --out nor --nodes-out was expected");
    if (o->force != 0 && o->out == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--force requires --out DIR");
    return NN_OK;
}

nn_status eval_options_parse(eval_options *o, int argc, char *const *argv, nn_error *err)
{
    *o = (eval_options){.help = 0};
    nn_status s = flag_rows_parse(o, rows, ROWS, argc, argv, add_path, err);
    return s == NN_OK ? check(o, err) : s;
}

void eval_options_free(eval_options *o)
{
    nn_free(o->inputs.items);
    nn_free(o->dims.items);
    *o = (eval_options){.help = 0};
}
