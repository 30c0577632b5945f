/* Structure of table entries: one row per key, one function per kind of value. */
#include "table/spec_check.h"

#include <stdio.h>
#include <string.h>

#include "table/spec_table.h"

typedef enum {
    FORM_TEXT,
    FORM_NAME,
    FORM_OPSETS,
    FORM_OPSET,
    FORM_TEXTS,          /* name -> text */
    FORM_LISTS,          /* name -> list of texts */
    FORM_TEXTS_OR_LISTS, /* name -> text or list of texts */
    FORM_LIST,           /* list of texts */
    FORM_ANY_OR_LIST,    /* the word `any`, or a list of texts */
    FORM_FLAGS,
    FORM_VERSIONS
} form;

enum { ANYWHERE = SPEC_IN_OPERATOR | SPEC_IN_CLASS | SPEC_IN_PART, WHOLE = SPEC_IN_OPERATOR | SPEC_IN_CLASS };

/* The keys of an entry. A list of the words alone is needed for suggestions. */
#define ENTRY_KEYS(X)                          \
    X("doc", FORM_TEXT, WHOLE)                 \
    X("like", FORM_NAME, WHOLE)                \
    X("as", FORM_NAME, SPEC_IN_OPERATOR)       \
    X("since", FORM_OPSETS, SPEC_IN_OPERATOR)  \
    X("until", FORM_OPSET, SPEC_IN_OPERATOR)   \
    X("types", FORM_LISTS, ANYWHERE)           \
    X("wide", FORM_LISTS, ANYWHERE)            \
    X("in", FORM_TEXTS, ANYWHERE)              \
    X("out", FORM_TEXTS, ANYWHERE)             \
    X("rank", FORM_TEXTS, ANYWHERE)            \
    X("choose", FORM_TEXTS, ANYWHERE)          \
    X("attrs", FORM_TEXTS, ANYWHERE)           \
    X("where", FORM_LIST, ANYWHERE)            \
    X("where+", FORM_LIST, ANYWHERE)           \
    X("empty", FORM_ANY_OR_LIST, ANYWHERE)     \
    X("shape", FORM_TEXTS, ANYWHERE)           \
    X("domain", FORM_TEXTS_OR_LISTS, ANYWHERE) \
    X("values", FORM_TEXTS, ANYWHERE)          \
    X("range", FORM_TEXTS, ANYWHERE)           \
    X("require", FORM_LIST, ANYWHERE)          \
    X("require+", FORM_LIST, ANYWHERE)         \
    X("idioms", FORM_LISTS, ANYWHERE)          \
    X("flags", FORM_FLAGS, ANYWHERE)           \
    X("flags+", FORM_FLAGS, ANYWHERE)          \
    X("versions", FORM_VERSIONS, WHOLE)

