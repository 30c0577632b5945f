#include "suite/suite_options.h"
#include "base/flag_row.h"
#include "table/opset.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { MAKE = 1, SCORE = 2 }; /* forms of the command */

#define AT(field) offsetof(suite_options, field)
static const flag_row rows[] = {
    {"--opset", "A..B", FLAG_TEXT, MAKE, AT(opset), 0, 0, 0,
     "every version that an operator has in one of these opsets, or in the one opset A (default: 17)"},
    {"--out", "DIR", FLAG_TEXT, MAKE, AT(out), 0, 0, 0, "new or empty directory to write to"},
    {"--profile", "P", FLAG_TEXT, MAKE, AT(profile), 0, 0, 0,
     "use what this runtime can run; onnx: all that the specification allows (default: onnx)"},
    {"--types", "LIST", FLAG_TEXT, MAKE, AT(types), 0, 0, 0,
     "element types, such as float16,int8; float32 is always included (default: all)"},
    {"--ops", "LIST", FLAG_TEXT, MAKE, AT(ops), 0, 0, 0, "A,B: only these operators; -A,-B: all operators except these"},
    {"--strength", "K", FLAG_NUMBER, MAKE, AT(strength), 2, 1, 2, "1: each class of values appears; 2: each pair of classes"},
    {"--tries", "N", FLAG_NUMBER, MAKE, AT(tries), 1000, 1, 1000000, "tries after which a pair counts as impossible"},
    {"--seed", "S", FLAG_NUMBER, MAKE, AT(seed), 0, 0, INT64_MAX, "seed of every random decision; same seed, same bytes"},
    {"--max-rank", "R", FLAG_NUMBER, MAKE, AT(max_rank), 6, 2, 8, "largest number of dimensions of a tensor"},
    {"--max-elements", "E", FLAG_NUMBER, MAKE, AT(max_elements), 512, 64, 1 << 24, "largest number of elements of a tensor"},
    {"--max-dim", "D", FLAG_NUMBER, MAKE, AT(max_dim), 32, 8, 1 << 24, "largest dimension of a new tensor"},
    {"--specs", "DIR", FLAG_TEXT, MAKE, AT(specs), 0, 0, 0, "read the operator table from DIR instead of the built-in one"},
    {"--jobs", "J", FLAG_NUMBER, MAKE, AT(jobs), 0, 1, 256,
     "number of threads; it does not change the bytes (default: one for each processor)"},
    {"--score", "RESULTS", FLAG_TEXT, SCORE, AT(score), 0, 0, 0,
     "count the outcomes of a run; RESULTS: a file with lines {\"case\": C, \"outcome\": O} or C,O, where O is passed, failed, "
     "unsupported or crashed; or a directory with CASE/output_J.pb"},
    {"--index", "DIR", FLAG_TEXT, SCORE, AT(index), 0, 0, 0, "the suite that was run"},
    {"--format", "F", FLAG_TEXT, SCORE, AT(format), 0, 0, 0, "text, markdown or json (default: text)"},
    {"--quiet", NULL, FLAG_ON, 0, AT(quiet), 0, 0, 1, "print no progress and no summary"},
    {"--help", NULL, FLAG_ON, 0, AT(help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void suite_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen suite --opset A..B --out DIR [OPTION]...\n"
                  "       nngen suite --score RESULTS --index DIR [--format F]\n"
                  "Writes a conformance suite: models of one operator each, with inputs, expected outputs and their\n"
                  "bounds. Together they show every version of every operator, and every pair of element types, ranks,\n"
                  "classes of attribute values and presence of inputs and outputs that is possible. DIR/index.jsonl\n"
                  "says what each case shows, DIR/suite.json what is covered and which pairs are impossible.\n\n");
    flag_rows_help(out, rows, ROWS, ~0U);
}

/* "A..B" or "A" */
static nn_status parse_opsets(suite_options *o, nn_error *err)
{
    const char *text = o->opset != NULL ? o->opset : "17", *p = text;
    int range[2] = {0, 0}, n = 0;
    for (bool more = true; more && n < 2; n++) {
        for (; *p >= '0' && *p <= '9' && range[n] <= OPSET_MAX; p++)
            range[n] = 10 * range[n] + (*p - '0');
        more = n == 0 && strncmp(p, "..", 2) == 0;
        p += more ? 2 : 0;
    }
    o->first = range[0];
    o->last = n == 2 ? range[1] : range[0];
    if (*p == '\0' && o->first >= OPSET_MIN && o->last <= OPSET_MAX && o->first <= o->last)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--opset %.60s: expected A or A..B, opsets from %d to %d", text, OPSET_MIN,
                   OPSET_MAX);
}

static bool is_format(const char *word)
{
    return strcmp(word, "text") == 0 || strcmp(word, "markdown") == 0 || strcmp(word, "json") == 0;
}

static nn_status check(suite_options *o, unsigned used, nn_error *err)
{
    if (o->score == NULL && o->out == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "suite: expected --out DIR, or --score RESULTS and --index DIR");
    if (o->score != NULL && (used & MAKE) != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--score goes with --index, --format and --quiet only");
    if (o->score == NULL && (used & SCORE) != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--index and --format go with --score only");
    if (o->score != NULL && o->index == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--score requires --index DIR");
    if (o->format != NULL && !is_format(o->format))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--format %.60s: expected text, markdown or json", o->format);
    return parse_opsets(o, err);
}

nn_status suite_options_parse(suite_options *o, int argc, char *const *argv, nn_error *err)
{
    unsigned used = 0;
    nn_status s = NN_OK;
    *o = (suite_options){.help = 0};
    flag_rows_defaults(o, rows, ROWS);
    for (int i = 0; i < argc && s == NN_OK; i++) {
        const char *a = argv[i], *equals = strchr(a, '=');
        const size_t n = equals != NULL ? (size_t)(equals - a) : strlen(a);
        const flag_row *r = flag_rows_find(rows, ROWS, a, n);
        if (r == NULL && a[0] != '-')
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "suite: unexpected argument %.200s", a);
        if (r == NULL)
            return flag_rows_unknown(rows, ROWS, a, n, err);
        if (r->kind == FLAG_ON && equals != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no argument", r->flag);
        used |= r->use;
        if (r->kind == FLAG_ON)
            flag_row_on(o, r);
        else if (equals == NULL && i + 1 == argc)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        else
            s = flag_row_set(o, r, equals != NULL ? equals + 1 : argv[++i], err);
    }
    return s != NN_OK || o->help ? s : check(o, used, err);
}
