#include "reduce/reduce_options.h"
#include "base/flag_row.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(reduce_options, field)
static const flag_row rows[] = {
    {"--inputs", "DIR", FLAG_TEXT, 0, AT(inputs), 0, 0, 0,
     "the tensors input_J.pb of DIR or of DIR/test_data_set_0 go with the model and are reduced too"},
    {"--values", "PATH", FLAG_TEXT, 0, AT(values), 0, 0, 0,
     "a file of tensors by name (.npz, .pb), or a directory of such files: values of tensors inside that the operator table cannot "
     "compute"},
    {"--tape", NULL, FLAG_ON, 0, AT(tape), 0, 0, 1,
     "MODEL is of nngen: reduce the tape of its choices instead of the model, so that every candidate is a model of its family"},
    {"--out", "DIR", FLAG_TEXT, 0, AT(out), 0, 0, 0, "directory of the reduction (default: reduced)"},
    {"--jobs", "N", FLAG_NUMBER, 0, AT(jobs), 0, 1, REDUCE_JOBS, "calls of COMMAND at one time (default: one for each processor)"},
    {"--timeout", "S", FLAG_NUMBER, 0, AT(timeout), 60, 1, 1000000,
     "a call that takes more seconds is ended and is not interesting"},
    {"--tries", "N", FLAG_NUMBER, 0, AT(tries), 1, 1, 1000,
     "call COMMAND up to N times for a candidate, for failures that come and go: one call that finds it interesting is enough"},
    {"--same", NULL, FLAG_ON, 0, AT(same), 0, 0, 1,
     "interesting is what fails as MODEL does: with the same exit status or signal, and the same message on standard error or "
     "output, without numbers, addresses, names and paths"},
    {"--any-failure", NULL, FLAG_ON, 0, AT(any_failure), 0, 0, 1, "interesting is what fails in any way"},
    {"--predicate", "NAME", FLAG_TEXT, 0, AT(predicate), 0, 0, 0,
     "instead of COMMAND: a failure that nngen-study knows, such as onnxruntime-levels; ARGUMENTs are its own. "
     "`nngen-study predicate` lists all. Interesting is what fails as MODEL does"},
    {"--study", "PROGRAM", FLAG_TEXT, 0, AT(study), 0, 0, 0, "the program that has the predicates (default: nngen-study)"},
    {"--worker", NULL, FLAG_ON, 0, AT(worker), 0, 0, 1,
     "COMMAND answers for one candidate after another: see the man page. Interesting is what fails as MODEL does"},
    {"--allow-invalid", NULL, FLAG_ON, 0, AT(allow_invalid), 0, 0, 1,
     "also try models that break rules of operators or have inputs of unknown type"},
    {"--save-temps", NULL, FLAG_ON, 0, AT(save_temps), 0, 0, 1,
     "keep the working directory of each call, with what COMMAND printed in stdout and stderr, in DIR/calls"},
    {"--resume", NULL, FLAG_ON, 0, AT(resume), 0, 0, 1, "continue the reduction in DIR"},
    {"--force", NULL, FLAG_ON, 0, AT(force), 0, 0, 1, "replace the reduction in DIR"},
    {"--max-work", "N", FLAG_NUMBER, 0, AT(max_work), 2000000000, 1, (int64_t)1 << 53,
     "largest number of evaluations to compute the tensors of a model"},
    {"--quiet", NULL, FLAG_ON, 0, AT(quiet), 0, 0, 1, "print no progress and no summary"},
    {"--help", NULL, FLAG_ON, 0, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void reduce_options_help(json_line *out)
{
    line_raw(out,
             "Usage: nngen reduce MODEL [--inputs DIR] [OPTION]... -- COMMAND [ARGUMENT]...\n"
             "       nngen reduce MODEL [--inputs DIR] [OPTION]... --predicate NAME [-- ARGUMENT...]\n"
             "Makes an ONNX model smaller while COMMAND finds it interesting, that is, ends with exit status 0. In each ARGUMENT\n"
             "{} stands for the path of the candidate, model.onnx; its inputs, if there are any, are beside it in\n"
             "test_data_set_0/input_J.pb. COMMAND runs in a new directory, which has them too. COMMAND and those ARGUMENTs that\n"
             "are paths of existing files are made absolute. The smallest model so far is always in DIR/smallest.\n"
             "Tensors that removed nodes made become inputs or initializers with the values that they had, if the operator\n"
             "table has all operators of the model and the inputs are given.\n"
             "Exit status: 1 failure, such as a model that is not interesting; 2 wrong usage; 130 or 143: stopped.\n\n");
    flag_rows_help(out, rows, ROWS, ~0U);
}

static nn_status check(const reduce_options *o, nn_error *err)
{
    if (o->help != 0)
        return NN_OK;
    if (o->model == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce: expected a model");
    if (o->n_command == 0 && o->predicate == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce: expected -- and a command, such as: -- ./fails.sh {}");
    if (o->tape != 0 && (o->inputs != NULL || o->values != NULL || o->allow_invalid != 0))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--tape makes the model with its inputs: leave out %s",
                       o->inputs != NULL   ? "--inputs"
                       : o->values != NULL ? "--values"
                                           : "--allow-invalid");
    if (o->same != 0 && o->any_failure != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--same excludes --any-failure");
    if (o->predicate != NULL && o->worker != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--predicate excludes --worker");
    if (o->resume != 0 && o->force != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--resume excludes --force");
    return NN_OK;
}

static nn_status parse_one(reduce_options *o, int argc, char *const *argv, int *i, nn_error *err)
{
    const char *a = argv[*i], *equals = strchr(a, '=');
    size_t n = equals != NULL ? (size_t)(equals - a) : strlen(a);
    if (a[0] != '-' || a[1] == '\0') {
        if (*a == '\0')
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce '': expected a path");
        if (o->model != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce: a second model, %.80s, was not expected", a);
        o->model = a;
        return NN_OK;
    }
    const flag_row *r = flag_rows_find(rows, ROWS, a, n);
    if (r == NULL)
        return flag_rows_unknown(rows, ROWS, a, n, err);
    if (r->kind == FLAG_ON) {
        flag_row_on(o, r);
        return equals == NULL ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: no value was expected", r->flag);
    }
    if (equals == NULL && *i + 1 == argc)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
    return flag_row_set(o, r, equals != NULL ? equals + 1 : argv[++*i], err);
}

nn_status reduce_options_parse(reduce_options *o, int argc, char *const *argv, nn_error *err)
{
    nn_status s = NN_OK;
    *o = (reduce_options){.out = "reduced", .study = "nngen-study"};
    flag_rows_defaults(o, rows, ROWS);
    for (int i = 0; i < argc && s == NN_OK; i++) {
        if (strcmp(argv[i], "--") == 0) {
            o->command = argv + i + 1;
            o->n_command = (size_t)(argc - i - 1);
            break;
        }
        s = parse_one(o, argc, argv, &i, err);
    }
    return s == NN_OK ? check(o, err) : s;
}

reduce_want reduce_wanted(const reduce_options *o)
{
    return o->any_failure != 0 ? WANT_FAILURE : o->same != 0 || reduce_by_worker(o) ? WANT_SAME : WANT_SUCCESS;
}

bool reduce_by_worker(const reduce_options *o)
{
    return o->predicate != NULL || o->worker != 0;
}
