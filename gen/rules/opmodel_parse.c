/* First pass over a flat entry: tensors, variables and sections are parsed; names are resolved later, in opmodel.c. */
#include "rules/op_compile.h"

#include "base/nearest.h"
#include "table/opset.h"

#include <stdio.h>
#include <string.h>

static const spec_node *section(const spec_entry *entry, const char *key)
{
    const spec_node *n = spec_get(entry->flat, key);
    return n && n->kind != SPEC_NULL ? n : NULL;
}

static size_t section_size(const spec_entry *entry, const char *key)
{
    const spec_node *n = section(entry, key);
    return n ? n->count : 0;
}

/* expr_parse with the operator's name in the message. */
static nn_status parse(expr **out, const spec_node *node, size_t offset, size_t *more, const op_compile *c)
{
    nn_error err;
    nn_status s = expr_parse(out, node, offset, more, c->a, &err);
    if (s == NN_ERR_TABLE)
        return spec_error(c->err, (spec_place){err.file, err.line, err.column}, "operator %s: %s", c->op->name, err.message);
    return s == NN_OK ? s : nn_nomem(c->err);
}

/* ---- names and types ---- */

static op_hint hint_of(const char *word, const char *const *names, size_t n)
{
    op_hint h = {""};
    const char *near = spec_nearest(word, names, n);
    if (near)
        snprintf(h.s, sizeof h.s, "; did you mean `%s`?", near);
    return h;
}

op_hint op_suggest(const op_compile *c, const char *word)
{
    static const char *const fixed[] = {"opset", "max_elements", "max_dim", "max_window", "min_dim"};
    const char *names[OP_MAX_VARS + OP_MAX_INPUTS + OP_MAX_OUTPUTS + OP_MAX_TYPES + sizeof fixed / sizeof fixed[0]];
    size_t n = 0;
    for (size_t i = 0; i < c->rules->n_vars; i++)
        names[n++] = c->rules->vars[i].name;
    for (size_t i = 0; i < c->op->n_inputs; i++)
        names[n++] = c->op->inputs[i].name;
    for (size_t i = 0; i < c->op->n_outputs; i++)
        names[n++] = c->op->outputs[i].name;
    for (size_t i = 0; i < c->op->n_types; i++)
        names[n++] = c->op->type_names[i];
    for (size_t i = 0; i < 2; i++)
        names[n++] = fixed[i];
    return hint_of(word, names, n);
}

/* "; did you mean `float32`?", or a list of what is allowed there. */
static op_hint suggest_type(const op_compile *c, const char *word, const char *otherwise)
{
    const char *names[DT_COUNT + OP_MAX_TYPES];
    size_t n = 0;
    for (size_t i = 0; c && i < c->op->n_types; i++)
        names[n++] = c->op->type_names[i];
    for (int t = 1; t < DT_COUNT; t++)
        if (dtype_size((dtype)t) > 0 || t == DT_STRING)
            names[n++] = dtype_name((dtype)t);
    op_hint h = hint_of(word, names, n);
    char family[sizeof h.s - 32];
    if (nearest_family(family, sizeof family, word, "`", names, n) > 0)
        snprintf(h.s, sizeof h.s, "; did you mean %s?", family);
    if (h.s[0] == '\0')
        snprintf(h.s, sizeof h.s, "; %s was expected", otherwise);
    return h;
}

/* The types of an item: a type or a group, after which may stand the first opset at which the operator takes it. The mask has
 * those of them that are defined, and taken, at the opset of the table. false: no such word. */
