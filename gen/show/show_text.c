#include "show/show_text.h"

#include <stdio.h>

static const char *const motif_colours[] = {"#cfe2ff", "#d1f0d9", "#ffe2c2", "#e6d8fb", "#cdeef0", "#f7ecb5"};
enum { COLOURS = sizeof motif_colours / sizeof motif_colours[0] };

static void put_tensor(json_line *out, const onnx_view_tensor *t)
{
    line_raw(out, t->name);
    if (t->type != DT_NONE || t->rank >= 0) {
        line_raw(out, ": ");
        show_type(out, t);
    }
}

static void put_ends(json_line *out, const show_model *m, const char *title, const uint32_t *tensors, size_t n)
{
    line_raw(out, title);
    for (size_t i = 0; i < n; i++) {
        line_raw(out, "  ");
        put_tensor(out, &m->view.tensors[tensors[i]]);
        line_raw(out, "\n");
    }
}

static void put_node(json_line *out, const show_model *m, size_t i)
{
    const onnx_view *v = &m->view;
    const onnx_view_node *n = &v->nodes[i];
    char head[40];
    (void)snprintf(head, sizeof head, "%s%s%4zu  ", m->marked[i] ? "! " : "  ", n->body > 0 ? "  " : "", i);
    line_raw(out, head);
    for (uint32_t k = 0, shown = 0; k < n->n_results; k++) {
        int64_t result = v->operands[n->first_result + k];
        if (result < 0)
            continue;
        line_raw(out, shown++ > 0 ? ", " : "");
        put_tensor(out, &v->tensors[result]);
    }
    line_raw(out, " = ");
    show_call(out, m, i);
    if (n->n_attributes > 0) {
        line_raw(out, " {");
        show_attributes(out, m, i);
        line_raw(out, "}");
    }
    if (m->motif[i] > 0) {
        line_raw(out, "  # ");
        line_raw(out, m->motifs[m->motif[i] - 1].name);
    }
    line_raw(out, "\n");
}

static void put_motifs(json_line *out, const show_model *m)
{
    line_raw(out, m->n_motifs > 0 ? "motifs:\n" : "");
    for (size_t i = 0; i < m->n_motifs; i++) {
        line_raw(out, "  ");
        line_raw(out, m->motifs[i].name);
        line_raw(out, " (");
        line_raw(out, m->motifs[i].level);
        line_raw(out, "): nodes");
        for (size_t k = 0; k < m->motifs[i].n_nodes; k++) {
            line_raw(out, " ");
            line_int(out, m->motifs[i].nodes[k]);
        }
        line_raw(out, "\n");
    }
}

void show_text(json_line *out, const show_model *m, const char *name)
{
    const onnx_view *v = &m->view;
    line_raw(out, name);
    line_raw(out, ": ");
    show_counts(out, m);
    line_raw(out, "\n");
    put_ends(out, m, "inputs:\n", v->input_tensors, v->n_inputs);
    line_raw(out, m->n_marked > 0 ? "nodes (!: marked):\n" : "nodes:\n");
    for (size_t i = 0; i < v->n_nodes; i++) {
        if (v->nodes[i].body > 0 && v->nodes[i].body != v->nodes[i - 1].body) {
            line_raw(out, "    body ");
            line_int(out, v->nodes[i].body);
            line_raw(out, ":\n");
        }
        put_node(out, m, i);
    }
    put_ends(out, m, "outputs:\n", v->output_tensors, v->n_outputs);
    put_motifs(out, m);
}

/* ---- Graphviz ---- */

/* A quoted text of the DOT language, in which a backslash begins an escape sequence of labels. */
static void put_quoted(json_line *out, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            line_text(out, "\\", 1);
        line_text(out, s, 1);
    }
}

static void put_dot_node(json_line *out, const show_model *m, size_t i)
{
    char text[160];
    (void)snprintf(text, sizeof text, "  n%zu [label=\"%.100s\"", i, m->view.nodes[i].op);
    line_raw(out, text);
    if (m->motif[i] > 0) {
        line_raw(out, ", fillcolor=\"");
        line_raw(out, motif_colours[(m->motif[i] - 1) % COLOURS]);
        line_raw(out, "\"");
    }
    line_raw(out, m->marked[i] ? ", color=red, penwidth=3" : "");
    line_raw(out, ", tooltip=\"");
    put_quoted(out, m->view.nodes[i].name);
    line_raw(out, m->motif[i] > 0 ? ", motif " : "");
    line_raw(out, m->motif[i] > 0 ? m->motifs[m->motif[i] - 1].name : "");
    line_raw(out, "\"];\n");
}

static void put_dot_edge(json_line *out, const show_model *m, int64_t tensor, const char *to, size_t number)
{
    const onnx_view_tensor *t = &m->view.tensors[tensor];
    char text[80];
    if (t->maker >= 0)
        (void)snprintf(text, sizeof text, "  n%lld -> %s%zu [label=\"", (long long)t->maker, to, number);
    else
        (void)snprintf(text, sizeof text, "  t%lld -> %s%zu [label=\"", (long long)tensor, to, number);
    line_raw(out, text);
    show_type(out, t);
    line_raw(out, "\"];\n");
}

static void put_dot_end(json_line *out, const char *kind, size_t number, const char *name)
{
    char text[64];
    (void)snprintf(text, sizeof text, "  %s%zu [shape=ellipse, label=\"", kind, number);
    line_raw(out, text);
    put_quoted(out, name);
    line_raw(out, "\"];\n");
}

void show_dot(json_line *out, const show_model *m, const char *name)
{
    const onnx_view *v = &m->view;
    line_raw(out, "digraph \"");
    put_quoted(out, name);
    line_raw(out, "\" {\n  node [shape=box, style=filled, fillcolor=white];\n");
    for (size_t i = 0; i < v->n_tensors; i++)
        if (v->tensors[i].maker < 0 && !v->tensors[i].constant)
            put_dot_end(out, "t", i, v->tensors[i].name);
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        put_dot_node(out, m, i);
        for (uint32_t k = 0; k < n->n_operands; k++) {
            int64_t operand = v->operands[n->first_operand + k];
            if (operand >= 0 && (v->tensors[operand].maker >= 0 || !v->tensors[operand].constant))
                put_dot_edge(out, m, operand, "n", i);
        }
    }
    for (size_t i = 0; i < v->n_outputs; i++) {
        put_dot_end(out, "o", i, v->tensors[v->output_tensors[i]].name);
        if (v->tensors[v->output_tensors[i]].maker >= 0 || !v->tensors[v->output_tensors[i]].constant)
            put_dot_edge(out, m, v->output_tensors[i], "o", i);
    }
    line_raw(out, "}\n");
}
