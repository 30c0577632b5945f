#include "suite/suite_summary.h"

void pair_counts_add(pair_counts *to, const pair_counts *from)
{
    to->asked += from->asked;
    to->covered += from->covered;
    to->impossible += from->impossible;
    to->classes += from->classes;
    to->covered_classes += from->covered_classes;
    to->impossible_classes += from->impossible_classes;
}

static void key_int(json_line *out, const char *key, uint64_t value)
{
    line_key(out, key);
    line_int(out, (int64_t)value);
}

static void key_string(json_line *out, const char *key, const char *value)
{
    line_key(out, key);
    line_string(out, value);
}

static void put_counts(json_line *out, const pair_counts *c)
{
    line_key(out, "classes");
    line_raw(out, "{");
    key_int(out, "all", c->classes);
    key_int(out, "covered", c->covered_classes);
    key_int(out, "impossible", c->impossible_classes);
    line_raw(out, "}");
    line_key(out, "pairs");
    line_raw(out, "{");
    key_int(out, "all", c->asked);
    key_int(out, "covered", c->covered);
    key_int(out, "impossible", c->impossible);
    line_raw(out, "}");
}

static nn_status put_lost(json_line *out, case_search *s, const given_up *g, nn_error *err)
{
    const char *a = facet_text(&s->facets, g->a, &s->memory), *b = facet_text(&s->facets, g->b, &s->memory);
    if (a == NULL || b == NULL)
        return nn_nomem(err);
    line_next(out);
    line_raw(out, "{");
    line_key(out, "classes");
    line_raw(out, "[");
    line_next(out);
    line_string(out, a);
    if (g->a != g->b) {
        line_next(out);
        line_string(out, b);
    }
    line_raw(out, "]");
    key_string(out, "reason", g->reason);
    line_raw(out, "}");
    return NN_OK;
}

nn_status suite_summary_task(json_line *out, const suite_task *task, case_search *s, nn_error *err)
{
    nn_status st = NN_OK;
    line_raw(out, "{");
    key_string(out, "operator", task->op->name);
    key_int(out, "version", (uint64_t)task->op->since);
    key_int(out, "opset", (uint64_t)task->table->options.opset);
    key_int(out, "cases", task->cases);
    key_int(out, "tries", s->tried);
    put_counts(out, &task->pairs);
    line_key(out, "impossible");
    line_raw(out, "[");
    for (size_t i = 0; i < s->n_lost && st == NN_OK; i++)
        st = put_lost(out, s, &s->lost[i], err);
    line_raw(out, "]}");
    return st == NN_OK && out->failed ? nn_nomem(err) : st;
}

void suite_summary(json_line *out, const suite_options *o, const suite_tasks *tasks, const suite_report *report)
{
    line_raw(out, "{");
    key_string(out, "nngen", NNGEN_VERSION);
    key_int(out, "first_opset", (uint64_t)o->first);
    key_int(out, "last_opset", (uint64_t)o->last);
    key_string(out, "profile", tasks->tables[0]->options.profile);
    key_string(out, "types", tasks->tables[0]->options.types);
    key_string(out, "ops", o->ops != NULL ? o->ops : "");
    key_int(out, "seed", (uint64_t)o->seed);
    key_int(out, "strength", (uint64_t)o->strength);
    key_int(out, "tries", (uint64_t)o->tries);
    key_int(out, "max_rank", (uint64_t)o->max_rank);
    key_int(out, "max_elements", (uint64_t)o->max_elements);
    key_int(out, "max_dim", (uint64_t)o->max_dim);
    key_string(out, "table_digest", tasks->tables[0]->digest);
    key_int(out, "cases", report->cases);
    key_int(out, "files", report->files);
    key_int(out, "operators", report->operators);
    key_int(out, "versions", report->versions);
    put_counts(out, &report->pairs);
    line_key(out, "of");
    line_raw(out, "[");
    for (size_t i = 0; i < tasks->n; i++) {
        line_next(out);
        line_raw(out, "\n");
        line_text(out, tasks->all[i].summary.bytes, tasks->all[i].summary.size);
    }
    line_raw(out, "\n]}\n");
}