static bool parse_item(const op_compile *c, const char *item, dtype_mask *mask, dtype_mask *named)
{
    char word[32];
    size_t n = strcspn(item, " ");
    int first = 0;
    if (n >= sizeof word)
        return false;
    memcpy(word, item, n);
    word[n] = '\0';
    for (const char *p = item + n + (item[n] == ' '); *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || first > OPSET_MAX)
            return false;
        first = 10 * first + (*p - '0');
    }
    dtype_mask m = dtype_group(word);
    if (m == 0 || (item[n] == ' ' && first == 0))
        return false;
    *named |= m;
    for (int t = 1; t < DT_COUNT; t++)
        if (first > c->opset || dtype_since((dtype)t) > c->opset)
            m &= ~dtype_bit((dtype)t);
    *mask |= m;
    return true;
}

static nn_status parse_type_list(const op_compile *c, const spec_pair *pair, dtype_mask *mask, dtype_mask *named)
{
    size_t n = pair->value->kind == SPEC_LIST ? pair->value->count : 0;
    if (n == 0)
        return spec_error(c->err, pair->value->place, "operator %s: type variable %s: a list of types was expected", c->op->name,
                          pair->key);
    *mask = *named = 0;
    for (size_t k = 0; k < n; k++) {
        const spec_node *item = pair->value->items[k];
        if (item->kind != SPEC_SCALAR || !parse_item(c, item->text, mask, named))
            return spec_error(c->err, item->place, "operator %s: type variable %s: unknown type `%s`%s", c->op->name, pair->key,
                              spec_show(item->text).s, suggest_type(NULL, item->text, "one such as float32, int64 or bool").s);
    }
    return NN_OK;
}

/* The chosen types without those that the profile says the operator lacks. */
static nn_status chosen_types(const op_compile *c, const spec_entry *entry, dtype_mask *chosen)
{
    *chosen = c->asked;
    for (size_t i = 0; i < entry->n_without; i++) {
        const spec_node *word = entry->without[i];
        dtype_mask lost = dtype_group(word->text);
        if (lost == 0)
            return spec_error(c->err, word->place, "types: unknown type `%s`%s", spec_show(word->text).s,
                              suggest_type(NULL, word->text, "one such as bfloat16 or int4").s);
        *chosen &= ~lost;
    }
    return NN_OK;
}

/* Reads the variables of `types`, then those of `wide`, which add types that were chosen (--types). A variable without any such
 * type gets all its types, so that the entry can be checked, and the operator will be left out. */
nn_status op_parse_types(op_compile *c, const spec_entry *entry)
{
    const spec_node *always = section(entry, "types"), *wide = section(entry, "wide");
    op_model *op = c->op;
    dtype_mask chosen;
    nn_status known = chosen_types(c, entry, &chosen);
    if (known != NN_OK)
        return known;
    size_t n_always = always ? always->count : 0, most = n_always + (wide ? wide->count : 0);
    op->type_names = arena_calloc(c->a, most, sizeof *op->type_names);
    op->type_masks = arena_calloc(c->a, most, sizeof *op->type_masks);
    if (!op->type_names || !op->type_masks)
        return nn_nomem(c->err);
    for (size_t i = 0; i < most; i++) {
        const spec_pair *pair = i < n_always ? &always->pairs[i] : &wide->pairs[i - n_always];
        dtype_mask mask = 0, named = 0;
        nn_status s = parse_type_list(c, pair, &mask, &named);
        if (s != NN_OK)
            return s;
        size_t v = 0;
        while (v < op->n_types && strcmp(op->type_names[v], pair->key) != 0)
            v++;
        if (v == OP_MAX_TYPES)
            return spec_error(c->err, pair->place, "operator %s: more than %d type variables", op->name, OP_MAX_TYPES);
        op->type_names[v] = pair->key;
        c->widened |= i < n_always ? 0 : 1u << v;
        op->n_types = v == op->n_types ? v + 1 : op->n_types;
        dtype_mask left = i < n_always ? mask : op->type_masks[v] | (mask & chosen);
        if (left == 0)
            c->lacking = c->lacking ? c->lacking : named;
        op->type_masks[v] = left ? left : mask ? mask : named;
    }
    return NN_OK;
}

