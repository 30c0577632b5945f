#include "sequences/seq_options.h"
#include "base/flag_row.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

typedef enum { FLAG, INT, TEXT, PATH } kind;

enum { SEQ = 1, COV = 2 }; /* commands */

typedef struct {
    const char *flag, *argument;
    int commands;
    kind kind;
    size_t offset; /* for PATH: the class */
    int64_t fallback, least, greatest;
    const char *help;
} row;

static const row rows[] = {
    {"--failed", "PATH", SEQ, PATH, SEQ_FAILED, 0, 0, 0,
     "models that failed; may be given several times, like --correct and --suite"},
    {"--correct", "PATH", SEQ, PATH, SEQ_CORRECT, 0, 0, 0, "models that were correct"},
    {"--suite", "PATH", SEQ, PATH, SEQ_SUITE, 0, 0, 0, "models of a test suite"},
    {"--against", "PATH", COV, PATH, SEQ_SUITE, 0, 0, 0, "a test suite: list what it lacks"},
    {"--outcomes", "FILE", SEQ, TEXT, offsetof(seq_options, outcomes), 0, 0, 0,
     "file with a line NAME,failed or NAME,correct for each model of PATH"},
    {"--min-length", "K", SEQ, INT, offsetof(seq_options, min_length), 3, 1, 64, "smallest number of operators of a sequence"},
    {"--max-length", "K", SEQ, INT, offsetof(seq_options, max_length), 10, 1, 64, "largest number of operators of a sequence"},
    {"--matching", NULL, SEQ, FLAG, offsetof(seq_options, matching), 0, 0, 1,
     "use the matching blocks of every two listed paths, of any length, as the study did"},
    {"--max-paths", "N", SEQ, INT, offsetof(seq_options, max_paths), 1000, 1, 100000000,
     "largest number of paths that are listed for a model"},
    {"--max-sequences", "N", SEQ, INT, offsetof(seq_options, max_sequences), 10000000, 1000, 1000000000,
     "largest number of sequences in memory, about 50 bytes each; if there are more, the longest are left out, which is reported"},
    {"--reduce", "MODE", SEQ, TEXT, offsetof(seq_options, reduce), 0, 0, 0,
     "reduce to the blocks that sequences share: published or corrected"},
    {"--order", "N", SEQ, INT, offsetof(seq_options, order), 0, 0, INT64_MAX,
     "order for --reduce published, whose result depends on it; 0: alphabetical"},
    {"--min-support", "N", SEQ, INT, offsetof(seq_options, min_support), 5, 1, 1000000000,
     "test the sequences that at least N models have"},
    {"--rate", "Q", SEQ, TEXT, offsetof(seq_options, rate_text), 0, 0, 0, "accepted false discovery rate (default: 0.05)"},
    {"--set", "SET", SEQ, TEXT, offsetof(seq_options, set), 0, 0, 0,
     "set that --format plain lists: 1, 2, 3, 1-2 or 1-3 (default: 1-2)"},
    {"--show", "TABLE", SEQ | COV, TEXT, offsetof(seq_options, show), 0, 0, 0,
     "print one table only; sequences has models, operators, sets and association; coverage has operators, attributes and "
     "sequences"},
    {"--paths", NULL, SEQ, FLAG, offsetof(seq_options, paths), 0, 0, 1, "list the paths, one in each line"},
    {"--progress", NULL, SEQ, FLAG, offsetof(seq_options, progress), 0, 0, 1,
     "print progress of --matching even if standard error is not a terminal"},
    {"--format", "F", SEQ | COV, TEXT, offsetof(seq_options, format), 0, 0, 0, "text, json, csv or plain (default: text)"},
    {"--help", NULL, SEQ | COV, FLAG, offsetof(seq_options, help), 0, 0, 1, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void seq_options_help(json_line *out, seq_command command)
{
    line_raw(out, command == SEQ_COMMAND_SEQUENCES
                      ? "Usage: nngen sequences PATH... [--paths]             operators, paths and sequences of models\n"
                        "       nngen sequences --failed PATH --correct PATH [--suite PATH]\n"
                        "       nngen sequences PATH... --outcomes FILE       what failed models share and others lack\n"
                        "       nngen sequences --reduce MODE FILE.txt        reduce a list of sequences\n"
                        "PATH: a model, a directory of models (*.onnx), or FILE.txt with one sequence in each line,\n"
                        "its operators separated by commas.\n\n"
                      : "Usage: nngen coverage PATH... [--against PATH]\n"
                        "Operators, classes of attribute values and sequences of 2 to 4 operators in models, and which of\n"
                        "them a test suite lacks.\n\n");
    for (const row *r = rows; r < rows + ROWS; r++) {
        char text[300], left[64];
        if ((r->commands & (command == SEQ_COMMAND_SEQUENCES ? SEQ : COV)) == 0)
            continue;
        (void)snprintf(left, sizeof left, "%s%s%s", r->flag, r->argument != NULL ? " " : "",
                       r->argument != NULL ? r->argument : "");
        if (r->kind == INT)
            (void)snprintf(text, sizeof text, "%s (default: %lld)", r->help, (long long)r->fallback);
        else
            (void)snprintf(text, sizeof text, "%s", r->help);
        help_row(out, left, text);
    }
}

static nn_status set(seq_options *o, const row *r, const char *value, nn_error *err)
{
    int64_t x = 0;
    bool good = *value != '\0';
    switch (r->kind) {
    case PATH:
        if (!nn_grow((void **)&o->all, &o->capacity, o->n + 1, sizeof *o->all))
            return nn_nomem(err);
        o->all[o->n++] = (seq_path){value, (seq_class)r->offset};
        o->classes = true;
        break;
    case TEXT:
        memcpy((char *)o + r->offset, &value, sizeof value);
        break;
    case INT:
        good = flag_read_number(value, &x) && x >= r->least && x <= r->greatest;
        memcpy((char *)o + r->offset, &x, sizeof x);
        break;
    default:
        x = 1;
        memcpy((char *)o + r->offset, &x, sizeof x);
        return NN_OK;
    }
    if (good)
        return NN_OK;
    if (r->kind == INT)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected an integer from %lld to %lld", r->flag,
                       *value != '\0' ? value : "''", (long long)r->least, (long long)r->greatest);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", r->flag, r->argument);
}

static const row *find(seq_command command, const char *flag, size_t n)
{
    for (const row *r = rows; r < rows + ROWS; r++)
        if ((r->commands & (command == SEQ_COMMAND_SEQUENCES ? SEQ : COV)) != 0 && strlen(r->flag) == n &&
            strncmp(r->flag, flag, n) == 0)
            return r;
    return NULL;
}

static int choice(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++)
        if (word != NULL && strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

static const char *const formats[] = {"text", "json", "csv", "plain", NULL}; /* in the order of seq_format */
static const char *const modes[] = {"published", "corrected", NULL};

/* Reads a decimal between 0 and 1, independent of the locale. */
static bool read_rate(const char *s, double *x)
{
    double unit = 1;
    bool digits = false, point = false;
    for (*x = 0; *s != '\0'; s++) {
        if (*s == '.' && !point) {
            point = true;
            continue;
        }
        if (*s < '0' || *s > '9')
            return false;
        digits = true;
        if (unit >= 1e17) /* further decimals do not change the value */
            continue;
        *x = 10 * *x + (*s - '0');
        unit *= point ? 10 : 1;
    }
    *x /= unit;
    return digits && *x > 0 && *x <= 1;
}

/* Refuses options that have no effect on the output. */
static nn_status check_together(const seq_options *o, nn_error *err)
{
    bool sets = o->show != NULL && strcmp(o->show, "sets") == 0;
    bool association = o->show != NULL && strcmp(o->show, "association") == 0;
    if (o->paths && (o->as == SEQ_JSON || o->as == SEQ_CSV))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--paths prints lines of text: leave out --format %s", o->format);
    if (o->set != NULL && o->as != SEQ_PLAIN)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--set %s requires --format plain", o->set);
    if (o->show != NULL && (o->as == SEQ_PLAIN || o->paths))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--show %s: %s prints no tables", o->show,
                       o->paths ? "--paths" : "--format plain");
    if (!o->classes && (o->matching || sets || association))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s compares models: expected --failed and --correct, or --outcomes",
                       o->matching ? "--matching"
                       : sets      ? "--show sets"
                                   : "--show association");
    return NN_OK;
}

