#include "emit/emit_options.h"

#include <string.h>

#define AT(field) offsetof(emit_options, field)
static const flag_row rows[] = {
    {"--as", "NAME", FLAG_TEXT, 0, AT(as), 0, 0, 0,
     "onnx, torch, tensorflow, keras, or another program of the table (specs/programs)"},
    {"--out", "FILE", FLAG_TEXT, 0, AT(out), 0, 0, 0,
     "write to FILE, and large arrays to a file beside it that ends in .npz; left out: print, with all arrays in the text"},
    {"--inline", "N", FLAG_NUMBER, 0, AT(most), -1, 0, INT32_MAX,
     "largest number of elements of an array in the text (64 with --out)"},
    {"--set", "K", FLAG_NUMBER, 0, AT(set), 0, 0, 1000000000, "take the inputs and outputs of test_data_set_K beside the model"},
    {"--dim", "NAME=V", FLAG_LIST, 0, AT(dims), 0, 0, 0,
     "where no inputs are stored: the size where the model says NAME (2); may be repeated"},
    {"--static", NULL, FLAG_ON, 0, AT(fixed), 0, 0, 1,
     "write the sizes of the inputs in, also where the model leaves them open; otherwise the program runs at all sizes that it "
     "can"},
    {"--specs", "DIR", FLAG_TEXT, 0, AT(specs), 0, 0, 0,
     "read the operator table and its programs from DIR instead of the built-in ones"},
    {"--help", NULL, FLAG_ON, 0, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void emit_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen emit MODEL --as NAME [--out FILE]\n"
                  "Writes an ONNX model as a Python program that builds the same model in a framework, and runs it on\n"
                  "the stored inputs: those of test_data_set_0 or inputs.npz beside the model. Where outputs are stored\n"
                  "too, the program compares, and exits with 1 if a result is outside its bound.\n"
                  "Exit status: 1 failure; 2 wrong usage; 3 the program cannot say the model: the message names the\n"
                  "node and the reason.\n\n");
    flag_rows_help(out, rows, ROWS, ~0U);
}

static nn_status set_model(void *values, const char *path, nn_error *err)
{
    emit_options *o = values;
    if (o->model != NULL || *path == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "emit '%.100s': expected one model", path);
    o->model = path;
    return NN_OK;
}

static nn_status check(const emit_options *o, nn_error *err)
{
    if (o->help != 0)
        return NN_OK;
    if (o->model == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "emit: expected a model");
    if (o->as == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "emit: expected --as NAME, such as --as onnx");
    for (size_t i = 0; i < o->dims.n; i++) {
        const char *equals = strrchr(o->dims.items[i], '=');
        int64_t size = -1;
        if (equals == NULL || equals == o->dims.items[i] || !flag_read_number(equals + 1, &size) || size < 0)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--dim %.100s: expected NAME=V, with V from 0", o->dims.items[i]);
    }
    return NN_OK;
}

nn_status emit_options_parse(emit_options *o, int argc, char *const *argv, nn_error *err)
{
    *o = (emit_options){.help = 0};
    nn_status s = flag_rows_parse(o, rows, ROWS, argc, argv, set_model, err);
    return s == NN_OK ? check(o, err) : s;
}

void emit_options_free(emit_options *o)
{
    nn_free(o->dims.items);
    *o = (emit_options){.help = 0};
}
