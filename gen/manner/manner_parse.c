#include "manner/manner_parse.h"
#include "manner/manner_usage.h"
#include "rules/op_extra.h"
#include "table/spec_check.h"
#include "table/spec_packed.h"

#include <string.h>

#define MOST_SHARE 1000
#define MOST_COUNT 1000
#define MOST_WEIGHT 10000000u /* in thousandths */
#define MOST_DIM 1000000
#define MOST_ROWS 256 /* of dims */

typedef struct {
    manner *m;
    const op_set *ops;
    arena *a;
    nn_error *err;
    spec_subject subject; /* "manner NAME: " */
    uint32_t *weights;
    manner_op *op_rules;
} reader;

/* ---- numbers ---- */

/* Reads a decimal number with at most three decimals, in thousandths; *at moves behind it. */
static bool read_decimal(const char **at, uint32_t most, uint32_t *x)
{
    const char *p = *at;
    uint64_t n = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9' && n <= most; p++)
        n = 10 * n + (uint64_t)(*p - '0');
    n *= 1000;
    if (*p == '.' && p[1] >= '0' && p[1] <= '9') {
        p++;
        for (uint32_t unit = 100; *p >= '0' && *p <= '9'; p++, unit /= 10) {
            if (unit == 0)
                return false;
            n += unit * (uint64_t)(*p - '0');
        }
    }
    *at = p;
    *x = (uint32_t)n;
    return n <= most;
}

static bool read_whole(const char **at, int64_t most, int64_t *x)
{
    const char *p = *at;
    int64_t n = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9' && n <= most; p++)
        n = 10 * n + (*p - '0');
    *at = p;
    *x = n;
    return n <= most;
}

static bool is_scalar(const spec_node *n)
{
    return n->kind == SPEC_SCALAR;
}

/* "0.5" or "0.2..0.6" */
static bool read_share(const char *p, manner_range *r)
{
    if (!read_decimal(&p, MOST_SHARE, &r->least))
        return false;
    r->most = r->least;
    if (p[0] == '.' && p[1] == '.' && (p += 2, !read_decimal(&p, MOST_SHARE, &r->most)))
        return false;
    return *p == '\0' && r->least <= r->most;
}

/* "3" or "1..4" */
static bool read_count(const char *p, manner_range *r)
{
    int64_t least, most;
    if (!read_whole(&p, MOST_COUNT, &least))
        return false;
    most = least;
    if (p[0] == '.' && p[1] == '.' && (p += 2, !read_whole(&p, MOST_COUNT, &most)))
        return false;
    r->least = (uint32_t)least;
    r->most = (uint32_t)most;
    return *p == '\0' && least >= 1 && least <= most;
}

static nn_status read_weight(const reader *r, const spec_pair *pair, uint32_t *x)
{
    const char *p = is_scalar(pair->value) ? pair->value->text : "";
    if (read_decimal(&p, MOST_WEIGHT, x) && *p == '\0')
        return NN_OK;
    return spec_error(r->err, pair->value->place, "%s`%s`: expected a weight from 0 to 10000 with at most three decimals",
                      r->subject.s, spec_show(pair->key).s);
}

static nn_status expect_map(const reader *r, const spec_pair *pair, const char *expected)
{
    return pair->value->kind == SPEC_MAP ? NN_OK : spec_wrong_kind(pair, expected, &r->subject, r->err);
}

/* ---- style ---- */

typedef struct {
    const char *key;
    manner_key at;
    int scale;
} range_key;

static const range_key range_keys[] = {
#define X(key, scale) {#key, MANNER_##key, scale},
    MANNER_RANGES(X)
#undef X
};

static nn_status read_range(reader *r, const range_key *k, const spec_pair *pair)
{
    manner_range *range = &r->m->ranges[k->at];
    const char *text = is_scalar(pair->value) ? pair->value->text : "";
    range->given = true;
    if (k->scale == 1000 ? read_share(text, range) : read_count(text, range))
        return NN_OK;
    return spec_error(r->err, pair->value->place,
                      k->scale == 1000 ? "%s`%s`: expected a share from 0 to 1 such as 0.5, or a range such as 0.2..0.6"
                                       : "%s`%s`: expected a number from 1 to 1000, or a range such as 1..4",
                      r->subject.s, pair->key);
}

