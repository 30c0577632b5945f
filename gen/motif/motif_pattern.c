#include "motif/motif_pattern.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r';
}

static size_t skip(const char *s, size_t at)
{
    while (is_space(s[at]))
        at++;
    return at;
}

/* ---- types ---- */

static motif_hint near_type(const motif_compile *c, const char *word)
{
    const char *names[MOTIF_MAX_TYPES + DT_COUNT];
    size_t n = 0;
    for (size_t i = 0; i < c->def->n_types; i++)
        names[n++] = c->def->type_names[i];
    for (int t = 1; t < DT_COUNT; t++)
        if (dtype_size((dtype)t) > 0)
            names[n++] = dtype_name((dtype)t);
    motif_hint h = motif_near(word, names, n);
    char family[sizeof h.s - 32];
    if (nearest_family(family, sizeof family, word, "`", names, n) > 0)
        (void)snprintf(h.s, sizeof h.s, "; did you mean %s?", family);
    if (h.s[0] == '\0')
        strcpy(h.s, "; a type such as float32 or a type variable of the motif was expected");
    return h;
}

nn_status motif_types_parse(const motif_compile *c, const spec_node *list, dtype_mask *mask, dtype *first)
{
    *mask = 0;
    *first = DT_NONE;
    if (list->kind != SPEC_LIST || list->count == 0)
        return motif_error(c, list->place, "a list of types was expected, such as [float32, float16]");
    for (size_t i = 0; i < list->count; i++) {
        const spec_node *item = list->items[i];
        dtype_mask m = item->kind == SPEC_SCALAR ? dtype_group(item->text) : 0;
        if (m == 0 || m == dtype_bit(DT_STRING))
            return motif_error(c, item->place, "unknown type `%s`%s", spec_show(item->text).s, near_type(c, item->text).s);
        *mask |= m;
        for (int t = DT_COUNT - 1; t > 0 && i == 0; t--)
            *first = (m >> t & 1) != 0 ? (dtype)t : *first;
    }
    return NN_OK;
}

dtype_mask motif_pattern_types(const motif_def *d, const motif_pattern *p)
{
    return p->type_var >= 0 ? d->type_masks[p->type_var] : dtype_bit(p->type);
}

static nn_status parse_type(motif_pattern *out, const motif_compile *c, const spec_node *node, size_t at, size_t length)
{
    const char *word = arena_strndup(c->a, node->text + at, length);
    if (word == NULL)
        return nn_nomem(c->err);
    for (size_t i = 0; i < c->def->n_types; i++)
        if (strcmp(c->def->type_names[i], word) == 0) {
            out->type_var = (int)i;
            return NN_OK;
        }
    out->type_var = -1;
    out->type = dtype_parse(word);
    if (out->type == DT_NONE || out->type == DT_STRING)
        return motif_error(c, expr_place(node, at), "unknown type `%s`%s", spec_show(word).s, near_type(c, word).s);
    return NN_OK;
}

/* ---- dims ---- */

/* Offset of the bracket that closes the one at `at`, or of the end of the text. */
static size_t closing(const char *s, size_t at)
{
    int depth = 0;
    for (size_t i = at; s[i] != '\0'; i++) {
        depth += (s[i] == '[' || s[i] == '(') - (s[i] == ']' || s[i] == ')');
        if (depth == 0)
            return i;
    }
    return strlen(s);
}

/* End of the dim that begins at `at`: its comma, or `end`. */
static size_t dim_end(const char *s, size_t at, size_t end)
{
    int depth = 0;
    for (size_t i = at; i < end; i++) {
        depth += (s[i] == '[' || s[i] == '(') - (s[i] == ']' || s[i] == ')');
        if (depth == 0 && s[i] == ',')
            return i;
    }
    return end;
}

static bool is_rest(const char *s, size_t at, size_t end)
{
    at = skip(s, at);
    return at + 2 <= end && s[at] == '.' && s[at + 1] == '.' && skip(s, at + 2) >= end;
}