/* A small scanner of words for the `in`, `out` and `attrs` specifications. */
typedef struct {
    const spec_node *node;
    size_t at, start;
    char word[64];
} words;

static bool word_char(char ch)
{
    return ch != '\0' && ch != ' ' && ch != '\n' && ch != '\t';
}

static bool next_word(words *w)
{
    const char *s = w->node->text;
    while (s[w->at] == ' ' || s[w->at] == '\n' || s[w->at] == '\t')
        w->at++;
    w->start = w->at;
    size_t n = 0;
    for (; word_char(s[w->at]); w->at++)
        if (n + 1 < sizeof w->word)
            w->word[n++] = s[w->at];
    w->word[n] = '\0';
    return n > 0;
}

static nn_status parse_type(op_compile *c, words *w, const char *tensor, dtype_mask *types, int *type_var)
{
    if (!next_word(w))
        return spec_error(c->err, w->node->place, "operator %s: %s: a type such as float32 or a type variable was expected",
                          c->op->name, tensor);
    *type_var = -1;
    for (size_t i = 0; i < c->op->n_types; i++) {
        if (strcmp(c->op->type_names[i], w->word) == 0) {
            *types = c->op->type_masks[i];
            /* a single type that is not data, as if the table had this type instead of the variable */
            bool plain = c->widened >> i & 1 && !(*types & (*types - 1)) && !(*types & c->op->data);
            *type_var = plain ? -1 : (int)i;
            return NN_OK;
        }
    }
    dtype t = dtype_parse(w->word);
    if (t == DT_NONE)
        return spec_error(c->err, expr_place(w->node, w->start), "operator %s: %s: unknown type `%s`%s", c->op->name, tensor,
                          spec_show(w->word).s, suggest_type(c, w->word, "a type or a type variable of `types`").s);
    *types = 1u << t;
    return NN_OK;
}

static bool parse_count(const char *s, int *lo, int *hi)
{
    int v[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        if (*s < '0' || *s > '9')
            return false;
        for (; *s >= '0' && *s <= '9'; s++)
            v[k] = v[k] < 1000 ? v[k] * 10 + (*s - '0') : v[k];
        if (k == 0) {
            if (s[0] != '.' || s[1] != '.')
                return false;
            s += 2;
        }
    }
    *lo = v[0];
    *hi = v[1];
    return *s == '\0' && v[0] >= 1 && v[0] <= v[1];
}

static nn_status parse_role(op_compile *c, words *w, op_input *in)
{
    char buffer[64];
    memcpy(buffer, w->word, sizeof buffer);
    in->roles = 0;
    char *part = buffer;
    while (part) {
        char *bar = strchr(part, '|');
        if (bar)
            *bar++ = '\0';
        unsigned role = strcmp(part, "data") == 0       ? ROLE_DATA
                        : strcmp(part, "weight") == 0   ? ROLE_WEIGHT
                        : strcmp(part, "constant") == 0 ? ROLE_CONSTANT
                                                        : 0;
        if (role == 0)
            return spec_error(c->err, expr_place(w->node, w->start),
                              "operator %s: input %s: unexpected word `%s`; data, weight, constant, optional, empty (of a "
                              "constant), variadic or when was expected",
                              c->op->name, in->name, spec_show(w->word).s);
        in->roles |= role;
        part = bar;
    }
    if (in->roles == (ROLE_WEIGHT | ROLE_CONSTANT) || in->roles == (ROLE_DATA | ROLE_WEIGHT | ROLE_CONSTANT))
        return spec_error(c->err, expr_place(w->node, w->start),
                          "operator %s: input %s: `%s`; data, weight, constant, data|weight or data|constant was expected",
                          c->op->name, in->name, spec_show(w->word).s);
    return NN_OK;
}

