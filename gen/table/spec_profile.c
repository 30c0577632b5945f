/* The overlay of one runtime: operators that it cannot run, and patches of operators of which it can run only a part. A profile
 * that extends another one is applied after it. */
#include "table/spec_profile.h"

#include <string.h>

#include "table/spec_check.h"
#include "table/spec_packed.h"

/* One item of `exclude` or `patch`. */
typedef struct {
    const spec_node *ops; /* text or list of texts */
    int first, last;
    const char *reason;
    const spec_node *entry; /* of a patch */
    spec_place place;
} item;

static const spec_subject types_subject = {"types: "}, exclude_subject = {"exclude: "}, patch_subject = {"patch: "};

static nn_status read_ops(spec_loader *l, const spec_node *node, const spec_subject *subject, item *it)
{
    const spec_pair *op = spec_get_pair(node, "op");
    if (op == NULL)
        return spec_error(l->err, node->place, "%sno `op`; expected an operator or a list of operators", subject->s);
    it->ops = op->value;
    if (it->ops->kind != SPEC_SCALAR && it->ops->kind != SPEC_LIST)
        return spec_wrong_kind(op, "an operator or a list of operators", subject, l->err);
    for (size_t i = 0; i < it->ops->count; i++)
        if (it->ops->items[i]->kind != SPEC_SCALAR)
            return spec_error(l->err, it->ops->items[i]->place, "%s`op`: each item must be text, not %s", subject->s,
                              spec_kind_name(it->ops->items[i]->kind));
    if (it->ops->kind == SPEC_LIST && it->ops->count == 0)
        return spec_error(l->err, it->ops->place, "%s`op` is empty; expected at least one operator", subject->s);
    return NN_OK;
}

static nn_status read_range(spec_loader *l, const spec_node *node, const spec_subject *subject, item *it)
{
    const spec_pair *opset = spec_get_pair(node, "opset");
    it->first = SPEC_MIN_OPSET;
    it->last = SPEC_MAX_OPSET;
    if (opset == NULL)
        return NN_OK;
    if (opset->value->kind != SPEC_SCALAR)
        return spec_wrong_kind(opset, "an opset range like ..12, 13, 13..17 or 18..", subject, l->err);
    if (!spec_parse_range(opset->value->text, &it->first, &it->last))
        return spec_error(l->err, opset->value->place,
                          "%s`opset`: `%s` is not an opset range; expected one like ..12, 13, 13..17 or 18..", subject->s,
                          spec_show(opset->value->text).s);
    return NN_OK;
}

static nn_status read_reason(spec_loader *l, const spec_node *node, const spec_subject *subject, item *it)
{
    const spec_pair *reason = spec_get_pair(node, "reason");
    if (reason == NULL)
        return spec_error(l->err, node->place, "%sno `reason`; expected the runtime's error message", subject->s);
    if (reason->value->kind != SPEC_SCALAR || reason->value->text[0] == '\0')
        return spec_error(l->err, reason->value->place, "%s`reason` is empty; expected the runtime's error message", subject->s);
    it->reason = reason->value->text;
    return NN_OK;
}

static nn_status read_item(spec_loader *l, const spec_node *node, bool patch, item *it)
{
    static const char *const words[] = {"op", "opset", "reason", "entry"};
    const spec_subject *subject = patch ? &patch_subject : &exclude_subject;
    *it = (item){.ops = node, .place = node->place};
    if (node->kind != SPEC_MAP)
        return spec_error(l->err, node->place, "%seach item must be a mapping, not %s", subject->s, spec_kind_name(node->kind));
    nn_status s = spec_check_keys(node, words, patch ? 4 : 3, subject, l->err);
    if (s == NN_OK)
        s = read_ops(l, node, subject, it);
    if (s == NN_OK)
        s = read_range(l, node, subject, it);
    if (s == NN_OK)
        s = read_reason(l, node, subject, it);
    if (s != NN_OK || !patch)
        return s;
    const spec_pair *entry = spec_get_pair(node, "entry");
    if (entry == NULL)
        return spec_error(l->err, node->place, "%sno `entry`; expected a partial entry to merge", subject->s);
    if (entry->value->kind != SPEC_MAP)
        return spec_wrong_kind(entry, "a mapping", subject, l->err);
    it->entry = entry->value;
    return spec_check_entry(entry->value, SPEC_IN_PART, subject, l->err);
}

