#include "suite/suite.h"
#include "suite/suite_make.h"
#include "suite/suite_score.h"

#include <stdio.h>

static void say(json_line *out, const suite_options *o, const suite_report *r)
{
    char text[400];
    (void)snprintf(text, sizeof text,
                   "%llu cases of %llu versions of %llu operators\n"
                   "%zu of %zu classes and %zu of %zu pairs of classes are covered, %zu and %zu are impossible\n",
                   (unsigned long long)r->cases, (unsigned long long)r->versions, (unsigned long long)r->operators,
                   r->pairs.covered_classes, r->pairs.classes, r->pairs.covered, r->pairs.asked, r->pairs.impossible_classes,
                   r->pairs.impossible);
    line_raw(out, text);
    (void)snprintf(text, sizeof text, "%llu files, %.1f MB\n", (unsigned long long)r->files, (double)r->bytes / 1e6);
    line_raw(out, text);
    line_raw(out, o->out);
    line_raw(out, "/index.jsonl\n");
}

nn_status suite_run(int argc, char *const *argv, json_line *out, const suite_watch *watch, size_t *problems, nn_error *err)
{
    suite_options o;
    suite_report report;
    *problems = 0;
    nn_status s = suite_options_parse(&o, argc, argv, err);
    if (s != NN_OK)
        return s;
    if (o.help) {
        suite_options_help(out);
        return out->failed ? nn_nomem(err) : NN_OK;
    }
    if (o.score != NULL)
        return suite_score(out, o.score, o.index, o.format != NULL ? o.format : "text", problems, err);
    s = suite_make(&o, watch, &report, err);
    if (s == NN_OK && !o.quiet)
        say(out, &o, &report);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
