#include "reduce/reduce_options.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

typedef enum { ROW_NUMBER, ROW_FLAG, ROW_TEXT } row_kind;

typedef struct {
    const char *flag, *argument;
    row_kind kind;
    size_t offset;
    int64_t fallback, least, greatest;
    const char *help;
} row;

#define AT(field) offsetof(reduce_options, field)
static const row rows[] = {
    {"--inputs", "DIR", ROW_TEXT, AT(inputs), 0, 0, 0,
     "the tensors input_J.pb of DIR or of DIR/test_data_set_0 go with the model and are reduced too"},
    {"--out", "DIR", ROW_TEXT, AT(out), 0, 0, 0, "directory of the reduction (default: reduced)"},
    {"--jobs", "N", ROW_NUMBER, AT(jobs), 0, 1, REDUCE_JOBS, "calls of COMMAND at one time (default: one for each processor)"},
    {"--timeout", "S", ROW_NUMBER, AT(timeout), 60, 1, 1000000, "a call that takes more seconds is ended and is not interesting"},
    {"--tries", "N", ROW_NUMBER, AT(tries), 1, 1, 1000,
     "call COMMAND up to N times for a candidate, for failures that come and go: one call that finds it interesting is enough"},
    {"--allow-invalid", NULL, ROW_FLAG, AT(allow_invalid), 0, 0, 1,
     "also try models that break rules of operators or have inputs of unknown type"},
    {"--save-temps", NULL, ROW_FLAG, AT(save_temps), 0, 0, 1,
     "keep the working directory of each call, with what COMMAND printed in stdout and stderr, in DIR/calls"},
    {"--resume", NULL, ROW_FLAG, AT(resume), 0, 0, 1, "continue the reduction in DIR"},
    {"--force", NULL, ROW_FLAG, AT(force), 0, 0, 1, "replace the reduction in DIR"},
    {"--max-work", "N", ROW_NUMBER, AT(max_work), 2000000000, 1, (int64_t)1 << 53,
     "largest number of evaluations to compute the tensors of a model"},
    {"--quiet", NULL, ROW_FLAG, AT(quiet), 0, 0, 1, "print no progress and no summary"},
    {"--help", NULL, ROW_FLAG, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void reduce_options_help(json_line *out)
{
    line_raw(out,
             "Usage: nngen reduce MODEL [--inputs DIR] [OPTION]... -- COMMAND [ARGUMENT]...\n"
             "Makes an ONNX model smaller while COMMAND finds it interesting, that is, ends with exit status 0. In each ARGUMENT\n"
             "{} stands for the path of the candidate, model.onnx; its inputs, if there are any, are beside it in\n"
             "test_data_set_0/input_J.pb. COMMAND runs in a new directory, which has them too. COMMAND and those ARGUMENTs that\n"
             "are paths of existing files are made absolute. The smallest model so far is always in DIR/smallest.\n"
             "Tensors that removed nodes made become inputs or initializers with the values that they had, if the operator\n"
             "table has all operators of the model and the inputs are given.\n"
             "Exit status: 1 failure, such as a model that is not interesting; 2 wrong usage; 130 or 143: stopped.\n\n");
    for (const row *r = rows; r < rows + ROWS; r++) {
        char left[64], text[300];
        (void)snprintf(left, sizeof left, "%s%s%s", r->flag, r->argument != NULL ? " " : "",
                       r->argument != NULL ? r->argument : "");
        if (r->kind == ROW_NUMBER && r->fallback > 0)
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

static nn_status set_value(reduce_options *o, const row *r, const char *value, nn_error *err)
{
    int64_t x = 0;
    if (r->kind == ROW_TEXT) {
        memcpy((char *)o + r->offset, &value, sizeof value);
        return *value != '\0' ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", r->flag, r->argument);
    }
    bool good = *value != '\0';
    for (const char *p = value; good && *p != '\0'; p++)
        good = *p >= '0' && *p <= '9' && nn_mul64(x, 10, &x) && nn_add64(x, *p - '0', &x);
    memcpy((char *)o + r->offset, &x, sizeof x);
    if (good && x >= r->least && x <= r->greatest)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected an integer from %lld to %lld", r->flag,
                   *value != '\0' ? value : "''", (long long)r->least, (long long)r->greatest);
}

static nn_status check(const reduce_options *o, nn_error *err)
{
    if (o->help != 0)
        return NN_OK;
    if (o->model == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce: expected a model");
    if (o->n_command == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "reduce: expected -- and a command, such as: -- ./fails.sh {}");
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
    const row *r = find(a, n);
    if (r == NULL)
        return unknown(a, n, err);
    if (r->kind == ROW_FLAG) {
        memcpy((char *)o + r->offset, &(int64_t){1}, sizeof(int64_t));
        return equals == NULL ? NN_OK : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: no value was expected", r->flag);
    }
    if (equals == NULL && *i + 1 == argc)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
    return set_value(o, r, equals != NULL ? equals + 1 : argv[++*i], err);
}

nn_status reduce_options_parse(reduce_options *o, int argc, char *const *argv, nn_error *err)
{
    nn_status s = NN_OK;
    *o = (reduce_options){.out = "reduced"};
    for (const row *r = rows; r < rows + ROWS; r++)
        if (r->kind == ROW_NUMBER)
            memcpy((char *)o + r->offset, &r->fallback, sizeof r->fallback);
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