static const struct {
    const char *key;
    form form;
    unsigned where;
} keys[] = {
#define X(key, form, where) {key, form, where},
    ENTRY_KEYS(X)
#undef X
};
static const char *const key_words[] = {
#define X(key, form, where) key,
    ENTRY_KEYS(X)
#undef X
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

static const char *const flag_words[] = {"discontinuous", "source", "nondeterministic", "unlike", "contrast"};
enum { N_FLAGS = sizeof flag_words / sizeof flag_words[0] };

const char *spec_kind_name(spec_kind kind)
{
    static const char *const names[] = {"nothing", "text", "a list", "a mapping"};
    return names[kind];
}

spec_subject spec_subject_of(const char *what, const char *name)
{
    spec_subject subject;
    snprintf(subject.s, sizeof subject.s, "%s%s%s: ", what, name != NULL ? " " : "", name != NULL ? spec_show(name).s : "");
    return subject;
}

/* "operator Conv: " with "`in`" gives "operator Conv, `in`: ". */
static spec_subject narrow(const spec_subject *subject, const char *word, const char *name)
{
    spec_subject inner;
    size_t n = strlen(subject->s);
    snprintf(inner.s, sizeof inner.s, "%.*s, %s`%s`: ", n >= 2 ? (int)n - 2 : 0, subject->s, word, spec_show(name).s);
    return inner;
}

nn_status spec_wrong_kind(const spec_pair *pair, const char *expected, const spec_subject *subject, nn_error *err)
{
    return spec_error(err, pair->value->place, "%s`%s` must be %s, not %s", subject->s, spec_show(pair->key).s, expected,
                      spec_kind_name(pair->value->kind));
}

/* ---- opsets ---- */

/* Digits up to `end`. */
static bool parse_digits(const char *s, const char *end, int *out)
{
    if (s == end || *s == '0')
        return false;
    int v = 0;
    for (; s < end; s++) {
        if (*s < '0' || *s > '9')
            return false;
        v = v * 10 + (*s - '0');
        if (v > SPEC_MAX_OPSET)
            return false;
    }
    *out = v;
    return v >= SPEC_MIN_OPSET;
}

bool spec_parse_opset(const char *text, int *opset)
{
    return parse_digits(text, text + strlen(text), opset);
}

bool spec_parse_range(const char *text, int *first, int *last)
{
    const char *dots = strstr(text, ".."), *end = text + strlen(text);
    if (dots == NULL) {
        if (!parse_digits(text, end, first))
            return false;
        *last = *first;
        return true;
    }
    *first = SPEC_MIN_OPSET;
    *last = SPEC_MAX_OPSET;
    bool below = dots != text, above = dots + 2 != end;
    if (!below && !above)
        return false;
    if ((below && !parse_digits(text, dots, first)) || (above && !parse_digits(dots + 2, end, last)))
        return false;
    return *first <= *last;
}

/* ---- values ---- */

/* kind: "key" or "flag". */
static nn_status unknown_word(const char *kind, const char *word, spec_place place, const char *const *words, size_t n,
                              const spec_subject *subject, nn_error *err)
{
    const char *nearest = spec_nearest(word, words, n);
    if (nearest != NULL)
        return spec_error(err, place, "%sunknown %s `%s`; did you mean `%s`?", subject->s, kind, spec_show(word).s, nearest);
    char all[240];
    size_t used = 0;
    all[0] = '\0';
    for (size_t i = 0; i < n && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
    return spec_error(err, place, "%sunknown %s `%s`; expected %s", subject->s, kind, spec_show(word).s, all);
}

nn_status spec_check_keys(const spec_node *map, const char *const *words, size_t n, const spec_subject *subject, nn_error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (k < n && strcmp(words[k], map->pairs[i].key) != 0)
            k++;
        if (k == n)
            return unknown_word("key", map->pairs[i].key, map->pairs[i].place, words, n, subject, err);
    }
    return NN_OK;
}

static nn_status check_list(const spec_pair *pair, const spec_node *list, const spec_subject *subject, nn_error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->kind != SPEC_SCALAR)
            return spec_error(err, list->items[i]->place, "%s`%s`: each item must be text, not %s", subject->s,
                              spec_show(pair->key).s, spec_kind_name(list->items[i]->kind));
    return NN_OK;
}

/* A value of a mapping from names; null removes an inherited one. */
static nn_status check_member(const spec_pair *pair, form f, const spec_subject *subject, nn_error *err)
{
    spec_kind kind = pair->value->kind;
    if (kind == SPEC_NULL || (kind == SPEC_SCALAR && f != FORM_LISTS))
        return NN_OK;
    if (kind == SPEC_LIST && f != FORM_TEXTS)
        return check_list(pair, pair->value, subject, err);
    return spec_wrong_kind(pair,
                           f == FORM_TEXTS   ? "text (quote an expression)"
                           : f == FORM_LISTS ? "a list"
                                             : "text or a list",
                           subject, err);
}

