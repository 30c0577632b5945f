#include "form/form_rules.h"
#include "table/spec_check.h"
#include "table/spec_packed.h"

#include <stdlib.h>
#include <string.h>

const char *const form_kind_words[] = {
#define X(id, word) word,
    FORM_KIND_ROWS(X)
#undef X
};

#define KIND_WORD_IF "if"
#define KIND_WORD_LOOP "loop"
#define KIND_WORD_SCAN "scan"
#define KIND_WORD_FUNCTION "function"
#define KIND_WORD_STORAGE "storage"
#define KIND_WORD_NAMES "names"
#define KIND_WORD_NEUTRAL "neutral"

const char *const form_feature_words[] = {
#define X(id, kind, word) KIND_WORD_##kind "." word,
    FORM_FEATURE_ROWS(X)
#undef X
};

static const char *const word_keys[] = {
#define X(id, word) word,
    FORM_WORD_ROWS(X)
#undef X
};

static const char *const limit_keys[] = {
#define X(id, word) word,
    FORM_LIMIT_ROWS(X)
#undef X
};

static const char *const use_words[] = {"neutral", "always", "never", "either", "below", "pick", "take", "raise", "length"};
static const char *const dims_words[] = {"same",     "flat",   "scalar", "ones",   "permutation", "inverse",
                                         "permuted", "raised", "picked", "sliced", "spread",      "axis",
                                         "last",     "index",  "next",   "ranks",  "unit"};
static const char *const number_words[] = {"zero", "one", "above", "below", "middle", "limit"};
static const char *const keys[] = {"shares", "limits", "words",    "chains",  "names",
                                   "nodes",  "docs",   "metadata", "imports", "carried"};
static const char *const chain_keys[] = {"use", "types", "rank", "sizes", "steps"};
static const char *const step_keys[] = {"op", "in", "attrs", "type", "dims"};
#define COUNT(list) (sizeof(list) / sizeof *(list))
_Static_assert(COUNT(dims_words) == FORM_DIMS && COUNT(number_words) == FORM_NUMBERS && COUNT(use_words) == FORM_USES,
               "a word each");

typedef struct {
    form_rules *out;
    arena *a;
    nn_error *err;
    spec_subject subject; /* "forms: " */
    size_t chains;        /* capacity */
} reader;