/* Refuses words that an option does not have. */
static nn_status check_words(const seq_options *o, bool coverage, nn_error *err)
{
    static const char *const sets[] = {"1", "2", "3", "1-2", "1-3", NULL};
    static const char *const tables[] = {"models", "operators", "sets", "association", NULL};
    static const char *const covered[] = {"operators", "attributes", "sequences", NULL};
    int format = choice(o->format != NULL ? o->format : "text", formats);
    if (format < 0 || (coverage && format == SEQ_PLAIN))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--format %.60s: expected text, json%s", o->format,
                       coverage ? " or csv" : ", csv or plain");
    if (o->reduce != NULL && choice(o->reduce, modes) < 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--reduce %.60s: expected published or corrected", o->reduce);
    if (o->set != NULL && choice(o->set, sets) < 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--set %.60s: expected 1, 2, 3, 1-2 or 1-3", o->set);
    if (o->show != NULL && choice(o->show, coverage ? covered : tables) < 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--show %.60s: expected %s", o->show,
                       coverage ? "operators, attributes or sequences" : "models, operators, sets or association");
    return NN_OK;
}

/* Requires models; if some have a class, all must have one. */
static nn_status check_paths(const seq_options *o, bool coverage, nn_error *err)
{
    bool models = false; /* models other than those of --against, which they are only compared with */
    for (size_t i = 0; i < o->n; i++)
        models |= !coverage || o->all[i].class == SEQ_GIVEN;
    if (!models)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected models", coverage ? "coverage" : "sequences");
    for (size_t i = 0; i < o->n && !coverage && o->classes && o->outcomes == NULL; i++)
        if (o->all[i].class == SEQ_GIVEN)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                           "%.200s: expected --failed, --correct or --suite before it, or --outcomes", o->all[i].path);
    return NN_OK;
}

