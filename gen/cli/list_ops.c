#include "cli/list_ops.h"
#include "rules/op_inner.h"
#include "rules/opmodel_rules.h"

#include <stdio.h>
#include <string.h>

static const spec_entry *entry_of(const op_set *s, const char *name)
{
    for (size_t i = 0; i < s->table->n_entries; i++)
        if (strcmp(s->table->entries[i].name, name) == 0)
            return &s->table->entries[i];
    return NULL;
}

static const char *doc_of(const spec_entry *entry)
{
    const spec_node *doc = entry != NULL ? spec_get(entry->flat, "doc") : NULL;
    return doc != NULL && doc->kind == SPEC_SCALAR ? doc->text : NULL;
}

/* Prints "float32|bool", or the name of the type variable. */
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

/* Uses ONNX's notation: "(X: T, W: T weight, B: T weight optional) -> (Y: T)". */
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
} flag_words[] = {{OP_SOURCE, "source"},
                  {OP_DISCONTINUOUS, "discontinuous"},
                  {OP_NONDETERMINISTIC, "nondeterministic"},
                  {OP_UNLIKE, "unlike"},
                  {OP_CONTRAST, "contrast"}};

static void flags(json_line *out, unsigned set, const char *before)
{
    for (size_t i = 0; i < sizeof flag_words / sizeof flag_words[0]; i++)
        if ((set & flag_words[i].bit) != 0) {
            line_raw(out, before);
            line_raw(out, flag_words[i].word);
            before = ", ";
        }
}

/* Calls a function for each operator that stands inside motifs only. */
static void each_inner(json_line *out, const op_set *s, void (*show)(json_line *out, const op_model *op))
{
    for (size_t i = 0; i < s->table->n_entries; i++)
        if (op_inner_option(s->compiled[i].flags) != NULL)
            show(out, &s->compiled[i]);
}

static void text_inner(json_line *out, const op_model *op)
{
    line_raw(out, "# inside motifs only: ");
    line_raw(out, op->name);
    if (strcmp(op->name, op->type) != 0) {
        line_raw(out, " (");
        line_raw(out, op->type);
        line_raw(out, ")");
    }
    line_raw(out, ": with --");
    line_raw(out, op_inner_option(op->flags));
    line_raw(out, "\n");
}

static void json_inner(json_line *out, const op_model *op)
{
    line_next(out);
    line_raw(out, "{");
    line_key(out, "name");
    line_string(out, op->name);
    line_key(out, "operator");
    line_string(out, op->type);
    line_key(out, "since");
    line_int(out, op->since);
    line_key(out, "option");
    line_string(out, op_inner_option(op->flags));
    line_raw(out, "}");
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
    for (size_t i = 0; i < s->n_untyped; i++) {
        char needed[160] = "";
        (void)op_untyped_text(&s->untyped[i], needed, sizeof needed);
        line_raw(out, "# needs other types: ");
        line_raw(out, s->untyped[i].op);
        line_raw(out, ": --types with ");
        line_raw(out, needed);
        line_raw(out, "\n");
    }
    each_inner(out, s, text_inner);
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

static void type_list(json_line *out, dtype_mask mask)
{
    line_raw(out, "[");
    for (int t = 0; t < DT_COUNT; t++)
        if ((mask >> t & 1) != 0) {
            line_next(out);
            line_string(out, dtype_name((dtype)t));
        }
    line_raw(out, "]");
}

static void fact(json_line *out, const char *key, bool holds)
{
    line_key(out, key);
    line_raw(out, holds ? "true" : "false");
}

/* Prints the name, the types and, if there is one, the type variable that input and output share. */
static void json_tensor(json_line *out, const op_model *op, const char *name, int var, dtype_mask mask)
{
    line_next(out);
    line_raw(out, "{");
    line_key(out, "name");
    line_string(out, name);
    if (var >= 0) {
        line_key(out, "variable");
        line_string(out, op->type_names[var]);
    }
    line_key(out, "types");
    type_list(out, var >= 0 ? op->type_masks[var] : mask);
}

static void json_tensors(json_line *out, const op_model *op)
{
    static const char *const roles[] = {"data", "weight", "constant"};
    line_key(out, "inputs");
    line_raw(out, "[");
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        json_tensor(out, op, in->name, in->type_var, in->types);
        line_key(out, "roles");
        line_raw(out, "[");
        for (unsigned r = 0; r < 3; r++)
            if ((in->roles >> r & 1) != 0) {
                line_next(out);
                line_string(out, roles[r]);
            }
        line_raw(out, "]");
        fact(out, "optional", in->optional);
        fact(out, "conditional", in->conditional);
        line_key(out, "min");
        line_int(out, in->min_arity);
        line_key(out, "max");
        line_int(out, in->max_arity);
        line_raw(out, "}");
    }
    line_raw(out, "]");
    line_key(out, "outputs");
    line_raw(out, "[");
    for (size_t i = 0; i < op->n_outputs; i++) {
        const op_output *o = &op->outputs[i];
        json_tensor(out, op, o->name, o->type_var, o->types);
        fact(out, "optional", o->optional);
        fact(out, "conditional", o->conditional);
        fact(out, "variadic", o->variadic);
        line_raw(out, "}");
    }
    line_raw(out, "]");
}