static nn_status read_ranks(reader *r, const spec_pair *pair)
{
    nn_status s = expect_map(r, pair, "a mapping from ranks to weights");
    uint32_t sum = 0;
    for (size_t i = 0; s == NN_OK && i < pair->value->count; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        const char *p = row->key;
        int64_t rank = 0;
        if (!read_whole(&p, NN_MAX_RANK, &rank) || *p != '\0')
            return spec_error(r->err, row->place, "%s`ranks`: expected ranks from 0 to %d, not `%s`", r->subject.s, NN_MAX_RANK,
                              spec_show(row->key).s);
        s = read_weight(r, row, &r->m->ranks[rank]);
        sum |= r->m->ranks[rank];
    }
    return s == NN_OK && sum == 0 ? spec_error(r->err, pair->place, "%s`ranks`: no rank has a weight above 0", r->subject.s) : s;
}

/* "8", "8..64" or "8..64/8" */
static bool read_dim(const char *p, manner_dim *d)
{
    d->step = 1;
    if (!read_whole(&p, MOST_DIM, &d->least))
        return false;
    d->most = d->least;
    if (p[0] == '.' && p[1] == '.' && (p += 2, !read_whole(&p, MOST_DIM, &d->most)))
        return false;
    if (*p == '/' && (p++, !read_whole(&p, MOST_DIM, &d->step)))
        return false;
    return *p == '\0' && d->least >= 1 && d->least <= d->most && d->step >= 1;
}

static nn_status read_distribution(reader *r, const spec_pair *pair, manner_dims *to)
{
    nn_status s = expect_map(r, pair, "a mapping from dims to weights");
    size_t n = s == NN_OK ? pair->value->count : 0;
    manner_dim *rows = arena_calloc(r->a, n + 1, sizeof *rows);
    uint32_t *weights = arena_calloc(r->a, n + 1, sizeof *weights), sum = 0;
    if (!rows || !weights)
        return nn_nomem(r->err);
    if (n > MOST_ROWS)
        return spec_error(r->err, pair->place, "%s`%s`: expected at most %d rows", r->subject.s, pair->key, MOST_ROWS);
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        if (!read_dim(row->key, &rows[i]))
            return spec_error(r->err, row->place, "%s`%s`: expected a dim such as 8, 1..7 or 8..64/8, not `%s`", r->subject.s,
                              pair->key, spec_show(row->key).s);
        s = read_weight(r, row, &weights[i]);
        sum |= weights[i];
    }
    if (s == NN_OK && sum == 0)
        return spec_error(r->err, pair->place, "%s`%s`: no dim has a weight above 0", r->subject.s, pair->key);
    *to = (manner_dims){rows, weights, n};
    return s;
}

static nn_status read_dims(reader *r, const spec_pair *pair)
{
    return read_distribution(r, pair, &r->m->dims);
}

static nn_status read_batch(reader *r, const spec_pair *pair)
{
    return read_distribution(r, pair, &r->m->batch);
}

/* ---- operators ---- */

/* Like op_find, but by bisection: a manner names thousands of operators. */
static int find_op(const op_set *ops, const char *name)
{
    size_t lo = 0, hi = ops->n_ops;
    while (lo < hi) {
        size_t at = (lo + hi) / 2;
        int c = strcmp(name, ops->ops[at].name);
        if (c == 0)
            return (int)at;
        if (c < 0)
            hi = at;
        else
            lo = at + 1;
    }
    return -1;
}

/* Reads names separated by commas. *n: those that the op_set has; *all: number of names. */
static nn_status read_names(const reader *r, const spec_pair *pair, uint16_t *found, size_t most, size_t *n, size_t *all)
{
    char name[SPEC_MAX_NAME + 1];
    *n = *all = 0;
    for (const char *p = pair->key; p; p = *p == ',' ? p + 1 : NULL) {
        size_t length = 0;
        while (*p == ' ')
            p++;
        for (; *p != '\0' && *p != ','; p++)
            if (*p != ' ' && length < SPEC_MAX_NAME)
                name[length++] = *p;
        name[length] = '\0';
        if (++*all > most)
            return spec_error(r->err, pair->place, "%s`%s`: expected at most %zu operators", r->subject.s, spec_show(pair->key).s,
                              most);
        int op = find_op(r->ops, name);
        if (op >= 0)
            found[(*n)++] = (uint16_t)op;
        else if (!spec_table_knows(r->ops->table, name))
            return spec_table_unknown(r->ops->table, pair->place, r->subject.s, name, r->a, r->err);
    }
    return NN_OK;
}

