/* Failures: the reason, and the rule of the table that it belongs to. */
#include "lower/reason.h"
#include "lower/lower_state.h"

#include <stdio.h>

const char *lower_reason_text(lower_reason r)
{
    static const char *const texts[] = {
#define X(id, text) text,
        LOWER_REASONS(X)
#undef X
    };
    return texts[r];
}

const char *lower_section_word(lower_section s)
{
    static const char *const words[] = {
#define X(id, word) word,
        LOWER_SECTIONS(X)
#undef X
    };
    return words[s];
}

/* ---- recording ---- */

void lower_fail(lower *l, lower_reason why)
{
    if (l->state != LOWER_OK)
        return;
    l->state = LOWER_FAIL;
    l->reason = why;
    l->culprit = l->rule;
}

void lower_nomem(lower *l)
{
    l->state = LOWER_NOMEM;
}

void lower_refused(lower *l, csp_result r)
{
    if (r == CSP_NOMEM)
        lower_nomem(l);
    else
        lower_fail(l, r == CSP_LIMIT ? WHY_LIMIT : WHY_CONFLICT);
}

/* Constraints that are new since the last call belong to the rule that is being evaluated. */
void lower_posted(lower *l, csp_result r)
{
    size_t n = csp_posted(l->csp);
    for (; l->n_posted < n; l->n_posted++)
        if (l->n_posted < LOWER_POSTED)
            l->posted[l->n_posted] = l->rule;
    lower_check(l, r);
}

void lower_propagate(lower *l)
{
    csp_result r = csp_propagate(l->csp);
    if (r != CSP_FAIL || l->state != LOWER_OK) {
        lower_check(l, r);
        return;
    }
    size_t conflict = csp_conflict(l->csp);
    lower_fail(l, WHY_CONFLICT);
    if (conflict != SIZE_MAX)
        l->culprit = conflict < LOWER_POSTED && conflict < l->n_posted ? l->posted[conflict] : (rule_ref){0};
}

void lower_undo(lower *l, csp_mark m)
{
    csp_undo(l->csp, m);
    l->n_posted = csp_posted(l->csp);
}

/* ---- reporting ---- */

static const char *name_of(const op_model *op, rule_ref r)
{
    size_t i = (size_t)r.index;
    switch ((lower_section)r.section) {
    case AT_VAR:
        return i < op->rules->n_vars ? op->rules->vars[i].name : NULL;
    case AT_IN:
    case AT_IN_WHEN:
    case AT_IN_SHAPE:
    case AT_IN_SIZE:
    case AT_VALUES:
    case AT_IN_DOMAIN:
    case AT_PARTNER:
        return i < op->n_inputs ? op->inputs[i].name : NULL;
    case AT_OUT:
    case AT_OUT_WHEN:
    case AT_ARITY_OF:
    case AT_OUT_SHAPE:
    case AT_OUT_SIZE:
    case AT_OUT_TARGET:
    case AT_RANGE:
        return i < op->n_outputs ? op->outputs[i].name : NULL;
    case AT_IDIOM:
        return i < op->rules->n_idioms ? op->rules->idioms[i].name : NULL;
    default:
        return NULL;
    }
}

/* Where an expression begins: the place of `a == b` is that of its operator. */
static spec_place beginning(const expr *e)
{
    while (e->a &&
           (e->a->place.line < e->place.line || (e->a->place.line == e->place.line && e->a->place.column <= e->place.column)))
        e = e->a;
    return e->place;
}

lower_why lower_last_failure(const lower *l)
{
    rule_ref r = l->culprit;
    lower_why w = {.reason = (int)l->reason, .text = lower_reason_text(l->reason), .section = (lower_section)r.section};
    w.op = l->frames[r.frame].op;
    if (r.section == AT_NOTHING || !w.op)
        return w;
    w.name = name_of(w.op, r);
    if (r.at)
        w.place = beginning(r.at);
    else if (r.section == AT_VAR)
        w.place = w.op->rules->vars[r.index].place;
    return w;
}

size_t lower_why_text(const lower_why *w, char *out, size_t size)
{
    const char *op = w->op ? w->op->name : "", *name = w->name ? w->name : "";
    char place[200] = "", rule[120] = "";
    if (w->place.file)
        (void)snprintf(place, sizeof place, " (%.150s:%d:%d)", w->place.file, w->place.line, w->place.column);
    if (w->section != AT_NOTHING)
        (void)snprintf(rule, sizeof rule, "%s%s%s%.80s", w->op ? ", " : "", lower_section_word(w->section), w->name ? " " : "",
                       name);
    int n = snprintf(out, size, "%s%s%s%s%s", w->text, w->op || *rule ? ": " : "", op, rule, place);
    return n < 0 ? 0 : (size_t)n;
}
