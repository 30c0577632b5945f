#include "show/show_model.h"
#include "base/nearest.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { WRITTEN_OUT = 8, LONGEST_TEXT = 40 }; /* elements of a constant that is written out; bytes of a text attribute */

/* ---- reading ---- */

/* Replaces in place what cannot be shown. */
static void clean(const char *text)
{
    for (char *s = (char *)(uintptr_t)text; *s != '\0';) { /* the view owns its texts */
        size_t n = utf8_shown(s);
        if (n == 0)
            *s++ = '?';
        else
            s += n;
    }
}

static void clean_texts(onnx_view *v)
{
    for (size_t i = 0; i < v->n_tensors; i++)
        clean(v->tensors[i].name);
    for (size_t i = 0; i < v->n_nodes; i++)
        clean(v->nodes[i].name);
    for (size_t i = 0; i < v->n_attributes; i++)
        if (v->attributes[i].kind == ONNX_TEXT)
            clean(v->attributes[i].text);
}

static void place_motifs(show_model *m, const row_motifs_of *known)
{
    for (size_t i = 0; known != NULL && i < known->n_motifs; i++)
        for (size_t k = 0; k < known->motifs[i].n_nodes; k++)
            if (known->motifs[i].nodes[k] >= m->view.n_nodes)
                return; /* the row is of another model */
    m->motifs = known != NULL ? known->motifs : NULL;
    m->n_motifs = known != NULL ? known->n_motifs : 0;
    for (size_t i = 0; i < m->n_motifs; i++)
        for (size_t k = 0; k < m->motifs[i].n_nodes; k++)
            m->motif[m->motifs[i].nodes[k]] = (uint32_t)i + 1;
}

/* s: of reading the view */
static nn_status finish(show_model *m, nn_status s, const row_motifs_of *known, nn_error *err)
{
    if (s != NN_OK)
        return s;
    clean_texts(&m->view);
    m->motif = arena_calloc(&m->view.memory, m->view.n_nodes + 1, sizeof *m->motif);
    m->marked = arena_calloc(&m->view.memory, m->view.n_nodes + 1, sizeof *m->marked);
    if (m->motif != NULL && m->marked != NULL) {
        place_motifs(m, known);
        return NN_OK;
    }
    show_model_free(m);
    return nn_nomem(err);
}

nn_status show_model_read(show_model *m, int root, const char *path, const char *shown, const row_motifs_of *known, nn_error *err)
{
    *m = (show_model){.motifs = NULL};
    return finish(m, onnx_view_file_whole(&m->view, root, path, shown, err), known, err);
}

nn_status show_model_bytes(show_model *m, const void *bytes, size_t n, const char *shown, const row_motifs_of *known, nn_error *err)
{
    *m = (show_model){.motifs = NULL};
    return finish(m, onnx_view_read_whole(&m->view, bytes, n, shown, err), known, err);
}

void show_model_free(show_model *m)
{
    onnx_view_free(&m->view);
    *m = (show_model){.motifs = NULL};
}

/* ---- marks ---- */

static bool is_word(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

static int64_t find_node(const show_model *m, const char *word, size_t n)
{
    const onnx_view *v = &m->view;
    for (size_t i = 0; i < v->n_nodes; i++)
        if (is_word(v->nodes[i].name, word, n))
            return (int64_t)i;
    for (size_t i = 0; i < v->n_tensors; i++)
        if (v->tensors[i].maker >= 0 && is_word(v->tensors[i].name, word, n))
            return v->tensors[i].maker;
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (word[i] < '0' || word[i] > '9' || number > v->n_nodes)
            return -1;
        number = number * 10 + (uint64_t)(word[i] - '0');
    }
    return number < v->n_nodes ? (int64_t)number : -1;
}

static nn_status unknown_node(const show_model *m, const char *word, size_t n, nn_error *err)
{
    nearest best = {.word = NULL};
    char text[64];
    (void)snprintf(text, sizeof text, "%.*s", (int)(n < 60 ? n : 60), word);
    for (size_t i = 0; i < m->view.n_nodes; i++)
        nearest_offer(&best, text, m->view.nodes[i].name);
    if (best.word != NULL && *best.word != '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--mark %s: the model has no such node; did you mean %.80s?", text,
                       best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                   "--mark %s: expected the name of a node, its number from 0 to %zu, or a tensor that a node makes", text,
                   m->view.n_nodes > 0 ? m->view.n_nodes - 1 : 0);
}

