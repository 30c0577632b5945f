#include "show/show_options.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *flag, *argument, *help;
} rows[] = {
    {"--format", "F",
     "text: without weights; svg: a drawing; dot: for Graphviz; html: a page with drawings of all models, which needs no network "
     "(default: by the end of FILE, else text)"},
    {"--out", "FILE", "write to FILE instead of standard output"},
    {"--mark", "NODE,...", "mark nodes, such as failing ones: names, numbers from 0, or tensors that they make"},
    {"--help", NULL, "print this help"},
};
enum { FORMAT, OUT, MARK, HELP, ROWS };

static const char *const formats[] = {[SHOW_TEXT] = "text", [SHOW_SVG] = "svg", [SHOW_DOT] = "dot", [SHOW_HTML] = "html"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

void show_options_help(json_line *out)
{
    line_raw(out, "Usage: nngen show MODEL [--format text|svg|dot|html] [--mark NODE,...] [--out FILE]\n"
                  "       nngen show DIR [--format text|html] [--out FILE]\n"
                  "Shows a model, or all models below a directory: any ONNX files, made by nngen or not. Motifs are\n"
                  "shown if the corpus of the model lists them in models.jsonl. A drawing has at most 2,000 nodes. As\n"
                  "text, a directory is a line for each model: name, counts, operators. A directory that holds\n"
                  "model.onnx is that model.\n\n");
    for (int i = 0; i < ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof left, "%s%s%s", rows[i].flag, rows[i].argument != NULL ? " " : "",
                       rows[i].argument != NULL ? rows[i].argument : "");
        help_row(out, left, rows[i].help);
    }
    line_raw(out, "\nExit status: 0: success; 1: a file cannot be read, or files of the directory were skipped;\n"
                  "2: wrong usage.\n");
}

static nn_status set(show_options *o, int row, const char *value, nn_error *err)
{
    if (row == HELP)
        o->help = true;
    if (row == FORMAT) {
        nearest best = {.word = NULL};
        o->format = SHOW_DEFAULT;
        for (int i = SHOW_TEXT; i < FORMATS; i++) {
            nearest_offer(&best, value, formats[i]);
            if (strcmp(formats[i], value) == 0)
                o->format = (show_format)i;
        }
        if (o->format == SHOW_DEFAULT)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--format %.60s: expected text, svg, dot or html%s%s%s",
                           *value != '\0' ? value : "''", best.word != NULL ? "; did you mean " : "",
                           best.word != NULL ? best.word : "", best.word != NULL ? "?" : "");
    }
    if (row == OUT)
        o->out = value;
    if (row == MARK)
        o->mark = value;
    return *value != '\0' || row == HELP
               ? NN_OK
               : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", rows[row].flag, rows[row].argument);
}

static nn_status unknown(const char *flag, nn_error *err)
{
    nearest best = {.word = NULL};
    for (int i = 0; i < ROWS; i++)
        nearest_offer(&best, flag, rows[i].flag);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "show: unknown option %.60s%s%s%s", flag,
                   best.word != NULL ? "; did you mean " : "", best.word != NULL ? best.word : "", best.word != NULL ? "?" : "");
}

/* Takes argument i, and its value if that is the next one. */
static nn_status take(show_options *o, int argc, char *const *argv, int *i, nn_error *err)
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

/* The format that the end of a file's name states. */
static show_format format_of(const char *path)
{
    static const struct {
        const char *end;
        show_format format;
    } ends[] = {{".txt", SHOW_TEXT}, {".svg", SHOW_SVG},   {".dot", SHOW_DOT},
                {".gv", SHOW_DOT},   {".html", SHOW_HTML}, {".htm", SHOW_HTML}};
    for (size_t i = 0; path != NULL && i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(path), end = strlen(ends[i].end);
        if (n >= end && strcmp(path + n - end, ends[i].end) == 0)
            return ends[i].format;
    }
    return SHOW_TEXT;
}

nn_status show_options_parse(show_options *o, int argc, char *const *argv, nn_error *err)
{
    bool options = true;
    *o = (show_options){.format = SHOW_DEFAULT};
    for (int i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            nn_status s = take(o, argc, argv, &i, err);
            if (s != NN_OK)
                return s;
        } else if (argv[i][0] == '\0' || o->path != NULL) {
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "show %.60s: expected one path, of a model or a directory",
                           argv[i][0] != '\0' ? argv[i] : "''");
        } else {
            o->path = argv[i];
        }
    }
    if (!o->help && o->path == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "show: expected a path, of a model or a directory");
    if (o->format == SHOW_DEFAULT)
        o->format = format_of(o->out);
    return NN_OK;
}