static nn_status find_operator(spec_loader *l, const spec_node *name, const spec_subject *subject, spec_def **out)
{
    *out = spec_find(l, name->text);
    if (*out != NULL && !(*out)->is_class)
        return NN_OK;
    if (*out != NULL)
        return spec_error(l->err, name->place, "%s`%s` is a class; expected an operator", subject->s, spec_show(name->text).s);
    const char *nearest;
    nn_status s = spec_suggest(l, name->text, true, &nearest);
    if (s != NN_OK)
        return s;
    if (nearest != NULL)
        return spec_error(l->err, name->place, "%sno operator `%s` in the table; did you mean `%s`?", subject->s,
                          spec_show(name->text).s, nearest);
    return spec_error(l->err, name->place, "%sno operator `%s` in the table", subject->s, spec_show(name->text).s);
}

static void exclude(spec_loader *l, const item *it, spec_def *d)
{
    if (!d->exists || d->exclusion != NULL || l->opset < it->first || l->opset > it->last)
        return;
    spec_exclusion *e = &l->table->exclusions[l->table->n_exclusions++];
    *e = (spec_exclusion){.op = d->name, .first = it->first, .last = it->last, .reason = it->reason, .place = it->place};
    d->exclusion = e;
}

static nn_status apply_item(spec_loader *l, const item *it, size_t number)
{
    const spec_subject *subject = it->entry != NULL ? &patch_subject : &exclude_subject;
    bool one = it->ops->kind == SPEC_SCALAR;
    for (size_t i = 0; i < (one ? 1 : it->ops->count); i++) {
        const spec_node *name = one ? it->ops : it->ops->items[i];
        spec_def *d;
        nn_status s = find_operator(l, name, subject, &d);
        if (s != NN_OK)
            return s;
        if (d->patch == number)
            return spec_error(l->err, name->place, "%s`op` names %s twice", subject->s, spec_show(d->name).s);
        d->patch = number;
        if (it->entry == NULL)
            exclude(l, it, d);
        else if (l->opset >= it->first && l->opset <= it->last)
            s = spec_merge(&d->flat, d->flat, it->entry, &l->merger);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

/* key: `exclude` or `patch`. *number counts items over both. */
static nn_status apply_items(spec_loader *l, const spec_node *root, const char *key, size_t *number)
{
    const spec_pair *pair = spec_get_pair(root, key);
    spec_subject none = {{0}};
    if (pair == NULL || pair->value->kind == SPEC_NULL)
        return NN_OK;
    if (pair->value->kind != SPEC_LIST)
        return spec_wrong_kind(pair, "a list", &none, l->err);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < pair->value->count; i++) {
        item it;
        s = read_item(l, pair->value->items[i], strcmp(key, "patch") == 0, &it);
        if (s == NN_OK)
            s = apply_item(l, &it, ++*number);
    }
    return s;
}

static bool is_profile_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return n > 0 && n <= SPEC_MAX_NAME && s[n] == '\0' && s[0] != '.' && s[0] != '-';
}

static nn_status read_head(spec_loader *l, const spec_node *root)
{
    static const char *const words[] = {"profile", "doc", "extends", "only", "max_rank", "types", "exclude", "patch"};
    spec_subject none = {{0}};
    if (root->kind != SPEC_MAP)
        return spec_error(l->err, root->place, "a profile must be a mapping with `profile`, `exclude` and `patch`, not %s",
                          spec_kind_name(root->kind));
    nn_status s = spec_check_keys(root, words, sizeof words / sizeof *words, &none, l->err);
    if (s != NN_OK)
        return s;
    const spec_node *name = spec_get(root, "profile");
    if (name == NULL)
        return spec_error(l->err, root->place, "no `profile`; expected the profile's name");
    if (name->kind != SPEC_SCALAR || !is_profile_name(name->text))
        return spec_error(l->err, name->place, "`profile`: expected a name of letters, digits, `_`, `.` and `-`");
    const spec_pair *doc = spec_get_pair(root, "doc");
    if (doc != NULL && doc->value->kind != SPEC_SCALAR)
        return spec_wrong_kind(doc, "text", &none, l->err);
    l->table->profile = name->text;
    return NN_OK;
}