static nn_status read_weights(reader *r, const spec_pair *pair)
{
    nn_status s = expect_map(r, pair, "a mapping from operators to weights");
    r->weights = arena_calloc(r->a, r->ops->n_ops + 1, sizeof *r->weights);
    if (!r->weights)
        return nn_nomem(r->err);
    uint64_t sum = 0;
    for (size_t i = 0; s == NN_OK && i < pair->value->count; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        uint16_t op[1];
        size_t n, all;
        uint32_t weight = 0;
        s = read_names(r, row, op, 1, &n, &all);
        if (s == NN_OK)
            s = read_weight(r, row, &weight);
        if (s == NN_OK && n == 1)
            r->weights[op[0]] = weight;
        sum += n == 1 ? weight : 0;
    }
    r->m->weights = sum > 0 ? r->weights : NULL; /* none of these operators may be in the set */
    return s;
}

static nn_status read_sequences(reader *r, const spec_pair *pair)
{
    nn_status s = expect_map(r, pair, "a mapping from sequences such as A,B,C to weights");
    size_t most = s == NN_OK ? pair->value->count : 0;
    manner_path *paths = arena_calloc(r->a, most + 1, sizeof *paths);
    if (!paths)
        return nn_nomem(r->err);
    if (most > MANNER_MAX_PATHS)
        return spec_error(r->err, pair->place, "%s`sequences`: expected at most %d", r->subject.s, MANNER_MAX_PATHS);
    for (size_t i = 0; s == NN_OK && i < most; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        uint16_t *ops = arena_alloc(r->a, MANNER_PATH_MAX * sizeof *ops);
        manner_path *p = &paths[r->m->n_paths];
        size_t n, all;
        if (!ops)
            return nn_nomem(r->err);
        s = read_names(r, row, ops, MANNER_PATH_MAX, &n, &all);
        if (s == NN_OK && all < 2)
            s = spec_error(r->err, row->place, "%s`%s`: expected at least two operators", r->subject.s, spec_show(row->key).s);
        if (s == NN_OK)
            s = read_weight(r, row, &p->weight);
        if (s != NN_OK || n < all)
            continue;
        p->ops = ops;
        p->n = n;
        r->m->n_paths++;
    }
    r->m->paths = paths;
    return s;
}

/* ---- habits and choices ---- */

/* Whether the mapping is meant for this opset. */
static nn_status read_opsets(const reader *r, const spec_pair *pair, bool *here)
{
    const spec_node *opset = spec_get(pair->value, "opset");
    int first = SPEC_MIN_OPSET, last = SPEC_MAX_OPSET;
    if (opset && (!is_scalar(opset) || !spec_parse_range(opset->text, &first, &last)))
        return spec_error(r->err, opset->place, "%s`%s`: expected an opset range like ..12, 13, 13..17 or 18..", r->subject.s,
                          spec_show(pair->key).s);
    *here = r->ops->table->opset >= first && r->ops->table->opset <= last;
    return NN_OK;
}

/* Checks the keys of a habit or choice, and whether it is meant for this opset. */
static nn_status read_rule(const reader *r, const spec_pair *pair, const char *body, uint32_t *share, const spec_node **rule,
                           bool *here)
{
    const char *const words[] = {"share", "opset", body};
    nn_status s = expect_map(r, pair, "a mapping");
    if (s == NN_OK)
        s = spec_check_keys(pair->value, words, 3, &r->subject, r->err);
    if (s != NN_OK)
        return s;
    const spec_node *given = spec_get(pair->value, "share");
    manner_range range;
    if (!given || !is_scalar(given) || !read_share(given->text, &range) || range.least != range.most)
        return spec_error(r->err, given ? given->place : pair->place, "%s`%s`: expected a `share` from 0 to 1", r->subject.s,
                          spec_show(pair->key).s);
    s = read_opsets(r, pair, here);
    if (s != NN_OK)
        return s;
    *share = range.least;
    *rule = spec_get(pair->value, body);
    return *rule ? NN_OK : spec_error(r->err, pair->place, "%s`%s`: expected `%s`", r->subject.s, spec_show(pair->key).s, body);
}

