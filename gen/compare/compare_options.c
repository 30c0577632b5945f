#include "compare/compare_options.h"
#include "base/flag_row.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *flag, *argument, *help;
} rows[] = {
    {"--limit", "N", "list the worst N elements (default: 20); 0: the summary alone"},
    {"--bounds", "PATH", "file or directory of bounds (default: bound_J.pb or bounds.npz beside the expected outputs)"},
    {"--atol", "X", "compare with X + RTOL * |expected| instead of the bounds; RTOL is 0 unless it is stated"},
    {"--rtol", "X", "the same with ATOL + X * |expected|"},
    {"--json", NULL, "print JSON"},
    {"--help", NULL, "print this help"},
};
enum { LIMIT, BOUNDS, ATOL, RTOL, JSON, HELP, ROWS };

void compare_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen compare EXPECTED ACTUAL [OPTION]...\n"
                  "Lists the elements of actual outputs that lie outside their bounds, worst first.\n"
                  "EXPECTED: test_data_set_K with output_J.pb and bound_J.pb; or the directory of a model with\n"
                  "data sets or with outputs.npz and bounds.npz; or one such file.\n"
                  "ACTUAL: a directory with output_J.pb, or the same for each data set; or a .npz, .npy or .pb file.\n"
                  "Exit status: 0: all elements are inside; 1: some are not; 2: they cannot be compared.\n\n");
    for (int i = 0; i < ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof left, "%s%s%s", rows[i].flag, rows[i].argument != NULL ? " " : "",
                       rows[i].argument != NULL ? rows[i].argument : "");
        help_row(out, left, rows[i].help);
    }
}

static bool read_count(size_t *x, const char *s)
{
    int64_t n;
    const bool good = flag_read_number(s, &n);
    *x = (size_t)n;
    return good && n <= 100000000;
}

/* The digits of a number that is not negative, and the power of ten that it is multiplied by. */
static const char *read_digits(double *mantissa, int *power, const char *s)
{
    bool point = false, digits = false;
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        digits = true;
        if (*mantissa < 1e15)
            *mantissa = *mantissa * 10 + (*s - '0');
        else
            ++*power;
        *power -= point;
    }
    return digits ? s : NULL;
}

/* A decimal number, in every locale. */
static bool read_real(double *x, const char *s)
{
    int power = 0, exponent = 0;
    *x = 0;
    s = read_digits(x, &power, s);
    if (s != NULL && (*s == 'e' || *s == 'E')) {
        bool negative = s[1] == '-';
        s += 1 + (s[1] == '-' || s[1] == '+');
        if (*s < '0' || *s > '9')
            return false;
        for (; *s >= '0' && *s <= '9' && exponent < 1000; s++)
            exponent = exponent * 10 + (*s - '0');
        power += negative ? -exponent : exponent;
    }
    for (; power > 0 && *x != 0 && *x <= __DBL_MAX__; power--)
        *x *= 10;
    for (; power < 0 && *x != 0; power++)
        *x /= 10;
    return s != NULL && *s == '\0' && *x <= __DBL_MAX__;
}

static nn_status set(compare_options *o, int row, const char *value, nn_error *err)
{
    comparison_request *q = &o->request;
    bool good = true;
    switch (row) {
    case LIMIT:
        good = read_count(&q->limit, value);
        break;
    case BOUNDS:
        q->bounds = value;
        good = *value != '\0';
        break;
    case JSON:
        o->json = true;
        break;
    case HELP:
        o->help = true;
        break;
    default:
        q->tolerance = true;
        good = read_real(row == ATOL ? &q->atol : &q->rtol, value);
    }
    if (good)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected %s", rows[row].flag, *value != '\0' ? value : "''",
                   row == LIMIT    ? "an integer from 0 to 100000000"
                   : row == BOUNDS ? "a path"
                                   : "a decimal number that is not negative");
}

static nn_status unknown(const char *flag, nn_error *err)
{
    nearest best = {.word = NULL};
    for (int i = 0; i < ROWS; i++)
        nearest_offer(&best, flag, rows[i].flag);
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "compare: unknown option %.60s; did you mean %s?", flag, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "compare: unknown option %.60s", flag);
}

/* Takes argument i, and its value if that is the next one. */
static nn_status take(compare_options *o, int argc, char *const *argv, int *i, nn_error *err)
{
    const char *given = argv[*i], *equals = strchr(given, '=');
    size_t n = equals != NULL ? (size_t)(equals - given) : strlen(given);
    int row = 0;
    while (row < ROWS && (strlen(rows[row].flag) != n || strncmp(rows[row].flag, given, n) != 0))
        row++;
    if (row == ROWS)
        return unknown(given, err);
    if (rows[row].argument == NULL)
        return equals == NULL ? set(o, row, "", err) : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no value", rows[row].flag);
    if (equals == NULL && *i + 1 == argc)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", rows[row].flag, rows[row].argument);
    return set(o, row, equals != NULL ? equals + 1 : argv[++*i], err);
}

nn_status compare_options_parse(compare_options *o, int argc, char *const *argv, nn_error *err)
{
    bool options = true;
    *o = (compare_options){.request = {.limit = 20}};
    for (int i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-') {
            nn_status s = take(o, argc, argv, &i, err);
            if (s != NN_OK)
                return s;
        } else if (argv[i][0] == '\0' || o->actual != NULL) {
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "compare %.60s: expected two paths, EXPECTED and ACTUAL",
                           argv[i][0] != '\0' ? argv[i] : "''");
        } else {
            *(o->expected == NULL ? &o->expected : &o->actual) = argv[i];
        }
    }
    if (o->help || o->actual != NULL)
        return o->request.tolerance && o->request.bounds != NULL
                   ? nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--bounds: expected without --atol and --rtol")
                   : NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "compare: expected two paths, EXPECTED and ACTUAL");
}
