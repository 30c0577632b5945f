#include "list_ops.h"
#include "opmodel_rules.h"

#include <stdio.h>
#include <string.h>

static const char *doc_of(const op_set *s, const char *name)
{
    const spec_table *t = s->table;
    for (size_t i = 0; i < t->n_entries; i++)
        if (strcmp(t->entries[i].name, name) == 0) {
            const spec_node *doc = spec_get(t->entries[i].flat, "doc");
            return doc != NULL && doc->kind == SPEC_SCALAR ? doc->text : NULL;
        }
    return NULL;
}

/* "float32|bool", or the type variable's name */
static void type(json_line *out, const op_model *op, int var, dtype_mask mask)
{
    if (var >= 0) {
        line_raw(out, op->type_names[var]);
        return;
    }
    const char *gap = "";
    for (int t = 0; t < DT_COUNT; t++)
        if ((mask >> t & 1) != 0) {
            line_raw(out, gap);
            line_raw(out, dtype_name((dtype)t));
            gap = "|";
        }
}

/* ONNX's notation: "(X: T, W: T weight, B: T weight optional) -> (Y: T)" */
static void inputs(json_line *out, const op_model *op)
{
    static const char *const roles[] = {"",    "", " weight", " data|weight", " constant", " data|constant", " weight|constant",
                                        " any"};
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        line_raw(out, i > 0 ? ", " : "");
        line_raw(out, in->name);
        line_raw(out, ": ");
        type(out, op, in->type_var, in->types);
        line_raw(out, roles[in->roles & 7]);
        if (in->optional || in->conditional)
            line_raw(out, " optional");
        if (in->max_arity > 1) {
            line_raw(out, " x ");
            line_int(out, in->min_arity);
            line_raw(out, "..");
            line_int(out, in->max_arity);
        }
    }
}

static void outputs(json_line *out, const op_model *op)
{
    for (size_t i = 0; i < op->n_outputs; i++) {
        const op_output *o = &op->outputs[i];
        line_raw(out, i > 0 ? ", " : "");
        line_raw(out, o->name);
        line_raw(out, ": ");
        type(out, op, o->type_var, o->types);
        line_raw(out, o->optional || o->conditional ? " optional" : o->variadic ? " variadic" : "");
    }
}

static void types(json_line *out, const op_model *op, const char *before)
{
    for (size_t i = 0; i < op->n_types; i++) {
        line_raw(out, before);
        line_raw(out, op->type_names[i]);
        line_raw(out, ": ");
        type(out, op, -1, op->type_masks[i]);
        before = ", ";
    }
}

static bool is_attr(const rule_var *v)
{
    return v->origin == VAR_ATTR;
}

static void attributes(json_line *out, const op_model *op, const char *before)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (is_attr(&op->rules->vars[i])) {
            line_raw(out, before);
            line_raw(out, op->rules->vars[i].name);
            before = ", ";
        }
}

static const struct {
    unsigned bit;
    const char *word;
} flag_words[] = {{OP_SOURCE, "source"}, {OP_DISCONTINUOUS, "discontinuous"}, {OP_NONDETERMINISTIC, "nondeterministic"}};

static void flags(json_line *out, unsigned set, const char *before)
{
    for (size_t i = 0; i < sizeof flag_words / sizeof flag_words[0]; i++)
        if ((set & flag_words[i].bit) != 0) {
            line_raw(out, before);
            line_raw(out, flag_words[i].word);
            before = ", ";
        }
}

/* ---- formats ---- */

static void as_text(json_line *out, const nn_table *t)
{
    const op_set *s = t->ops;
    size_t widest = 0;
    for (size_t i = 0; i < s->n_ops; i++)
        widest = strlen(s->ops[i].name) > widest ? strlen(s->ops[i].name) : widest;
    line_raw(out, "# opset ");
    line_int(out, t->options.opset);
    line_raw(out, ", profile ");
    line_raw(out, t->options.profile);
    line_raw(out, ", ");
    line_int(out, (int64_t)s->n_ops);
    line_raw(out, " operators: name, version of its schema, inputs and outputs, attributes\n");
    for (size_t i = 0; i < s->n_ops; i++) {
        const op_model *op = &s->ops[i];
        char head[128];
        (void)snprintf(head, sizeof head, "%-*s %3d  (", (int)(widest < 80 ? widest : 80), op->name, op->since);
        line_raw(out, head);
        inputs(out, op);
        line_raw(out, ") -> (");
        outputs(out, op);
        line_raw(out, ")");
        types(out, op, "  where ");
        attributes(out, op, "  attributes ");
        flags(out, op->flags, "  [");
        line_raw(out, op->flags != 0 ? "]\n" : "\n");
    }
    for (size_t i = 0; i < s->table->n_exclusions; i++) {
        line_raw(out, "# left out by the profile: ");
        line_raw(out, s->table->exclusions[i].op);
        line_raw(out, ": ");
        line_raw(out, s->table->exclusions[i].reason);
        line_raw(out, "\n");
    }
    for (size_t i = 0; i < s->table->n_absent; i++) {
        line_raw(out, "# not in this opset: ");
        line_raw(out, s->table->absent[i]);
        line_raw(out, "\n");
    }
}

