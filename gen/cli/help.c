#include "cli/help.h"
#include "family/options.h"

#include <stdio.h>
#include <string.h>

#define LEFT 28 /* columns before the text */

void help_row(json_line *out, const char *left, const char *text)
{
    char margin[LEFT + 1];
    size_t n = strlen(left) + 2, at = LEFT;
    memset(margin, ' ', LEFT);
    margin[LEFT] = '\0';
    line_raw(out, "  ");
    line_raw(out, left);
    if (n + 2 <= LEFT) {
        line_raw(out, margin + n);
    } else {
        line_raw(out, "\n");
        line_raw(out, margin);
    }
    for (const char *p = text; *p != '\0';) {
        size_t word = strcspn(p, " ");
        if (at > LEFT && at + 1 + word > HELP_COLUMNS) {
            line_raw(out, "\n");
            line_raw(out, margin);
            at = LEFT;
        } else if (at > LEFT) {
            line_raw(out, " ");
            at++;
        }
        line_text(out, p, word);
        at += word;
        p += word;
        p += strspn(p, " ");
    }
    line_raw(out, "\n");
}

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

void help_text(json_line *out)
{
    line_raw(out, "Usage: nngen --nodes N --count M --out DIR [OPTION]...\n"
                  "       nngen merge DIR SHARD...          joins the directories of all shards in DIR\n"
                  "       nngen verify DIR...               compares corpora with their manifests and hashes\n"
                  "       nngen replay MANIFEST --out DIR   makes the corpus of a manifest.json again\n"
                  "       nngen sequences PATH...           operator sequences, and which go with failure\n"
                  "       nngen coverage PATH...            what models cover and a test suite lacks\n"
                  "Writes a family of M random valid ONNX models of N operator nodes each to DIR:\n"
                  "test_000000/model.onnx with inputs beside it, models.jsonl and manifest.json.\n");
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
            if (groups[i].offset == row->offset) {
                line_raw(out, "\n");
                line_raw(out, groups[i].title);
                line_raw(out, ":\n");
            }
        put_option(out, row);
    }
    line_raw(out, "\nOf these options merge takes --force, --specs and --quiet; verify --quiet; replay --specs, --check\n"
                  "and those of the run but for --shard. Options of sequences and coverage: nngen sequences --help.\n"
                  "\nExit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 stopped by SIGINT or SIGTERM.\n");
}