static nn_status parse_dim(motif_pattern *out, const motif_compile *c, const spec_node *node, size_t at, size_t end)
{
    if (is_rest(node->text, at, end)) {
        if (out->rest >= 0)
            return motif_error(c, expr_place(node, skip(node->text, at)), "`..` is written twice; one `..` was expected");
        out->rest = (int)out->n_dims;
        return NN_OK;
    }
    if (out->n_dims == NN_MAX_RANK)
        return motif_error(c, expr_place(node, skip(node->text, at)), "more than %d dims", NN_MAX_RANK);
    const spec_node *text = motif_text(node, end, c->a);
    return text != NULL ? motif_expr_parse(&out->dims[out->n_dims++], c, text, at, TY_INT) : nn_nomem(c->err);
}

static nn_status parse_dims(motif_pattern *out, const motif_compile *c, const spec_node *node, size_t open, size_t close)
{
    const char *s = node->text;
    out->rest = -1;
    out->dims = arena_calloc(c->a, NN_MAX_RANK, sizeof *out->dims);
    if (out->dims == NULL)
        return nn_nomem(c->err);
    nn_status status = NN_OK;
    if (skip(s, open + 1) == close)
        return NN_OK;
    for (size_t at = open + 1; status == NN_OK && at <= close;) {
        size_t end = dim_end(s, at, close);
        status = parse_dim(out, c, node, at, end);
        at = end + 1;
    }
    return status;
}

/* ---- values ---- */

static nn_status parse_values(motif_pattern *out, const motif_compile *c, const spec_node *node, size_t at)
{
    motif_draw d;
    size_t first = skip(node->text, at);
    if (node->text[first] == '[')
        return motif_expr_parse(&out->list, c, node, at, TY_REALS);
    nn_status s = motif_draw_parse(&d, c, node, at, TY_REAL);
    if (s == NN_OK && d.kind == DRAW_RANGE)
        return motif_error(c, expr_place(node, first),
                           "a number, a set or a list was expected after `=`; `in A..B` states a range");
    out->fill = d;
    return s;
}

static nn_status parse_rest(motif_pattern *out, const motif_compile *c, const spec_node *node, size_t at, bool constant)
{
    const char *s = node->text;
    at = skip(s, at);
    if (s[at] == '\0')
        return NN_OK;
    if (strncmp(s + at, "in", 2) == 0 && motif_name_length(s + at) == 2) {
        nn_status status = motif_draw_parse(&out->bounds, c, node, at + 2, TY_REAL);
        if (status == NN_OK && out->bounds.kind != DRAW_RANGE)
            status = motif_error(c, expr_place(node, skip(s, at + 2)), "a range A..B was expected after `in`");
        return status;
    }
    if (s[at] == '=' && constant)
        return parse_values(out, c, node, at + 1);
    return motif_error(c, expr_place(node, at), "unexpected `%s`; %s was expected", spec_show(s + at).s,
                       constant ? "`= VALUES`, `in A..B` or the end" : "`in A..B` or the end");
}

nn_status motif_pattern_parse(motif_pattern *out, const motif_compile *c, const spec_node *node, bool constant)
{
    *out = (motif_pattern){.rest = -1, .place = node->place};
    size_t at = node->kind == SPEC_SCALAR ? skip(node->text, 0) : 0, length = motif_name_length(node->text + at);
    size_t open = skip(node->text, at + length);
    if (length == 0 || node->text[open] != '[') {
        if (constant)
            return c->outline ? NN_OK : motif_draw_node(&out->fill, c, node, TY_REAL);
        return motif_error(c, node->place, "a type with dims in brackets was expected, such as \"T[.., H]\"");
    }
    size_t close = closing(node->text, open);
    if (node->text[close] == '\0')
        return motif_error(c, expr_place(node, open), "the bracket is not closed; `]` was expected");
    nn_status s = parse_type(out, c, node, at, length);
    if (c->outline)
        return s;
    if (s == NN_OK)
        s = parse_dims(out, c, node, open, close);
    return s == NN_OK ? parse_rest(out, c, node, close + 1, constant) : s;
}