/* `max_rank`: the least one of all profiles counts. */
static nn_status apply_rank(spec_loader *l, const spec_node *root)
{
    const spec_pair *pair = spec_get_pair(root, "max_rank");
    if (pair == NULL)
        return NN_OK;
    const char *text = pair->value->kind == SPEC_SCALAR ? pair->value->text : "";
    if (text[0] < '2' || text[0] > '8' || text[1] != '\0')
        return spec_error(l->err, pair->value->place, "`max_rank`: expected a number of dimensions from 2 to 8");
    int rank = text[0] - '0';
    if (l->table->max_rank == 0 || rank < l->table->max_rank)
        l->table->max_rank = rank;
    return NN_OK;
}

/* Excludes all operators that `only` does not name. */
static nn_status apply_only(spec_loader *l, const spec_node *root, size_t *number)
{
    static const spec_subject subject = {"only: "};
    const spec_pair *pair = spec_get_pair(root, "only");
    spec_subject none = {{0}};
    if (pair == NULL)
        return NN_OK;
    if (pair->value->kind != SPEC_LIST)
        return spec_wrong_kind(pair, "a list of operators", &none, l->err);
    if (pair->value->count == 0)
        return spec_error(l->err, pair->value->place, "`only` is empty; expected at least one operator");
    ++*number;
    for (size_t i = 0; i < pair->value->count; i++) {
        const spec_node *name = pair->value->items[i];
        if (name->kind != SPEC_SCALAR)
            return spec_error(l->err, name->place, "`only`: each item must be an operator, not %s", spec_kind_name(name->kind));
        spec_def *d;
        nn_status s = find_operator(l, name, &subject, &d);
        if (s != NN_OK)
            return s;
        d->patch = *number;
    }
    const item rest = {.first = SPEC_MIN_OPSET,
                       .last = SPEC_MAX_OPSET,
                       .reason = "it is not among the operators of `only`",
                       .place = pair->value->place};
    for (size_t i = 0; i < l->n_defs; i++)
        if (!l->by_name[i]->is_class && l->by_name[i]->patch != *number)
            exclude(l, &rest, l->by_name[i]);
    return NN_OK;
}

/* ---- types ---- */

/* One item of `types`: operators that take a type. */
static nn_status read_types_item(spec_loader *l, const spec_node *node, item *it, const spec_node **word)
{
    static const char *const words[] = {"type", "op", "opset", "reason"};
    *it = (item){.ops = NULL, .place = node->place};
    if (node->kind != SPEC_MAP)
        return spec_error(l->err, node->place, "%seach item must be a mapping, not %s", types_subject.s,
                          spec_kind_name(node->kind));
    nn_status s = spec_check_keys(node, words, sizeof words / sizeof *words, &types_subject, l->err);
    const spec_pair *type = spec_get_pair(node, "type");
    if (s == NN_OK && (type == NULL || type->value->kind != SPEC_SCALAR))
        return spec_error(l->err, node->place, "%sno `type`; expected a type or a group of types", types_subject.s);
    if (s == NN_OK && spec_get_pair(node, "op") != NULL)
        s = read_ops(l, node, &types_subject, it);
    if (s == NN_OK)
        s = read_range(l, node, &types_subject, it);
    if (s == NN_OK)
        s = read_reason(l, node, &types_subject, it);
    *word = s == NN_OK ? type->value : NULL;
    return s;
}