/* Prints the value of a default that depends on nothing. */
static bool constant(json_line *out, const expr *e, bool negative)
{
    switch (e->kind) {
    case EX_COERCE:
        return constant(out, e->a, negative);
    case EX_NEG:
        return constant(out, e->a, !negative);
    case EX_INT:
        line_key(out, "default");
        line_int(out, negative ? -e->i : e->i);
        return true;
    case EX_REAL:
        line_key(out, "default");
        line_real(out, negative ? -e->r : e->r);
        return true;
    case EX_STRING:
        line_key(out, "default");
        line_string(out, e->s);
        return true;
    default:
        return false;
    }
}

static void json_attribute(json_line *out, const spec_entry *entry, const rule_var *v, const class_subject *subject)
{
    static const char *const words[] = {"", "int", "float", "string", "ints", "floats", "strings", "type", "tensor"};
    const spec_node *attrs = entry != NULL ? spec_get(entry->flat, "attrs") : NULL;
    const spec_node *written = attrs != NULL ? spec_get(attrs, v->name) : NULL;
    line_next(out);
    line_raw(out, "{");
    line_key(out, "name");
    line_string(out, v->name);
    line_key(out, "type");
    line_string(out, words[v->attr]);
    if (written != NULL) {
        line_key(out, "declared");
        line_string(out, written->text);
    }
    fact(out, "required", v->fallback == NULL && v->when == NULL);
    if (v->fallback != NULL)
        (void)constant(out, v->fallback, false);
    line_key(out, "classes");
    line_raw(out, "[");
    for (size_t i = 0; i < subject->n_classes; i++)
        if (!subject->classes[i].undeclared) {
            line_next(out);
            line_string(out, subject->classes[i].name);
        }
    line_raw(out, "]}");
}

static void json_operator(json_line *out, const nn_table *t, const class_table *classes, const op_model *op)
{
    const spec_entry *entry = entry_of(t->ops, op->name);
    line_next(out);
    line_raw(out, "{");
    line_key(out, "name");
    line_string(out, op->name);
    line_key(out, "since");
    line_int(out, op->since);
    const char *doc = doc_of(entry);
    if (doc != NULL) {
        line_key(out, "doc");
        line_string(out, doc);
    }
    json_tensors(out, op);
    line_key(out, "types");
    line_raw(out, "{");
    for (size_t i = 0; i < op->n_types; i++) {
        line_key(out, op->type_names[i]);
        type_list(out, op->type_masks[i]);
    }
    line_raw(out, "}");
    line_key(out, "attributes");
    line_raw(out, "[");
    const class_subject *subject = classes->operators[op->index].subjects; /* attributes come first, in this order */
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (is_attr(&op->rules->vars[i]))
            json_attribute(out, entry, &op->rules->vars[i], subject++);
    line_raw(out, "]");
    fact(out, "empty", op->empty);
    line_key(out, "flags");
    line_raw(out, "[");
    for (size_t i = 0; i < sizeof flag_words / sizeof flag_words[0]; i++)
        if ((op->flags & flag_words[i].bit) != 0) {
            line_next(out);
            line_string(out, flag_words[i].word);
        }
    line_raw(out, "]}");
}

static void as_json(json_line *out, const nn_table *t, const class_table *classes)
{
    const op_set *s = t->ops;
    line_raw(out, "{");
    line_key(out, "opset");
    line_int(out, t->options.opset);
    line_key(out, "profile");
    line_string(out, t->options.profile);
    line_key(out, "data_types");
    type_list(out, s->asked);
    line_key(out, "operators");
    line_raw(out, "[");
    for (size_t i = 0; i < s->n_ops; i++)
        json_operator(out, t, classes, &s->ops[i]);
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
    line_key(out, "wants_types");
    line_raw(out, "[");
    for (size_t i = 0; i < s->n_untyped; i++) {
        line_next(out);
        line_raw(out, "{");
        line_key(out, "name");
        line_string(out, s->untyped[i].op);
        line_key(out, "types");
        type_list(out, s->untyped[i].types);
        line_raw(out, "}");
    }
    line_raw(out, "]");
    line_key(out, "inside_motifs");
    line_raw(out, "[");
    each_inner(out, s, json_inner);
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
    const class_table *classes;
    nn_status s = late_classes_get(&classes, t->classes, err);
    if (s != NN_OK)
        return s;
    if (strcmp(format, "json") == 0)
        as_json(out, t, classes);
    else if (strcmp(format, "markdown") == 0)
        as_markdown(out, t);
    else
        as_text(out, t);
    return out->failed ? nn_nomem(err) : NN_OK;
}