static nn_status check_map(const spec_pair *pair, form f, const spec_subject *subject, nn_error *err)
{
    const spec_node *map = pair->value;
    if (map->kind != SPEC_MAP)
        return spec_wrong_kind(pair, "a mapping", subject, err);
    spec_subject inner = narrow(subject, "", pair->key);
    for (size_t i = 0; i < map->count; i++) {
        const spec_pair *p = &map->pairs[i];
        if (!spec_is_name(p->key))
            return spec_error(err, p->place, "%s`%s` is not a name; expected letters, digits and _", inner.s, spec_show(p->key).s);
        nn_status s = check_member(p, f, &inner, err);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status check_opsets(const spec_pair *pair, const spec_subject *subject, nn_error *err)
{
    const spec_node *list = pair->value;
    if (list->kind != SPEC_LIST)
        return spec_wrong_kind(pair, "a list of opsets such as [1, 11]", subject, err);
    if (list->count == 0)
        return spec_error(err, list->place, "%s`since` is empty; expected at least one opset", subject->s);
    int last = 0;
    for (size_t i = 0; i < list->count; i++) {
        const spec_node *item = list->items[i];
        int v;
        if (item->kind != SPEC_SCALAR || !spec_parse_opset(item->text, &v))
            return spec_error(err, item->place, "%s`since`: expected an opset in %d..%d", subject->s, SPEC_MIN_OPSET,
                              SPEC_MAX_OPSET);
        if (v <= last)
            return spec_error(err, item->place, "%s`since`: %d after %d; expected ascending opsets", subject->s, v, last);
        last = v;
    }
    return NN_OK;
}

static nn_status check_flags(const spec_pair *pair, const spec_subject *subject, nn_error *err)
{
    for (size_t i = 0; i < pair->value->count; i++) {
        const spec_node *item = pair->value->items[i];
        size_t k = 0;
        while (k < N_FLAGS && strcmp(flag_words[k], item->text) != 0)
            k++;
        if (k == N_FLAGS)
            return unknown_word("flag", item->text, item->place, flag_words, N_FLAGS, subject, err);
    }
    return NN_OK;
}

static nn_status check_versions(const spec_pair *pair, const spec_subject *subject, nn_error *err)
{
    const spec_node *map = pair->value;
    if (map->kind != SPEC_MAP)
        return spec_wrong_kind(pair, "a mapping from opset ranges", subject, err);
    for (size_t i = 0; i < map->count; i++) {
        const spec_pair *p = &map->pairs[i];
        int first, last;
        if (!spec_parse_range(p->key, &first, &last))
            return spec_error(err, p->place, "%s`versions`: `%s` is not an opset range; expected one like ..12, 13, 13..17 or 18..",
                              subject->s, spec_show(p->key).s);
        if (p->value->kind != SPEC_MAP)
            return spec_wrong_kind(p, "a mapping", subject, err);
        spec_subject inner = narrow(subject, "versions ", p->key);
        nn_status s = spec_check_entry(p->value, SPEC_IN_PART, &inner, err);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status check_value(const spec_pair *pair, form f, const spec_subject *subject, nn_error *err)
{
    const spec_node *value = pair->value;
    int opset;
    nn_status s;
    switch (f) {
    case FORM_TEXT:
        return value->kind == SPEC_SCALAR ? NN_OK : spec_wrong_kind(pair, "text", subject, err);
    case FORM_NAME:
        return value->kind == SPEC_SCALAR ? NN_OK : spec_wrong_kind(pair, "the name of a class or an operator", subject, err);
    case FORM_OPSET:
        if (value->kind == SPEC_SCALAR && spec_parse_opset(value->text, &opset))
            return NN_OK;
        return spec_error(err, value->place, "%s`%s`: expected an opset in %d..%d", subject->s, pair->key, SPEC_MIN_OPSET,
                          SPEC_MAX_OPSET);
    case FORM_OPSETS:
        return check_opsets(pair, subject, err);
    case FORM_TEXTS:
    case FORM_LISTS:
    case FORM_TEXTS_OR_LISTS:
        return check_map(pair, f, subject, err);
    case FORM_LIST:
    case FORM_FLAGS:
        if (value->kind != SPEC_LIST)
            return spec_wrong_kind(pair, f == FORM_LIST ? "a list of conditions" : "a list of flags", subject, err);
        s = check_list(pair, value, subject, err);
        return s == NN_OK && f == FORM_FLAGS ? check_flags(pair, subject, err) : s;
    case FORM_ANY_OR_LIST:
        if (value->kind == SPEC_SCALAR && strcmp(value->text, "any") == 0)
            return NN_OK;
        if (value->kind != SPEC_LIST)
            return spec_wrong_kind(pair, "`any` or a list of conditions", subject, err);
        return check_list(pair, value, subject, err);
    case FORM_VERSIONS:
        return check_versions(pair, subject, err);
    }
    return NN_OK;
}

/* Whether the key's value may be null, which removes an inherited value: not if the key is never inherited. */
static bool removable(size_t key)
{
    return keys[key].where == ANYWHERE && strchr(keys[key].key, '+') == NULL;
}

static nn_status misplaced(const spec_pair *pair, spec_where where, const spec_subject *subject, nn_error *err)
{
    const char *why =
        where == SPEC_IN_CLASS ? "in a class: it is not inherited" : "here; expected it in the operator's entry itself";
    return spec_error(err, pair->place, "%s`%s` is not allowed %s", subject->s, pair->key, why);
}

nn_status spec_check_entry(const spec_node *entry, spec_where where, const spec_subject *subject, nn_error *err)
{
    nn_status s = spec_check_keys(entry, key_words, N_KEYS, subject, err);
    for (size_t i = 0; s == NN_OK && i < entry->count; i++) {
        const spec_pair *pair = &entry->pairs[i];
        size_t k = 0;
        while (strcmp(keys[k].key, pair->key) != 0)
            k++;
        if ((keys[k].where & where) == 0)
            return misplaced(pair, where, subject, err);
        if (pair->value->kind == SPEC_NULL && removable(k))
            continue;
        s = check_value(pair, keys[k].form, subject, err);
    }
    static const char *const lists[][2] = {{"where", "where+"}, {"require", "require+"}, {"flags", "flags+"}};
    for (size_t i = 0; s == NN_OK && i < sizeof lists / sizeof lists[0]; i++) {
        const spec_pair *both = spec_get_pair(entry, lists[i][1]);
        if (both != NULL && spec_get(entry, lists[i][0]) != NULL)
            s = spec_error(err, both->place, "%s`%s` and `%s` in one entry; expected one of them", subject->s, lists[i][0],
                           lists[i][1]);
    }
    return s;
}
