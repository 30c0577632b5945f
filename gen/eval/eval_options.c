#include "eval/eval_options.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

typedef enum { ROW_NUMBER, ROW_FLAG, ROW_TEXT, ROW_LIST } row_kind;

typedef struct {
    const char *flag, *argument;
    row_kind kind;
    size_t offset;
    int64_t fallback, least, greatest;
    const char *help;
} row;

#define AT(field) offsetof(eval_options, field)
static const row rows[] = {
    {"--out", "DIR", ROW_TEXT, AT(out), 0, 0, 0, "write output_J.pb and bound_J.pb to DIR instead of printing them"},
    {"--force", NULL, ROW_FLAG, AT(force), 0, 0, 1, "replace such files in DIR"},
    {"--nodes-out", NULL, ROW_FLAG, AT(nodes_out), 0, 0, 1,
     "all tensors that the outputs need; in DIR/nodes, with their names in index.json"},
    {"--given", "PATH", ROW_TEXT, AT(given), 0, 0, 0,
     "judge each node on the tensors that a runtime computed: a .npz file, or a directory of .pb files, by names of tensors"},
    {"--dim", "NAME=V", ROW_LIST, AT(dims), 0, 0, 0, "the inputs must have V where the model says NAME; may be repeated"},
    {"--set", "K", ROW_NUMBER, AT(set), 0, 0, 1000000000,
     "take test_data_set_K beside the model, or set K of arrays with a dimension for the set"},
    {"--full", NULL, ROW_FLAG, AT(full), 0, 0, 1, "print all elements, not only the first"},
    {"--specs", "DIR", ROW_TEXT, AT(specs), 0, 0, 0, "read the operator table from DIR instead of the built-in one"},
    {"--max-bytes", "N", ROW_NUMBER, AT(max_bytes), (int64_t)4 << 30, 1, INT64_MAX,
     "largest memory for tensors at one time, 16 bytes for an element"},
    {"--max-work", "N", ROW_NUMBER, AT(max_work), 100000000000, 1, (int64_t)1 << 53,
     "largest number of evaluations, such as terms of sums"},
    {"--help", NULL, ROW_FLAG, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void eval_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen eval MODEL [INPUTS...] [--out DIR]\n"
                  "       nngen eval MODEL [INPUTS...] --given PATH\n"
                  "Computes what the outputs of an ONNX model should be, with a bound for each element that every\n"
                  "correct implementation keeps. INPUTS: a directory with input_J.pb, .npz files with the names of\n"
                  "inputs, or .pb files; left out: test_data_set_0 or inputs.npz beside the model.\n"
                  "Exit status: 1 failure, tensors outside their bounds, or a node of whose outputs nothing is known;\n"
                  "2 wrong usage; 3 the model uses what the operator table does not have.\n\n");
    for (const row *r = rows; r < rows + ROWS; r++) {
        char left[64], text[300];
        (void)snprintf(left, sizeof left, "%s%s%s", r->flag, r->argument != NULL ? " " : "",
                       r->argument != NULL ? r->argument : "");
        if (r->kind == ROW_NUMBER)
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

static nn_status set_number(eval_options *o, const row *r, const char *value, nn_error *err)
{
    int64_t x = 0;
    bool good = *value != '\0';
    for (const char *p = value; good && *p != '\0'; p++)
        good = *p >= '0' && *p <= '9' && nn_mul64(x, 10, &x) && nn_add64(x, *p - '0', &x);
    memcpy((char *)o + r->offset, &x, sizeof x);
    if (good && x >= r->least && x <= r->greatest)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected an integer from %lld to %lld", r->flag,
                   *value != '\0' ? value : "''", (long long)r->least, (long long)r->greatest);
}

static nn_status set_value(eval_options *o, const row *r, const char *value, nn_error *err)
{
    if (r->kind == ROW_NUMBER)
        return set_number(o, r, value, err);
    if (*value == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", r->flag, r->argument);
    if (r->kind == ROW_TEXT) {
        memcpy((char *)o + r->offset, &value, sizeof value);
        return NN_OK;
    }
    if (!nn_grow((void **)&o->dims, &o->room_dims, o->n_dims + 1, sizeof *o->dims))
        return nn_nomem(err);
    o->dims[o->n_dims++] = value;
    return NN_OK;
}

static nn_status add_path(eval_options *o, const char *path, nn_error *err)
{
    if (*path == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "eval '': expected a path");
    if (o->model == NULL) {
        o->model = path;
        return NN_OK;
    }
    if (!nn_grow((void **)&o->inputs, &o->room_inputs, o->n_inputs + 1, sizeof *o->inputs))
        return nn_nomem(err);
    o->inputs[o->n_inputs++] = path;
    return NN_OK;
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
    nn_status s = NN_OK;
    bool options = true;
    *o = (eval_options){.help = 0};
    for (const row *r = rows; r < rows + ROWS; r++)
        if (r->kind == ROW_NUMBER)
            memcpy((char *)o + r->offset, &r->fallback, sizeof r->fallback);
    for (int i = 0; i < argc && s == NN_OK; i++) {
        const char *a = argv[i], *equals = strchr(a, '=');
        size_t n = equals != NULL ? (size_t)(equals - a) : strlen(a);
        if (!options || a[0] != '-' || a[1] == '\0') {
            s = add_path(o, a, err);
            continue;
        }
        if (strcmp(a, "--") == 0) {
            options = false;
            continue;
        }
        const row *r = find(a, n);
        if (r == NULL)
            s = unknown(a, n, err);
        else if (r->kind == ROW_FLAG && equals != NULL)
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: no value was expected", r->flag);
        else if (r->kind == ROW_FLAG)
            memcpy((char *)o + r->offset, &(int64_t){1}, sizeof(int64_t));
        else if (equals == NULL && i + 1 == argc)
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        else
            s = set_value(o, r, equals != NULL ? equals + 1 : argv[++i], err);
    }
    return s == NN_OK ? check(o, err) : s;
}

void eval_options_free(eval_options *o)
{
    nn_free(o->inputs);
    nn_free(o->dims);
    *o = (eval_options){.help = 0};
}