static nn_status compile_input(op_compile *c, const spec_pair *pair, op_input *in, rule_input *rule)
{
    if (pair->value->kind != SPEC_SCALAR)
        return spec_error(c->err, pair->value->place, "operator %s: input %s: text such as `T weight optional` was expected",
                          c->op->name, pair->key);
    words w = {.node = pair->value};
    in->name = pair->key;
    in->roles = ROLE_DATA;
    in->min_arity = in->max_arity = 1;
    nn_status s = parse_type(c, &w, pair->key, &in->types, &in->type_var);
    bool role = false;
    while (s == NN_OK && next_word(&w)) {
        if (strcmp(w.word, "optional") == 0) {
            in->optional = true;
        } else if (strcmp(w.word, "empty") == 0 && in->roles == ROLE_CONSTANT) {
            in->empty = true;
        } else if (strcmp(w.word, "variadic") == 0) {
            if (!next_word(&w) || !parse_count(w.word, &in->min_arity, &in->max_arity) || in->max_arity > OP_MAX_INPUTS)
                return spec_error(c->err, expr_place(w.node, w.start),
                                  "operator %s: input %s: `variadic A..B` with 1 <= A <= B <= %d was expected", c->op->name,
                                  in->name, OP_MAX_INPUTS);
        } else if (strcmp(w.word, "when") == 0) {
            in->conditional = true;
            return parse(&rule->when, w.node, w.at, NULL, c);
        } else if (!role) {
            role = true;
            s = parse_role(c, &w, in);
        } else {
            return spec_error(c->err, expr_place(w.node, w.start),
                              "operator %s: input %s: unexpected word `%s`; optional, variadic or when was expected", c->op->name,
                              in->name, spec_show(w.word).s);
        }
    }
    return s;
}

static nn_status compile_output_spec(op_compile *c, const spec_pair *pair, op_output *out, rule_output *rule)
{
    if (pair->value->kind != SPEC_SCALAR)
        return spec_error(c->err, pair->value->place, "operator %s: output %s: text such as `T` was expected", c->op->name,
                          pair->key);
    words w = {.node = pair->value};
    out->name = pair->key;
    nn_status s = parse_type(c, &w, pair->key, &out->types, &out->type_var);
    while (s == NN_OK && next_word(&w)) {
        if (strcmp(w.word, "optional") == 0) {
            out->optional = true;
        } else if (strcmp(w.word, "variadic") == 0) {
            out->variadic = true;
            size_t more = 0;
            s = parse(&rule->arity, w.node, w.at, &more, c);
            w.at = more;
        } else if (strcmp(w.word, "when") == 0) {
            out->conditional = true;
            return parse(&rule->when, w.node, w.at, NULL, c);
        } else {
            return spec_error(c->err, expr_place(w.node, w.start),
                              "operator %s: output %s: unexpected word `%s`; optional, variadic or when was expected", c->op->name,
                              out->name, spec_show(w.word).s);
        }
    }
    return s;
}

/* An operator with a tensor of a type that is neither always available nor chosen is left out. */
static void note_types(op_compile *c, dtype_mask types)
{
    const dtype_mask common = dtype_bit(DT_FLOAT32) | dtype_bit(DT_INT64) | dtype_bit(DT_BOOL) | c->asked;
    if (!(types & common) && !c->lacking)
        c->lacking = types;
}

static nn_status parse_inputs(op_compile *c, const spec_node *in, spec_place place)
{
    op_model *op = c->op;
    int slots = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        nn_status s = compile_input(c, &in->pairs[i], &op->inputs[i], &c->rules->inputs[i]);
        if (s != NN_OK)
            return s;
        slots += op->inputs[i].max_arity;
        if (op->inputs[i].roles & ROLE_DATA)
            note_types(c, op->inputs[i].types);
    }
    return slots <= OP_MAX_SLOTS
               ? NN_OK
               : spec_error(c->err, place, "operator %s: more than %d inputs with variadics counted", op->name, OP_MAX_SLOTS);
}