nn_status show_model_mark(show_model *m, const char *list, nn_error *err)
{
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        int64_t node = n > 0 ? find_node(m, p, n) : -1;
        if (node < 0)
            return unknown_node(m, p, n, err);
        m->n_marked += !m->marked[node];
        m->marked[node] = true;
        p += n;
        if (*p == '\0')
            return NN_OK;
    }
}

/* ---- texts ---- */

void show_type(json_line *out, const onnx_view_tensor *t)
{
    line_raw(out, t->type != DT_NONE ? dtype_name(t->type) : "?");
    if (t->rank < 0)
        return;
    for (int i = 0; i < t->rank; i++) {
        line_raw(out, i == 0 ? "[" : ",");
        if (t->dims[i] >= 0)
            line_int(out, t->dims[i]);
        else
            line_raw(out, t->symbols != NULL && *t->symbols[i] != '\0' ? t->symbols[i] : "?");
    }
    line_raw(out, t->rank == 0 ? "[]" : "]");
}

static void put_real(json_line *out, double x)
{
    char text[40];
    if (x - x != 0) {
        line_raw(out, x != x ? "nan" : x > 0 ? "inf" : "-inf");
        return;
    }
    (void)snprintf(text, sizeof text, "%.7g", x);
    line_text(out, text, line_point(text));
}

static void put_numbers(json_line *out, const int64_t *ints, const double *reals, size_t n, bool list)
{
    line_raw(out, list ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? "," : "");
        ints != NULL ? line_int(out, ints[i]) : put_real(out, reals[i]);
    }
    line_raw(out, list ? "]" : "");
}

void show_call(json_line *out, const show_model *m, size_t node)
{
    const onnx_view *v = &m->view;
    const onnx_view_node *n = &v->nodes[node];
    line_raw(out, n->op);
    line_raw(out, "(");
    for (uint32_t k = 0; k < n->n_operands; k++) {
        int64_t operand = v->operands[n->first_operand + k];
        line_raw(out, k > 0 ? ", " : "");
        if (operand < 0) {
            line_raw(out, "-");
            continue;
        }
        const onnx_view_tensor *t = &v->tensors[operand];
        line_raw(out, t->name);
        if (t->constant && (t->ints != NULL || t->reals != NULL) && t->n_values <= WRITTEN_OUT) {
            line_raw(out, " = ");
            put_numbers(out, t->ints, t->reals, t->n_values, t->rank != 0);
        } else if (t->constant) {
            line_raw(out, ": ");
            show_type(out, t);
        }
    }
    line_raw(out, ")");
}

void show_attributes(json_line *out, const show_model *m, size_t node)
{
    const onnx_view_node *n = &m->view.nodes[node];
    for (uint32_t k = 0; k < n->n_attributes; k++) {
        const onnx_view_attribute *a = &m->view.attributes[n->first_attribute + k];
        line_raw(out, k > 0 ? ", " : "");
        line_raw(out, a->name);
        line_raw(out, "=");
        if (a->kind == ONNX_TEXT && strlen(a->text) <= LONGEST_TEXT) {
            line_raw(out, "'");
            line_raw(out, a->text);
            line_raw(out, "'");
        } else if (a->kind == ONNX_TEXT || a->kind == ONNX_OTHER) {
            line_raw(out, "<");
            line_raw(out, a->value_class);
            line_raw(out, ">");
        } else {
            put_numbers(out, a->ints, a->reals, a->n_values, a->kind == ONNX_INTS || a->kind == ONNX_REALS);
        }
    }
}

static void put_count(json_line *out, size_t n, const char *what)
{
    line_int(out, (int64_t)n);
    line_raw(out, " ");
    line_raw(out, what);
    line_raw(out, n == 1 ? "" : "s");
}

void show_counts(json_line *out, const show_model *m)
{
    put_count(out, m->view.n_nodes, "node");
    line_raw(out, ", ");
    put_count(out, m->view.n_inputs, "input");
    line_raw(out, ", ");
    put_count(out, m->view.n_outputs, "output");
    if (m->view.opset > 0) {
        line_raw(out, ", opset ");
        line_int(out, m->view.opset);
    }
}
