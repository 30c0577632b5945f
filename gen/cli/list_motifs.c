#include "cli/list_motifs.h"
#include "rules/op_inner.h"

#include <stdio.h>
#include <string.h>

static size_t count_usable(const motif_set *s)
{
    size_t n = 0;
    for (size_t i = 0; i < motif_count(s); i++)
        n += motif_left_out(s, i) == NULL;
    return n;
}

/* Text on one line: each run of white space is a blank. */
static void line_flat(json_line *out, const char *text)
{
    static const char white[] = " \t\r\n\v\f";
    const char *end = text + strlen(text);
    while (end > text && strchr(white, end[-1]) != NULL)
        end--;
    for (text += strspn(text, white); text < end; text += strspn(text, white)) {
        size_t n = strcspn(text, white);
        line_text(out, text, n);
        text += n;
        if (text < end)
            line_raw(out, " ");
    }
}

static void as_text(json_line *out, const nn_table *t)
{
    const motif_set *s = t->motifs;
    size_t widest = 0;
    for (size_t i = 0; i < motif_count(s); i++)
        widest = strlen(motif_name(s, i)) > widest ? strlen(motif_name(s, i)) : widest;
    line_raw(out, "# opset ");
    line_int(out, t->options.opset);
    line_raw(out, ", profile ");
    line_raw(out, t->options.profile);
    line_raw(out, ", ");
    line_int(out, (int64_t)count_usable(s));
    line_raw(out, " motifs: name, number of nodes, what it is, what recognises it\n");
    for (size_t i = 0; i < motif_count(s); i++) {
        if (motif_left_out(s, i) != NULL)
            continue;
        char head[128];
        (void)snprintf(head, sizeof head, "%-*s %3zu  ", (int)(widest < 80 ? widest : 80), motif_name(s, i), motif_nodes(s, i));
        line_raw(out, head);
        line_flat(out, motif_doc(s, i));
        if (*motif_fires(s, i) != '\0') {
            line_raw(out, "  [");
            line_flat(out, motif_fires(s, i));
            line_raw(out, "]");
        }
        const char *option = op_inner_option(motif_flags(s, i));
        if (option != NULL) {
            line_raw(out, "  (with --");
            line_raw(out, option);
            line_raw(out, ")");
        }
        line_raw(out, "\n");
    }
    for (size_t i = 0; i < motif_count(s); i++) {
        if (motif_left_out(s, i) == NULL)
            continue;
        line_raw(out, "# left out: ");
        line_raw(out, motif_name(s, i));
        line_raw(out, ": ");
        line_flat(out, motif_left_out(s, i));
        line_raw(out, "\n");
    }
}

static void json_text(json_line *out, const char *key, const char *text)
{
    line_key(out, key);
    line_string(out, text);
}

static void as_json(json_line *out, const nn_table *t)
{
    const motif_set *s = t->motifs;
    line_raw(out, "{");
    line_key(out, "opset");
    line_int(out, t->options.opset);
    json_text(out, "profile", t->options.profile);
    line_key(out, "motifs");
    line_raw(out, "[");
    for (size_t i = 0; i < motif_count(s); i++) {
        if (motif_left_out(s, i) != NULL)
            continue;
        line_next(out);
        line_raw(out, "{");
        json_text(out, "name", motif_name(s, i));
        line_key(out, "nodes");
        line_int(out, (int64_t)motif_nodes(s, i));
        json_text(out, "doc", motif_doc(s, i));
        json_text(out, "fires", motif_fires(s, i));
        if (op_inner_option(motif_flags(s, i)) != NULL)
            json_text(out, "option", op_inner_option(motif_flags(s, i)));
        line_raw(out, "}");
    }
    line_raw(out, "]");
    line_key(out, "left_out");
    line_raw(out, "[");
    for (size_t i = 0; i < motif_count(s); i++) {
        if (motif_left_out(s, i) == NULL)
            continue;
        line_next(out);
        line_raw(out, "{");
        json_text(out, "name", motif_name(s, i));
        json_text(out, "reason", motif_left_out(s, i));
        line_raw(out, "}");
    }
    line_raw(out, "]}\n");
}

nn_status list_motifs(json_line *out, const nn_table *t, const char *format, nn_error *err)
{
    nn_status s = motif_set_complete(t->motifs, err);
    if (s != NN_OK)
        return s;
    if (strcmp(format, "json") == 0)
        as_json(out, t);
    else
        as_text(out, t);
    return out->failed ? nn_nomem(err) : NN_OK;
}