static nn_status parse_outputs(op_compile *c, const spec_node *out)
{
    op_model *op = c->op;
    for (size_t i = 0; i < op->n_outputs; i++) {
        nn_status s = compile_output_spec(c, &out->pairs[i], &op->outputs[i], &c->rules->outputs[i]);
        if (s != NN_OK)
            return s;
        note_types(c, op->outputs[i].types);
        for (size_t k = 0; k < op->n_inputs; k++)
            if (strcmp(op->inputs[k].name, op->outputs[i].name) == 0)
                return spec_error(c->err, out->pairs[i].place, "operator %s: `%s` is both an input and an output", op->name,
                                  op->outputs[i].name);
    }
    return NN_OK;
}

nn_status op_parse_tensors(op_compile *c, const spec_entry *entry)
{
    op_model *op = c->op;
    const spec_node *in = section(entry, "in"), *out = section(entry, "out");
    op->n_inputs = in ? in->count : 0;
    op->n_outputs = out ? out->count : 0;
    if (op->n_outputs == 0)
        return spec_error(c->err, entry->place, "operator %s: it has no output; a key `out` was expected", op->name);
    if (op->n_inputs > OP_MAX_INPUTS || op->n_outputs > OP_MAX_OUTPUTS)
        return spec_error(c->err, entry->place, "operator %s: at most %d inputs and %d outputs were expected", op->name,
                          OP_MAX_INPUTS, OP_MAX_OUTPUTS);
    op->inputs = arena_calloc(c->a, op->n_inputs, sizeof *op->inputs);
    op->outputs = arena_calloc(c->a, op->n_outputs, sizeof *op->outputs);
    c->rules->inputs = arena_calloc(c->a, op->n_inputs, sizeof *c->rules->inputs);
    c->rules->outputs = arena_calloc(c->a, op->n_outputs, sizeof *c->rules->outputs);
    if (!op->inputs || !op->outputs || !c->rules->inputs || !c->rules->outputs)
        return nn_nomem(c->err);
    nn_status s = parse_inputs(c, in, entry->place);
    return s == NN_OK ? parse_outputs(c, out) : s;
}

/* ---- sections ---- */

static nn_status parse_scalar(op_compile *c, const spec_node *node, const char *what, expr **out)
{
    if (node->kind != SPEC_SCALAR)
        return spec_error(c->err, node->place, "operator %s: %s: an expression was expected", c->op->name, what);
    return parse(out, node, 0, NULL, c);
}

static attr_type parse_attr_type(const char *word)
{
    static const char *const names[] = {"", "int", "float", "string", "ints", "floats", "strings", "type", "tensor"};
    for (int i = 1; i < 9; i++)
        if (strcmp(word, names[i]) == 0)
            return (attr_type)i;
    return ATTR_TYPE_NONE;
}

static nn_status compile_attr(op_compile *c, const spec_pair *pair, rule_var *v)
{
    if (pair->value->kind != SPEC_SCALAR)
        return spec_error(c->err, pair->value->place, "operator %s: attribute %s: text such as `int 1..8 default 1` was expected",
                          c->op->name, pair->key);
    words w = {.node = pair->value};
    next_word(&w);
    v->attr = parse_attr_type(w.word);
    if (v->attr == ATTR_TYPE_NONE)
        return spec_error(
            c->err, expr_place(w.node, w.start),
            "operator %s: attribute %s: unknown type `%s`; int, float, string, ints, floats, strings, type or tensor was expected",
            c->op->name, pair->key, spec_show(w.word).s);
    size_t more = 0;
    nn_status s = parse(&v->domain, w.node, w.at, &more, c);
    w.at = more;
    while (s == NN_OK && next_word(&w)) {
        expr **to = strcmp(w.word, "default") == 0 ? &v->fallback : &v->when;
        if (*to)
            return spec_error(c->err, expr_place(w.node, w.start), "operator %s: attribute %s: `%s` is given twice", c->op->name,
                              pair->key, w.word);
        s = parse(to, w.node, w.at, &more, c);
        w.at = more;
    }
    return s;
}