/* Marks the operators that items of the list give the type. */
static nn_status mark_takers(spec_loader *l, const spec_node *list, const char *type, size_t number)
{
    for (size_t i = 0; i < list->count; i++) {
        item it;
        const spec_node *word;
        nn_status s = read_types_item(l, list->items[i], &it, &word);
        if (s != NN_OK)
            return s;
        bool one = it.ops != NULL && it.ops->kind == SPEC_SCALAR, applies = l->opset >= it.first && l->opset <= it.last;
        for (size_t k = 0; it.ops != NULL && strcmp(word->text, type) == 0 && k < (one ? 1 : it.ops->count); k++) {
            spec_def *d;
            s = find_operator(l, one ? it.ops : it.ops->items[k], &types_subject, &d);
            if (s != NN_OK)
                return s;
            d->patch = applies ? number : d->patch;
        }
    }
    return NN_OK;
}

static nn_status add_without(spec_loader *l, spec_def *d, const spec_node *word)
{
    const spec_node **grown = arena_alloc(l->a, (d->n_without + 1) * sizeof(spec_node *));
    if (grown == NULL)
        return nn_nomem(l->err);
    if (d->n_without > 0)
        memcpy(grown, d->without, d->n_without * sizeof(spec_node *));
    grown[d->n_without++] = word;
    d->without = grown;
    return NN_OK;
}

/* `types`: of each type that an item names, the operators that take it. All others lack it. */
static nn_status apply_types(spec_loader *l, const spec_node *root, size_t *number)
{
    const spec_pair *pair = spec_get_pair(root, "types");
    spec_subject none = {{0}};
    if (pair == NULL)
        return NN_OK;
    if (pair->value->kind != SPEC_LIST)
        return spec_wrong_kind(pair, "a list", &none, l->err);
    for (size_t i = 0; i < pair->value->count; i++) {
        item it;
        const spec_node *word;
        nn_status s = read_types_item(l, pair->value->items[i], &it, &word);
        bool told = false;
        for (size_t k = 0; s == NN_OK && k < i && !told; k++)
            told = strcmp(spec_get(pair->value->items[k], "type")->text, word->text) == 0;
        if (s == NN_OK && !told)
            s = mark_takers(l, pair->value, word->text, ++*number);
        for (size_t k = 0; s == NN_OK && !told && k < l->n_defs; k++)
            if (!l->by_name[k]->is_class && l->by_name[k]->patch != *number)
                s = add_without(l, l->by_name[k], word);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status apply(spec_loader *l, const spec_file *profile, size_t *number)
{
    const spec_node *root;
    nn_status s = profile->base != NULL ? apply(l, profile->base, number) : NN_OK;
    if (s == NN_OK)
        s = spec_file_tree(&root, profile, l->a, l->err);
    if (s == NN_OK)
        s = read_head(l, root);
    if (s == NN_OK)
        s = apply_rank(l, root);
    if (s == NN_OK)
        s = apply_types(l, root, number);
    if (s == NN_OK)
        s = apply_items(l, root, "exclude", number);
    if (s == NN_OK)
        s = apply_only(l, root, number);
    return s == NN_OK ? apply_items(l, root, "patch", number) : s;
}

nn_status spec_apply_profile(spec_loader *l, const spec_file *profile)
{
    l->table->exclusions = arena_alloc(l->a, l->n_defs * sizeof *l->table->exclusions); /* at most one per operator */
    if (l->table->exclusions == NULL)
        return nn_nomem(l->err);
    size_t number = 0;
    return apply(l, profile, &number);
}

nn_status spec_profile_extends(const char **name, spec_place *place, const spec_file *profile, arena *a, nn_error *err)
{
    *name = NULL;
    const spec_node *root;
    nn_status s = spec_file_tree(&root, profile, a, err);
    const spec_pair *pair = s == NN_OK && root->kind == SPEC_MAP ? spec_get_pair(root, "extends") : NULL;
    if (pair == NULL)
        return s;
    if (pair->value->kind != SPEC_SCALAR || !is_profile_name(pair->value->text))
        return spec_error(err, pair->value->place, "`extends`: expected the name of a profile");
    *name = pair->value->text;
    *place = pair->value->place;
    return NN_OK;
}