static void as_markdown(json_line *out, const nn_table *t)
{
    const op_set *s = t->ops;
    line_raw(out, "| operator | since | inputs | outputs | attributes | notes |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < s->n_ops; i++) {
        const op_model *op = &s->ops[i];
        size_t start = out->size;
        line_raw(out, op->name);
        line_raw(out, "\t");
        line_int(out, op->since);
        line_raw(out, "\t");
        inputs(out, op);
        line_raw(out, "\t");
        outputs(out, op);
        types(out, op, "; ");
        line_raw(out, "\t");
        attributes(out, op, "");
        line_raw(out, "\t");
        flags(out, op->flags, "");
        json_line row = {.bytes = NULL};
        for (size_t k = start; !out->failed && k < out->size; k++) {
            char c[2] = {out->bytes[k], '\0'};
            line_raw(&row, *c == '\t' ? " | " : *c == '|' ? "\\|" : c);
        }
        out->size = start;
        line_raw(out, "| ");
        line_text(out, row.bytes, row.size);
        line_raw(out, " |\n");
        out->failed |= row.failed;
        nn_free(row.bytes);
    }
}

/* What one of the writers above makes, as a JSON string. */
static void text_field(json_line *out, const char *key, const op_model *op, void (*write)(json_line *, const op_model *))
{
    json_line text = {.bytes = NULL};
    write(&text, op);
    line_text(&text, "", 1);
    line_key(out, key);
    line_string(out, text.failed ? "" : text.bytes);
    out->failed |= text.failed;
    nn_free(text.bytes);
}

static void json_operator(json_line *out, const op_set *s, const op_model *op)
{
    line_next(out);
    line_raw(out, "{");
    line_key(out, "name");
    line_string(out, op->name);
    line_key(out, "since");
    line_int(out, op->since);
    const char *doc = doc_of(s, op->name);
    if (doc != NULL) {
        line_key(out, "doc");
        line_string(out, doc);
    }
    text_field(out, "inputs", op, inputs);
    text_field(out, "outputs", op, outputs);
    line_key(out, "types");
    line_raw(out, "{");
    for (size_t i = 0; i < op->n_types; i++) {
        line_key(out, op->type_names[i]);
        line_raw(out, "\"");
        type(out, op, -1, op->type_masks[i]);
        line_raw(out, "\"");
    }
    line_raw(out, "}");
    line_key(out, "attributes");
    line_raw(out, "[");
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (is_attr(&op->rules->vars[i])) {
            line_next(out);
            line_string(out, op->rules->vars[i].name);
        }
    line_raw(out, "]");
    line_key(out, "flags");
    line_raw(out, "[");
    for (size_t i = 0; i < sizeof flag_words / sizeof flag_words[0]; i++)
        if ((op->flags & flag_words[i].bit) != 0) {
            line_next(out);
            line_string(out, flag_words[i].word);
        }
    line_raw(out, "]}");
}

static void as_json(json_line *out, const nn_table *t)
{
    const op_set *s = t->ops;
    line_raw(out, "{");
    line_key(out, "opset");
    line_int(out, t->options.opset);
    line_key(out, "profile");
    line_string(out, t->options.profile);
    line_key(out, "operators");
    line_raw(out, "[");
    for (size_t i = 0; i < s->n_ops; i++)
        json_operator(out, s, &s->ops[i]);
    line_raw(out, "]");
    line_key(out, "left_out");
    line_raw(out, "[");
    for (size_t i = 0; i < s->table->n_exclusions; i++) {
        line_next(out);
        line_raw(out, "{");
        line_key(out, "name");
        line_string(out, s->table->exclusions[i].op);
        line_key(out, "reason");
        line_string(out, s->table->exclusions[i].reason);
        line_raw(out, "}");
    }
    line_raw(out, "]");
    line_key(out, "not_in_opset");
    line_raw(out, "[");
    for (size_t i = 0; i < s->table->n_absent; i++) {
        line_next(out);
        line_string(out, s->table->absent[i]);
    }
    line_raw(out, "]}\n");
}

nn_status list_ops(json_line *out, const nn_table *t, const char *format, nn_error *err)
{
    if (strcmp(format, "json") == 0)
        as_json(out, t);
    else if (strcmp(format, "markdown") == 0)
        as_markdown(out, t);
    else
        as_text(out, t);
    return out->failed ? nn_nomem(err) : NN_OK;
}