static nn_status compile_variables(op_compile *c, const spec_entry *entry)
{
    const spec_node *choose = section(entry, "choose"), *attrs = section(entry, "attrs");
    size_t n_choose = section_size(entry, "choose"), n = n_choose + section_size(entry, "attrs");
    op_rules *r = c->rules;
    if (n > OP_MAX_VARS)
        return spec_error(c->err, entry->place, "operator %s: %zu variables and attributes; at most %d were expected", c->op->name,
                          n, OP_MAX_VARS);
    r->vars = arena_calloc(c->a, n, sizeof *r->vars);
    if (!r->vars)
        return nn_nomem(c->err);
    for (size_t i = 0; i < n; i++) {
        const spec_pair *pair = i < n_choose ? &choose->pairs[i] : &attrs->pairs[i - n_choose];
        rule_var *v = &r->vars[i];
        v->name = pair->key;
        v->place = pair->place;
        v->origin = i < n_choose ? VAR_CHOOSE : VAR_ATTR;
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->vars[k].name, v->name) == 0)
                return spec_error(c->err, pair->place, "operator %s: `%s` is both a variable and an attribute", c->op->name,
                                  v->name);
        nn_status s = v->origin == VAR_CHOOSE ? parse_scalar(c, pair->value, pair->key, &v->domain) : compile_attr(c, pair, v);
        if (s != NN_OK)
            return s;
    }
    r->n_vars = n;
    return NN_OK;
}

static int tensor_index(const op_compile *c, const char *name, bool *output)
{
    for (size_t i = 0; i < c->op->n_inputs; i++) {
        if (strcmp(c->op->inputs[i].name, name) == 0) {
            *output = false;
            return (int)i;
        }
    }
    for (size_t i = 0; i < c->op->n_outputs; i++) {
        if (strcmp(c->op->outputs[i].name, name) == 0) {
            *output = true;
            return (int)i;
        }
    }
    return -1;
}

static op_hint suggest_tensor(const op_compile *c, const char *word, bool inputs, bool outputs)
{
    const char *names[OP_MAX_INPUTS + OP_MAX_OUTPUTS];
    size_t n = 0;
    for (size_t i = 0; inputs && i < c->op->n_inputs; i++)
        names[n++] = c->op->inputs[i].name;
    for (size_t i = 0; outputs && i < c->op->n_outputs; i++)
        names[n++] = c->op->outputs[i].name;
    return hint_of(word, names, n);
}