static nn_status read_conditions(const reader *r, const op_model *op, const char *name, const spec_node *list, manner_habit *h)
{
    const spec_node *const *items = list->kind == SPEC_LIST ? list->items : &list;
    h->n = list->kind == SPEC_LIST ? list->count : 1;
    h->conditions = arena_calloc(r->a, h->n + 1, sizeof *h->conditions);
    if (!h->conditions)
        return nn_nomem(r->err);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < h->n; i++)
        s = op_extra_condition(&h->conditions[i], op, items[i], name, r->a, r->err);
    return s;
}

static nn_status read_habits(reader *r, uint16_t op, const spec_pair *pair)
{
    nn_status s = expect_map(r, pair, "a mapping from names to habits");
    manner_op *to = &r->op_rules[op];
    size_t n = s == NN_OK ? pair->value->count : 0;
    manner_habit *habits = arena_calloc(r->a, to->n_habits + n + 1, sizeof *habits);
    if (!habits)
        return nn_nomem(r->err);
    if (to->n_habits > 0)
        memcpy(habits, to->habits, to->n_habits * sizeof *habits);
    to->habits = habits;
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        manner_habit *h = &habits[to->n_habits];
        const spec_node *rule = NULL;
        bool here = false;
        *h = (manner_habit){.name = row->key};
        s = read_rule(r, row, "where", &h->share, &rule, &here);
        if (s == NN_OK && here)
            s = read_conditions(r, &r->ops->ops[op], row->key, rule, h);
        to->n_habits += s == NN_OK && here;
    }
    return s;
}

static nn_status read_choices(reader *r, uint16_t number, const spec_pair *pair)
{
    const op_model *op = &r->ops->ops[number];
    manner_op *to = &r->op_rules[number];
    nn_status s = expect_map(r, pair, "a mapping from variables to domains");
    manner_choice *vars = arena_calloc(r->a, op->rules->n_vars + 1, sizeof *vars);
    manner_choice *ranks = arena_calloc(r->a, op->n_inputs + 1, sizeof *ranks);
    if (!vars || !ranks)
        return nn_nomem(r->err);
    if (to->vars && op->rules->n_vars > 0) {
        memcpy(vars, to->vars, op->rules->n_vars * sizeof *vars);
        memcpy(ranks, to->ranks, op->n_inputs * sizeof *ranks);
    }
    to->vars = vars;
    to->ranks = ranks;
    for (size_t i = 0; s == NN_OK && i < pair->value->count; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        const spec_node *rule = NULL;
        uint32_t share;
        bool here = false;
        int var = -1, input = -1;
        expr *from = NULL;
        s = read_rule(r, row, "from", &share, &rule, &here);
        if (s != NN_OK || !here)
            continue;
        s = op_extra_domain(&from, &var, &input, op, row, rule, r->a, r->err);
        if (s == NN_OK)
            *(var >= 0 ? &vars[var] : &ranks[input]) = (manner_choice){share, from};
    }
    return s;
}

#define MOST_NAMES 256 /* operators with rules in common */

static nn_status read_operators(reader *r, const spec_pair *pair)
{
    static const char *const words[] = {"habits", "choose", "usages"};
    nn_status s = expect_map(r, pair, "a mapping from operators to habits and choices");
    r->op_rules = arena_calloc(r->a, r->ops->n_all + 1, sizeof *r->op_rules);
    if (!r->op_rules)
        return nn_nomem(r->err);
    for (size_t i = 0; s == NN_OK && i < pair->value->count; i++) {
        const spec_pair *row = &pair->value->pairs[i];
        uint16_t ops[MOST_NAMES];
        size_t n = 0, all;
        s = expect_map(r, row, "a mapping with `habits`, `choose` and `usages`");
        if (s == NN_OK)
            s = spec_check_keys(row->value, words, 3, &r->subject, r->err);
        if (s == NN_OK)
            s = read_names(r, row, ops, MOST_NAMES, &n, &all);
        for (size_t k = 0; s == NN_OK && k < n; k++) {
            const spec_pair *habits = spec_get_pair(row->value, "habits"), *choose = spec_get_pair(row->value, "choose");
            if (habits)
                s = read_habits(r, ops[k], habits);
            if (s == NN_OK && choose)
                s = read_choices(r, ops[k], choose);
            if (s == NN_OK && spec_get(row->value, "usages"))
                s = manner_usages(&r->op_rules[ops[k]], &r->ops->ops[ops[k]], spec_get(row->value, "usages"), &r->subject, r->a,
                                  r->err);
        }
    }
    r->m->ops = r->op_rules;
    return s;
}

