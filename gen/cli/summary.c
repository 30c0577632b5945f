#include "cli/summary.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long number;

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void size_text(char *out, size_t room, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double x = (double)bytes;
    size_t k = 0;
    for (; x >= 1000 && k < 4; k++)
        x /= 1000;
    (void)snprintf(out, room, "%.*f %s", k == 0 ? 0 : 1, x, units[k]);
}

void summary_text(json_line *out, const options *o, const nn_corpus_report *r, double seconds)
{
    char size[32], text[192];
    (void)snprintf(text, sizeof text, "%llu model%s of %lld node%s, %zu of %zu operators\n", (number)r->models, plural(r->models),
                   (long long)o->nodes, plural((uint64_t)o->nodes), r->covered, r->operators);
    line_raw(out, text);
    size_text(size, sizeof size, r->bytes);
    (void)snprintf(text, sizeof text, "%llu file%s, %s%s, %.2f s", (number)r->files, plural(r->files), size,
                   o->dry_run ? " not written" : "", seconds);
    line_raw(out, text);
    if (r->models > 0) {
        (void)snprintf(text, sizeof text, ", %.3f ms a model", seconds * 1e3 / (double)r->models);
        line_raw(out, text);
    }
    line_raw(out, "\n");
    if (o->dry_run)
        return;
    line_raw(out, o->out);
    line_raw(out, "/manifest.json\n");
}

void summary_duplicates(json_line *out, const nn_corpus_report *r, const char *dir)
{
    if (r->distinct >= r->models)
        return;
    char text[160];
    (void)snprintf(text, sizeof text, "nngen: %llu of %llu models have the structure of an earlier model",
                   (number)(r->models - r->distinct), (number)r->models);
    line_raw(out, text);
    if (dir != NULL) {
        line_raw(out, ", see ");
        line_raw(out, dir);
        line_raw(out, "/manifest.json");
    }
    line_raw(out, "\n");
}

void summary_verified(json_line *out, const char *dir, const nn_verify_report *r)
{
    char size[32], text[160];
    if (dir != NULL) {
        line_raw(out, dir);
        line_raw(out, ": ");
    }
    size_text(size, sizeof size, r->bytes);
    (void)snprintf(text, sizeof text, "%llu models, %llu files, %s, %llu difference%s\n", (number)r->models, (number)r->files, size,
                   (number)r->differences, plural(r->differences));
    line_raw(out, text);
    if (r->recomputed > 0) {
        (void)snprintf(text, sizeof text, "made again, with outputs and bounds: %llu models\n", (number)r->recomputed);
        line_raw(out, text);
    }
    if (r->not_recomputed[0] == '\0')
        return;
    line_raw(out, "outputs and bounds were not computed again: the corpus ");
    line_raw(out, r->not_recomputed);
    line_raw(out, "\n");
}