static int find(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

/* The index of the node's word among the words. what: such as "a use". */
static nn_status read_word(const reader *r, const spec_node *node, const char *const *words, size_t n, const char *what, int *out)
{
    const char *word = node->kind == SPEC_SCALAR ? node->text : "";
    *out = find(words, n, word);
    if (*out >= 0)
        return NN_OK;
    const char *near = spec_nearest(word, words, n);
    return near != NULL ? spec_error(r->err, node->place, "%sunknown %s `%s`; did you mean `%s`?", r->subject.s,
                                     strchr(what, ' ') + 1, spec_show(word).s, near)
                        : spec_error(r->err, node->place, "%sexpected %s", r->subject.s, what);
}

static nn_status copy_text(const reader *r, const spec_node *node, const char **out)
{
    if (node->kind == SPEC_LIST || node->kind == SPEC_MAP)
        return spec_error(r->err, node->place, "%sexpected a text", r->subject.s);
    *out = arena_strdup(r->a, node->kind == SPEC_SCALAR ? node->text : "");
    return *out != NULL ? NN_OK : nn_nomem(r->err);
}

static nn_status expect(const reader *r, const spec_node *node, spec_kind kind, const char *what)
{
    return node->kind == kind
               ? NN_OK
               : spec_error(r->err, node->place, "%s%s must be %s", r->subject.s, what, kind == SPEC_MAP ? "a mapping" : "a list");
}

bool form_share(const char **at, uint32_t *x)
{
    const char *p = *at;
    uint32_t unit = 1000;
    if (*p != '0' && *p != '1')
        return false;
    *x = *p++ == '1' ? 1000 : 0;
    if (*p == '.' && p[1] >= '0' && p[1] <= '9')
        for (p++; *p >= '0' && *p <= '9'; p++) {
            unit /= 10;
            *x += unit * (uint32_t)(*p - '0');
        }
    *at = p;
    return *x <= 1000;
}

/* ---- chains ---- */

static nn_status read_operand(const reader *r, const spec_node *node, form_operand *out)
{
    if (node->kind == SPEC_SCALAR && strcmp(node->text, "x") == 0)
        *out = (form_operand){.kind = OPERAND_X};
    else if (node->kind == SPEC_SCALAR && strcmp(node->text, "index") == 0)
        *out = (form_operand){.kind = OPERAND_INDEX};
    else if (node->kind == SPEC_MAP && node->count == 1 && strcmp(node->pairs[0].key, "true") == 0)
        *out = (form_operand){.kind = OPERAND_TRUE};
    else if (node->kind == SPEC_MAP && node->count == 1 && strcmp(node->pairs[0].key, "shape") == 0)
        *out = (form_operand){.kind = OPERAND_SHAPE};
    else if (node->kind == SPEC_MAP && node->count == 1 && strcmp(node->pairs[0].key, "number") == 0) {
        out->kind = OPERAND_NUMBER;
        return read_word(r, node->pairs[0].value, number_words, COUNT(number_words), "a number", &out->what);
    } else if (node->kind == SPEC_MAP && node->count == 1 &&
               (strcmp(node->pairs[0].key, "list") == 0 || strcmp(node->pairs[0].key, "int") == 0)) {
        out->kind = *node->pairs[0].key == 'l' ? OPERAND_LIST : OPERAND_INT;
        return read_word(r, node->pairs[0].value, dims_words, COUNT(dims_words), "a list of integers", &out->what);
    } else {
        return spec_error(r->err, node->place,
                          "%sexpected an operand: x, index, {list: WORD}, {int: WORD}, {number: WORD}, {shape: yes} or {true: yes}",
                          r->subject.s);
    }
    return NN_OK;
}

static bool is_integer(const char *s)
{
    s += *s == '-';
    return *s != '\0' && strspn(s, "0123456789") == strlen(s) && strlen(s) < 18;
}

static nn_status read_setting(const reader *r, const spec_pair *pair, form_setting *out)
{
    int dims = 0;
    const char *word = pair->value->kind == SPEC_SCALAR ? pair->value->text : "";
    out->name = arena_strdup(r->a, pair->key);
    if (out->name == NULL)
        return nn_nomem(r->err);
    if (is_integer(word)) {
        out->literal = true;
        out->number = strtoll(word, NULL, 10);
        return NN_OK;
    }
    out->type = strcmp(word, "self") == 0 || dtype_parse(word) != DT_NONE;
    out->number = strcmp(word, "self") == 0 ? DT_NONE : dtype_parse(word);
    if (out->type)
        return NN_OK;
    nn_status s = read_word(r, pair->value, dims_words, COUNT(dims_words), "an integer, a type or a list of integers", &dims);
    out->dims = (form_dims)dims;
    return s;
}

static nn_status read_step(const reader *r, const spec_node *node, form_step *out)
{
    nn_status s = expect(r, node, SPEC_MAP, "a step");
    if (s == NN_OK)
        s = spec_check_keys(node, step_keys, COUNT(step_keys), &r->subject, r->err);
    if (s != NN_OK)
        return s;
    const spec_node *op = spec_get(node, "op"), *in = spec_get(node, "in"), *attrs = spec_get(node, "attrs"),
                    *type = spec_get(node, "type"), *dims = spec_get(node, "dims");
    if (op == NULL || op->kind != SPEC_SCALAR || !spec_is_name(op->text))
        return spec_error(r->err, node->place, "%sa step must name its operator: `op`", r->subject.s);
    s = copy_text(r, op, &out->op_type);
    out->n_inputs = 1; /* x */
    if (s == NN_OK && in != NULL) {
        s = expect(r, in, SPEC_LIST, "`in`");
        if (s == NN_OK && (in->count == 0 || in->count > STEP_INPUTS))
            s = spec_error(r->err, in->place, "%s`in`: expected 1 to %d operands", r->subject.s, STEP_INPUTS);
        out->n_inputs = s == NN_OK ? in->count : 0;
        for (size_t i = 0; s == NN_OK && i < in->count; i++)
            s = read_operand(r, in->items[i], &out->inputs[i]);
    }
    if (s == NN_OK && attrs != NULL) {
        s = expect(r, attrs, SPEC_MAP, "`attrs`");
        if (s == NN_OK && attrs->count > STEP_ATTRS)
            s = spec_error(r->err, attrs->place, "%s`attrs`: expected at most %d", r->subject.s, STEP_ATTRS);
        out->n_attrs = s == NN_OK ? attrs->count : 0;
        for (size_t i = 0; s == NN_OK && i < attrs->count; i++)
            s = read_setting(r, &attrs->pairs[i], &out->attrs[i]);
    }
    if (s == NN_OK && type != NULL && (out->type = dtype_parse(type->text)) == DT_NONE)
        s = spec_error(r->err, type->place, "%sunknown type `%s`", r->subject.s, spec_show(type->text).s);
    int word = DIMS_SAME;
    if (s == NN_OK && dims != NULL)
        s = read_word(r, dims, dims_words, COUNT(dims_words), "a list of integers", &word);
    out->dims = (form_dims)word;
    return s;
}

static nn_status read_types(const reader *r, const spec_node *node, dtype_mask *out)
{
    const char *p = node != NULL ? node->text : "";
    *out = 0;
    while (*(p += strspn(p, " ")) != '\0') {
        char word[32];
        size_t n = strcspn(p, " ");
        if (n >= sizeof word)
            break;
        memcpy(word, p, n);
        word[n] = '\0';
        dtype_mask group = dtype_group(word);
        if (group == 0)
            break;
        *out |= group;
        p += n;
    }
    return *p == '\0' && *out != 0
               ? NN_OK
               : spec_error(r->err, node->place,
                            "%s`types`: expected types or groups of types, such as `float32 int64`, floats or all", r->subject.s);
}

static nn_status read_chain(const reader *r, const spec_node *node, form_chain *out)
{
    *out = (form_chain){.most_rank = NN_MAX_RANK};
    nn_status s = expect(r, node, SPEC_MAP, "a chain");
    if (s == NN_OK)
        s = spec_check_keys(node, chain_keys, COUNT(chain_keys), &r->subject, r->err);
    if (s != NN_OK)
        return s;
    const spec_node *use = spec_get(node, "use"), *types = spec_get(node, "types"), *rank = spec_get(node, "rank"),
                    *steps = spec_get(node, "steps");
    if (use == NULL || types == NULL || steps == NULL)
        return spec_error(r->err, node->place, "%sa chain must have `use`, `types` and `steps`", r->subject.s);
    int word = 0;
    s = read_word(r, use, use_words, COUNT(use_words), "a use", &word);
    out->use = (form_use)word;
    if (s == NN_OK)
        s = read_types(r, types, &out->types);
    if (s == NN_OK && rank != NULL && !(rank->text[0] >= '0' && rank->text[0] <= '8' && strcmp(rank->text + 1, "..") == 0))
        s = spec_error(r->err, rank->place, "%s`rank`: expected the smallest rank, such as `2..`", r->subject.s);
    out->sizes = spec_get(node, "sizes") != NULL;
    out->least_rank = rank != NULL ? rank->text[0] - '0' : 0;
    if (s == NN_OK)
        s = expect(r, steps, SPEC_LIST, "`steps`");
    if (s == NN_OK && (steps->count == 0 || steps->count > CHAIN_STEPS))
        s = spec_error(r->err, steps->place, "%s`steps`: expected 1 to %d", r->subject.s, CHAIN_STEPS);
    out->n_steps = s == NN_OK ? steps->count : 0;
    for (size_t i = 0; s == NN_OK && i < steps->count; i++)
        s = read_step(r, steps->items[i], &out->steps[i]);
    return s;
}

/* Zeros for the items of a list or mapping. NULL: *s says why. */
static void *room_for(const reader *r, const spec_node *node, spec_kind kind, const char *what, size_t size, nn_status *s)
{
    *s = expect(r, node, kind, what);
    if (*s != NN_OK)
        return NULL;
    void *items = arena_calloc(r->a, node->count + 1, size);
    if (items == NULL)
        *s = nn_nomem(r->err);
    return items;
}

static nn_status read_chains(reader *r, const spec_node *node)
{
    form_rules *o = r->out;
    nn_status s;
    o->chains = room_for(r, node, SPEC_LIST, "`chains`", sizeof *o->chains, &s);
    o->n_chains = s == NN_OK ? node->count : 0;
    for (size_t i = 0; s == NN_OK && i < node->count; i++)
        s = read_chain(r, node->items[i], &o->chains[i]);
    return s;
}

/* ---- the file ---- */

/* Reads each value of a mapping from these keys. */
static nn_status read_each(const reader *r, const spec_node *node, const char *what, const char *const *words, size_t n,
                           nn_status (*read)(const reader *r, const spec_pair *pair, int key))
{
    nn_status s = expect(r, node, SPEC_MAP, what);
    if (s == NN_OK)
        s = spec_check_keys(node, words, n, &r->subject, r->err);
    for (size_t i = 0; s == NN_OK && i < node->count; i++)
        s = read(r, &node->pairs[i], find(words, n, node->pairs[i].key));
    return s;
}

static nn_status read_share(const reader *r, const spec_pair *pair, int key)
{
    const spec_node *v = pair->value;
    const char *p = v->kind == SPEC_SCALAR ? v->text : "";
    if (form_share(&p, &r->out->shares[key]) && *p == '\0')
        return NN_OK;
    return spec_error(r->err, v->place, "%s`%s`: expected a share from 0 to 1", r->subject.s, spec_show(pair->key).s);
}

static nn_status read_limit(const reader *r, const spec_pair *pair, int key)
{
    const spec_node *v = pair->value;
    const char *p = v->kind == SPEC_SCALAR ? v->text : "";
    if (!is_integer(p) || *p == '-' || strlen(p) > 3 || strtol(p, NULL, 10) < 1)
        return spec_error(r->err, v->place, "%s`%s`: expected a number from 1 to 999", r->subject.s, spec_show(pair->key).s);
    r->out->limits[key] = (uint32_t)strtol(p, NULL, 10);
    return NN_OK;
}

static nn_status read_one_word(const reader *r, const spec_pair *pair, int key)
{
    return copy_text(r, pair->value, &r->out->words[key]);
}

static nn_status read_texts(const reader *r, const spec_node *node, form_texts *out)
{
    nn_status s;
    out->items = room_for(r, node, SPEC_LIST, "a list of texts", sizeof *out->items, &s);
    out->n = s == NN_OK ? node->count : 0;
    for (size_t i = 0; s == NN_OK && i < node->count; i++)
        s = copy_text(r, node->items[i], &out->items[i]);
    return s;
}

static nn_status read_entries(const reader *r, const spec_node *node, form_entries *out)
{
    nn_status s;
    out->items = room_for(r, node, SPEC_MAP, "a mapping of texts", sizeof *out->items, &s);
    out->n = s == NN_OK ? node->count : 0;
    for (size_t i = 0; s == NN_OK && i < node->count; i++) {
        out->items[i].key = arena_strdup(r->a, node->pairs[i].key);
        s = out->items[i].key != NULL ? copy_text(r, node->pairs[i].value, &out->items[i].value) : nn_nomem(r->err);
    }
    return s;
}

/* Types or groups of types, and the oldest opset at which nodes with bodies take them. */
static nn_status read_carried(const reader *r, const spec_node *node)
{
    nn_status s = expect(r, node, SPEC_MAP, "`carried`");
    for (size_t i = 0; s == NN_OK && i < node->count; i++) {
        const spec_node *v = node->pairs[i].value;
        const char *number = v->kind == SPEC_SCALAR ? v->text : "";
        dtype_mask types = dtype_group(node->pairs[i].key);
        if (types == 0 || !is_integer(number) || *number == '-' || strlen(number) > 2 || strtol(number, NULL, 10) < 1)
            s = spec_error(r->err, v->place, "%s`carried`: expected types or groups of types with an opset, such as `bfloat16: 16`",
                           r->subject.s);
        for (int t = 1; s == NN_OK && t < DT_COUNT; t++)
            if (types >> t & 1)
                r->out->carried[t] = (uint8_t)strtol(number, NULL, 10);
    }
    return s;
}

static nn_status read_key(reader *r, const spec_pair *pair)
{
    form_rules *o = r->out;
    switch (find(keys, COUNT(keys), pair->key)) {
    case 0:
        return read_each(r, pair->value, "`shares`", form_kind_words, FORM_KINDS, read_share);
    case 1:
        return read_each(r, pair->value, "`limits`", limit_keys, FORM_LIMITS, read_limit);
    case 2:
        return read_each(r, pair->value, "`words`", word_keys, FORM_WORDS, read_one_word);
    case 3:
        return read_chains(r, pair->value);
    case 4:
        return read_texts(r, pair->value, &o->names);
    case 5:
        return read_texts(r, pair->value, &o->nodes);
    case 6:
        return read_texts(r, pair->value, &o->docs);
    case 7:
        return read_entries(r, pair->value, &o->metadata);
    case 9:
        return read_carried(r, pair->value);
    default:
        return read_entries(r, pair->value, &o->imports);
    }
}

static nn_status read_file(reader *r, const spec_file *file)
{
    const spec_node *root;
    nn_status s = spec_file_tree(&root, file, r->a, r->err);
    if (s == NN_OK)
        s = expect(r, root, SPEC_MAP, "the file");
    if (s == NN_OK)
        s = spec_check_keys(root, keys, COUNT(keys), &r->subject, r->err);
    for (size_t i = 0; s == NN_OK && i < root->count; i++)
        s = read_key(r, &root->pairs[i]);
    return s;
}

/* Whether everything is there that forms rely on. */
static nn_status check_complete(const reader *r, const char *file)
{
    const form_rules *o = r->out;
    const char *lacks = NULL;
    bool used[FORM_USES] = {false};
    for (size_t i = 0; i < o->n_chains; i++)
        used[o->chains[i].use] = true;
    for (size_t i = 0; i < FORM_USES; i++)
        lacks = used[i] ? lacks : use_words[i];
    if (lacks != NULL)
        return nn_fail(r->err, NN_ERR_TABLE, file, 0, 0, "%s`chains` has none with the use `%s`", r->subject.s, lacks);
    for (size_t i = 0; i < FORM_WORDS; i++)
        if (o->words[i] == NULL)
            return nn_fail(r->err, NN_ERR_TABLE, file, 0, 0, "%s`words` lacks `%s`", r->subject.s, word_keys[i]);
    for (size_t i = 0; i < FORM_LIMITS; i++)
        if (o->limits[i] == 0)
            return nn_fail(r->err, NN_ERR_TABLE, file, 0, 0, "%s`limits` lacks `%s`", r->subject.s, limit_keys[i]);
    if (o->carried[DT_FLOAT32] == 0)
        return nn_fail(r->err, NN_ERR_TABLE, file, 0, 0, "%s`carried` has no float32", r->subject.s);
    if (o->names.n == 0 || o->nodes.n == 0 || o->docs.n == 0)
        return nn_fail(r->err, NN_ERR_TABLE, file, 0, 0, "%sexpected at least one text in each of `names`, `nodes` and `docs`",
                       r->subject.s);
    return NN_OK;
}

int form_oldest_opset(const form_rules *rules)
{
    return (int)rules->limits[LIMIT_OPSET];
}

nn_status form_rules_load(form_rules **out, const spec_file *files, size_t n, arena *a, nn_error *err)
{
    *out = NULL;
    reader r = {.out = arena_calloc(a, 1, sizeof(form_rules)), .a = a, .err = err, .subject = spec_subject_of("forms", NULL)};
    if (r.out == NULL)
        return nn_nomem(err);
    if (n == 0)
        return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "there are no files in specs/forms, which forms need");
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = read_file(&r, &files[i]);
    if (s == NN_OK)
        s = check_complete(&r, files[0].name);
    *out = s == NN_OK ? r.out : NULL;
    return s;
}