/* ---- the file ---- */

static nn_status read_doc(reader *r, const spec_pair *pair)
{
    r->m->doc = pair->value->text;
    return is_scalar(pair->value) ? NN_OK : spec_wrong_kind(pair, "text", &r->subject, r->err);
}

static nn_status read_mixed(reader *r, const spec_pair *pair)
{
    return read_weight(r, pair, &r->m->mixed);
}

/* The operator without inputs whose output is one of its attributes. */
static nn_status read_holder(reader *r, const spec_pair *pair)
{
    static const char *const words[] = {"op", "opset"};
    const spec_node *op_name = is_scalar(pair->value) ? pair->value : NULL;
    bool here = true;
    if (!op_name) {
        nn_status known = expect_map(r, pair, "the name of an operator, or a mapping");
        if (known == NN_OK)
            known = spec_check_keys(pair->value, words, 2, &r->subject, r->err);
        if (known == NN_OK)
            known = read_opsets(r, pair, &here);
        if (known != NN_OK || !here)
            return known;
        op_name = spec_get(pair->value, "op");
    }
    if (!op_name || !is_scalar(op_name))
        return spec_error(r->err, pair->place, "%s`holder`: expected `op`, the name of an operator", r->subject.s);
    const spec_pair named = {.key = op_name->text, .place = op_name->place};
    uint16_t op[1];
    size_t n, all;
    nn_status s = read_names(r, &named, op, 1, &n, &all);
    if (s != NN_OK || n == 0)
        return s;
    const op_model *m = &r->ops->ops[op[0]];
    bool tensor = false;
    for (size_t i = 0; i < m->rules->n_vars; i++)
        tensor |= m->rules->vars[i].origin == VAR_ATTR && m->rules->vars[i].attr == ATTR_TYPE_TENSOR;
    r->m->holder = m;
    return tensor && m->n_inputs == 0 && m->n_outputs == 1
               ? NN_OK
               : spec_error(r->err, named.place,
                            "%s`holder`: expected an operator without inputs whose output is an attribute of type tensor, not %s",
                            r->subject.s, m->name);
}

typedef struct {
    const char *key;
    nn_status (*read)(reader *r, const spec_pair *pair);
} section;

static const section sections[] = {{"doc", read_doc},         {"mixed", read_mixed},         {"ranks", read_ranks},
                                   {"batch", read_batch},     {"dims", read_dims},           {"operators", read_operators},
                                   {"weights", read_weights}, {"sequences", read_sequences}, {"holder", read_holder}};

enum { SECTIONS = sizeof sections / sizeof *sections };

static nn_status read_pair(reader *r, const spec_pair *pair)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (strcmp(sections[i].key, pair->key) == 0)
            return sections[i].read(r, pair);
    for (size_t i = 0; i < MANNER_COUNT; i++)
        if (strcmp(range_keys[i].key, pair->key) == 0)
            return read_range(r, &range_keys[i], pair);
    return NN_OK; /* spec_check_keys has refused it */
}

const char *manner_file_name(const char *path, arena *a)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return arena_strndup(a, name, dot ? (size_t)(dot - name) : strlen(name));
}

nn_status manner_parse(manner *out, const op_set *ops, const spec_file *file, arena *a, nn_error *err)
{
    const char *words[SECTIONS + MANNER_COUNT];
    for (size_t i = 0; i < SECTIONS; i++)
        words[i] = sections[i].key;
    for (size_t i = 0; i < MANNER_COUNT; i++)
        words[SECTIONS + i] = range_keys[i].key;
    *out = (manner){.name = manner_file_name(file->name, a), .doc = "", .mixed = 1000};
    if (!out->name)
        return nn_nomem(err);
    reader r = {.m = out, .ops = ops, .a = a, .err = err, .subject = spec_subject_of("manner", out->name)};
    const spec_node *root = NULL;
    nn_status s = spec_file_tree(&root, file, a, err);
    if (s != NN_OK || root->kind == SPEC_NULL)
        return s;
    if (root->kind != SPEC_MAP)
        return spec_error(err, root->place, "%sa manner must be a mapping, not %s", r.subject.s, spec_kind_name(root->kind));
    s = spec_check_keys(root, words, SECTIONS + MANNER_COUNT, &r.subject, err);
    for (size_t i = 0; s == NN_OK && i < root->count; i++)
        s = read_pair(&r, &root->pairs[i]);
    return s;
}