/* Parses a section `tensor -> expression`; inputs, outputs: whether these may be its keys. */
static nn_status compile_tensor_section(op_compile *c, const spec_entry *entry, const char *key, bool inputs, bool outputs)
{
    const spec_node *map = section(entry, key);
    for (size_t i = 0; map && i < map->count; i++) {
        const spec_pair *pair = &map->pairs[i];
        bool output = false;
        int t = tensor_index(c, pair->key, &output);
        if (t < 0 || (output ? !outputs : !inputs))
            return spec_error(c->err, pair->place, "operator %s: `%s`: `%s` is not an %s of the operator%s", c->op->name, key,
                              pair->key,
                              !inputs    ? "output"
                              : !outputs ? "input"
                                         : "input or output",
                              suggest_tensor(c, pair->key, inputs, outputs).s);
        expr **to = strcmp(key, "shape") == 0   ? (output ? &c->rules->outputs[t].shape : &c->rules->inputs[t].shape)
                    : strcmp(key, "rank") == 0  ? &c->rules->inputs[t].rank
                    : strcmp(key, "range") == 0 ? &c->rules->outputs[t].range
                                                : &c->rules->inputs[t].values;
        nn_status s = parse_scalar(c, pair->value, pair->key, to);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status compile_domains(op_compile *c, const spec_entry *entry)
{
    const spec_node *map = section(entry, "domain");
    for (size_t i = 0; map && i < map->count; i++) {
        const spec_pair *pair = &map->pairs[i];
        bool output = false;
        int t = tensor_index(c, pair->key, &output);
        if (t < 0 || output)
            return spec_error(c->err, pair->place, "operator %s: `domain`: `%s` is not an input of the operator%s", c->op->name,
                              pair->key, suggest_tensor(c, pair->key, true, false).s);
        rule_input *r = &c->rules->inputs[t];
        bool list = pair->value->kind == SPEC_LIST;
        if (list && pair->value->count == 0)
            return spec_error(c->err, pair->value->place,
                              "operator %s: `domain` of %s: an interval such as \"[-1, 1]\" was expected", c->op->name, pair->key);
        r->n_domain = list ? pair->value->count : 1;
        r->domain = arena_calloc(c->a, r->n_domain, sizeof *r->domain);
        if (!r->domain)
            return nn_nomem(c->err);
        for (size_t k = 0; k < r->n_domain; k++) {
            nn_status s = parse_scalar(c, list ? pair->value->items[k] : pair->value, pair->key, &r->domain[k]);
            if (s != NN_OK)
                return s;
        }
        c->op->inputs[t].has_domain = true;
    }
    return NN_OK;
}

static nn_status parse_conditions(op_compile *c, const spec_node *list, const char *what, expr ***out, size_t *n)
{
    *n = list ? list->count : 0;
    *out = arena_calloc(c->a, *n, sizeof **out);
    if (!*out)
        return nn_nomem(c->err);
    for (size_t i = 0; i < *n; i++) {
        nn_status s = parse_scalar(c, list->items[i], what, &(*out)[i]);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

nn_status op_parse_sections(op_compile *c, const spec_entry *entry)
{
    op_rules *r = c->rules;
    nn_status s = compile_variables(c, entry);
    if (s == NN_OK)
        s = compile_tensor_section(c, entry, "shape", true, true);
    if (s == NN_OK)
        s = compile_tensor_section(c, entry, "rank", true, false);
    if (s == NN_OK)
        s = compile_tensor_section(c, entry, "range", false, true);
    if (s == NN_OK)
        s = compile_tensor_section(c, entry, "values", true, false);
    if (s == NN_OK)
        s = compile_domains(c, entry);
    if (s == NN_OK)
        s = parse_conditions(c, section(entry, "where"), "where", &r->where, &r->n_where);
    if (s == NN_OK)
        s = parse_conditions(c, section(entry, "require"), "require", &r->require, &r->n_require);
    const spec_node *empty = section(entry, "empty");
    c->op->empty = empty != NULL;
    if (s == NN_OK)
        s = parse_conditions(c, empty && empty->kind == SPEC_LIST ? empty : NULL, "empty", &r->empty, &r->n_empty);
    const spec_node *idioms = section(entry, "idioms");
    r->n_idioms = idioms ? idioms->count : 0;
    r->idioms = arena_calloc(c->a, r->n_idioms, sizeof *r->idioms);
    if (!r->idioms)
        return nn_nomem(c->err);
    for (size_t i = 0; i < r->n_idioms && s == NN_OK; i++) {
        r->idioms[i].name = idioms->pairs[i].key;
        s = parse_conditions(c, idioms->pairs[i].value, r->idioms[i].name, &r->idioms[i].conditions, &r->idioms[i].n);
    }
    const spec_node *flags = section(entry, "flags");
    for (size_t i = 0; flags && i < flags->count; i++)
        c->op->flags |= strcmp(flags->items[i]->text, "discontinuous") == 0 ? OP_DISCONTINUOUS
                        : strcmp(flags->items[i]->text, "source") == 0      ? OP_SOURCE
                        : strcmp(flags->items[i]->text, "unlike") == 0      ? OP_UNLIKE
                        : strcmp(flags->items[i]->text, "contrast") == 0    ? OP_CONTRAST
                                                                            : OP_NONDETERMINISTIC;
    return s;
}