static nn_status check(seq_options *o, seq_command command, nn_error *err)
{
    bool coverage = command == SEQ_COMMAND_COVERAGE;
    nn_status s = check_words(o, coverage, err);
    if (s != NN_OK)
        return s;
    if (o->min_length > o->max_length)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--min-length %lld is more than --max-length %lld", (long long)o->min_length,
                       (long long)o->max_length);
    if (o->rate_text != NULL && !read_rate(o->rate_text, &o->rate))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--rate %.60s: expected a number above 0 and up to 1", o->rate_text);
    int mode = choice(o->reduce, modes);
    o->as = (seq_format)choice(o->format != NULL ? o->format : "text", formats);
    o->reduction = mode < 0 ? SEQ_REDUCE_NONE : mode == 0 ? SEQ_REDUCE_PUBLISHED : SEQ_REDUCE_CORRECTED;
    o->classes = o->classes || o->outcomes != NULL;
    s = check_paths(o, coverage, err);
    return s != NN_OK || coverage ? s : check_together(o, err);
}

nn_status seq_options_parse(seq_options *o, seq_command command, int argc, char *const *argv, nn_error *err)
{
    static const row given = {.kind = PATH, .offset = SEQ_GIVEN, .argument = "PATH", .flag = "PATH"};
    nn_status s = NN_OK;
    *o = (seq_options){.rate = 0.05};
    for (const row *r = rows; r < rows + ROWS; r++)
        if (r->kind == INT)
            memcpy((char *)o + r->offset, &r->fallback, sizeof r->fallback);
    bool flags = true;
    for (int i = 0; i < argc && s == NN_OK; i++) {
        if (!flags || argv[i][0] != '-') {
            bool before = o->classes;
            s = set(o, &given, argv[i], err);
            o->classes = before;
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            flags = false;
            continue;
        }
        const char *equals = strchr(argv[i], '=');
        size_t n = equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const row *r = find(command, argv[i], n);
        if (r == NULL) {
            nearest best = {0};
            char word[64];
            (void)snprintf(word, sizeof word, "%.*s", (int)(n < 60 ? n : 60), argv[i]);
            for (const row *k = rows; k < rows + ROWS; k++)
                if (find(command, k->flag, strlen(k->flag)) != NULL)
                    nearest_offer(&best, word, k->flag);
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown option %s%s%s", word, best.word != NULL ? "; did you mean " : "",
                        best.word != NULL ? best.word : "");
        } else if (r->kind == FLAG) {
            s = equals == NULL ? set(o, r, "1", err) : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no argument", r->flag);
        } else if (equals == NULL && i + 1 == argc) {
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        } else {
            s = set(o, r, equals != NULL ? equals + 1 : argv[++i], err);
        }
    }
    if (s == NN_OK && !o->help)
        s = check(o, command, err);
    if (s != NN_OK)
        seq_options_free(o);
    return s;
}

void seq_options_free(seq_options *o)
{
    nn_free(o->all);
    o->all = NULL;
    o->n = o->capacity = 0;
}
