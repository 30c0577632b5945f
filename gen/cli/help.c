#include "cli/help.h"
#include "base/help_row.h"
#include "family/options.h"

#include <stdio.h>
#include <string.h>

/* A heading before the row of its first option. */
static const struct {
    size_t offset;
    const char *title;
} groups[] = {
    {offsetof(options, nodes), "The family"},
    {offsetof(options, inputs), "Input tensors"},
    {offsetof(options, profile), "Operators and types"},
    {offsetof(options, cover), "Coverage and guidance"},
    {offsetof(options, max_elements), "Tensors and tables"},
    {offsetof(options, jobs), "The run"},
    {offsetof(options, tape), "Fuzzing"},
    {offsetof(options, list_ops), "Information"},
};

static void put_option(json_line *out, const option_row *row)
{
    char flag[32], left[64], text[400];
    option_flag(row, flag);
    if (row->argument == NULL)
        (void)snprintf(left, sizeof left, "%s", flag);
    else
        (void)snprintf(left, sizeof left, row->kind == OPTION_WORD ? "%s[=%s]" : "%s %s", flag, row->argument);
    bool named = row->fallback_text != NULL && row->fallback_text[0] != '\0';
    if (row->kind == OPTION_INT && row->fallback >= row->least)
        (void)snprintf(text, sizeof text, "%s (default: %lld)", row->help, (long long)row->fallback);
    else if ((row->kind == OPTION_TEXT || row->kind == OPTION_LIST) && named)
        (void)snprintf(text, sizeof text, "%s (default: %s)", row->help, row->fallback_text);
    else
        (void)snprintf(text, sizeof text, "%s", row->help);
    help_row(out, left, text);
}

static const struct {
    const char *command, *text;
} commands[] = {
    {"merge", "Usage: nngen merge DIR SHARD... [OPTION]...\n"
              "Merges the directories of all shards of a family, in any order, into DIR, which gets the bytes of\n"
              "a run without shards. The shards are not changed. They may hold regular files only.\n\n"},
    {"verify", "Usage: nngen verify DIR... [OPTION]...\n"
               "Compares corpora with their manifest.json and models.jsonl: every file by its SHA-256, missing and\n"
               "unexpected files, the structure of every model. Models with expected outputs are also made again.\n"
               "Writes nothing.\n\n"},
    {"replay", "Usage: nngen replay MANIFEST --out DIR [OPTION]...\n"
               "Makes the corpus of a manifest.json again, byte by byte. MANIFEST may also be a pipe, such as\n"
               "/dev/stdin.\n\n"},
};

void help_command(json_line *out, const options *o)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].command, o->command) == 0)
            line_raw(out, commands[i].text);
    for (const option_row *row = option_rows; row < option_rows + option_count; row++)
        if (option_of_command(o, row) || row->offset == offsetof(options, help))
            put_option(out, row);
    line_raw(out, strcmp(o->command, "verify") == 0
                      ? "\nExit status: 0: no difference; 1: differences, or a directory cannot be read; 2: wrong usage.\n"
                      : "\nExit status: 0: success; 1: failure; 2: wrong usage; 130 or 143: stopped by SIGINT or SIGTERM.\n");
}

void help_text(json_line *out)
{
    line_raw(out, "Usage: nngen --nodes N --count M --out DIR [OPTION]...\n"
                  "       nngen merge DIR SHARD...          merge the directories of all shards into DIR\n"
                  "       nngen verify DIR...               compare corpora with their manifests and hashes\n"
                  "       nngen replay MANIFEST --out DIR   make the corpus of a manifest.json again\n"
                  "       nngen seeds --out DIR             write small models and tapes as seeds of fuzzers\n"
                  "       nngen compare EXPECTED ACTUAL     list elements of outputs that lie outside their bounds\n"
                  "       nngen eval MODEL [INPUTS...]      compute outputs of any model, with bounds\n"
                  "       nngen emit MODEL --as NAME        write a model as a program of PyTorch or TensorFlow\n"
                  "       nngen reduce MODEL -- COMMAND {}  make a model smaller while COMMAND finds it interesting\n"
                  "       nngen sequences PATH...           list operator sequences, and those that go with failure\n"
                  "       nngen coverage PATH...            show what models cover, and what a test suite lacks\n"
                  "       nngen motifs PATH...              propose motifs from subgraphs that models share\n"
                  "       nngen show MODEL                  show a model as text or a drawing, or a page of a corpus\n"
                  "       nngen suite --out DIR             write a conformance suite, or score the results of one\n"
                  "Writes a family of M random valid ONNX models with N operator nodes each to DIR. Each model has\n"
                  "a directory such as test_000000 with model.onnx and input tensors; the family has models.jsonl\n"
                  "and manifest.json.\n");
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
            if (groups[i].offset == row->offset) {
                line_raw(out, "\n");
                line_raw(out, groups[i].title);
                line_raw(out, ":\n");
            }
        put_option(out, row);
    }
    line_raw(out, "\nThe command merge takes --force, --specs, --verify and --quiet; verify takes --quiet; replay takes\n"
                  "--out, --specs, --check and the options under \"The run\" except --shard and --verify; seeds takes\n"
                  "options of families and tensors, with defaults for small models: --nodes 8, the largest, and\n"
                  "--max-elements 64. The options of\n"
                  "the other commands are in `nngen show --help` and so on.\n"
                  "\nverify and merge read regular files only: a symbolic link, FIFO or device inside a corpus is a\n"
                  "difference to verify, and an error to merge. The MANIFEST of replay may also be a pipe, such as\n"
                  "/dev/stdin; replay gives up after 10 seconds without data.\n"
                  "\nExit status: 0: success; 1: failure; 2: wrong usage; 3: not in the table (eval, emit);\n"
                  "130 or 143: stopped by SIGINT or SIGTERM; 141: the reader of a listing has closed the pipe.\n");
}
