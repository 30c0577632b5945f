#include "show/show_svg.h"
#include "base/utf8.h"
#include "show/layout.h"

#include <stdio.h>
#include <string.h>

enum { MARGIN = 12, TALL = 34, FLAT = 20, LEGEND = 18, LETTER = 7, SMALL_LETTER = 6, LONGEST = 28, COLOURS = 6 };

typedef enum { BOX_INPUT, BOX_NODE, BOX_OUTPUT } box_kind;

/* Parallel to layout.boxes: inputs, nodes, outputs. */
typedef struct {
    layout l;
    const show_model *m;
    bool *inner;    /* of each edge: leads from a node to the first nodes of its bodies */
    json_line word; /* workspace */
    arena memory;
} drawing;

static box_kind kind_of(const drawing *d, size_t box, size_t *index)
{
    size_t inputs = d->m->view.n_inputs, nodes = d->m->view.n_nodes;
    *index = box < inputs           ? d->m->view.input_tensors[box]
             : box < inputs + nodes ? box - inputs
                                    : d->m->view.output_tensors[box - inputs - nodes];
    return box < inputs ? BOX_INPUT : box < inputs + nodes ? BOX_NODE : BOX_OUTPUT;
}

/* ---- texts ---- */

void show_escaped(json_line *out, const char *text)
{
    for (const char *s = text; *s != '\0'; s++) {
        const char *p = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '"' ? "&quot;" : NULL;
        if (p == NULL && memcmp(s, "\xef\xbf", strnlen(s, 2)) == 0 && ((unsigned char)s[2] & 0xfe) == 0xbe) {
            p = "?"; /* U+FFFE and U+FFFF, which XML does not allow */
            s += 2;
        }
        p != NULL ? line_raw(out, p) : line_text(out, s, 1);
    }
}

/* The first characters of a text, at most LONGEST; returns their number. */
static size_t clip(char out[4 * LONGEST + 4], const char *text)
{
    size_t bytes = 0, n = 0;
    for (; text[bytes] != '\0' && n < LONGEST; n++)
        bytes += utf8_shown(text + bytes) > 0 ? utf8_shown(text + bytes) : 1;
    memcpy(out, text, bytes);
    (void)snprintf(out + bytes, 4, "%s", text[bytes] != '\0' ? "\xe2\x80\xa6" : "");
    return n + (text[bytes] != '\0');
}

/* The tensor whose type is the second line of a box; NULL: none. */
static const onnx_view_tensor *shown_tensor(const drawing *d, size_t box)
{
    const onnx_view *v = &d->m->view;
    size_t i;
    if (kind_of(d, box, &i) != BOX_NODE)
        return &v->tensors[i];
    for (uint32_t k = 0; k < v->nodes[i].n_results; k++) {
        int64_t result = v->operands[v->nodes[i].first_result + k];
        if (result >= 0)
            return &v->tensors[result];
    }
    return NULL;
}

static const char *title_of(const drawing *d, size_t box)
{
    size_t i;
    return kind_of(d, box, &i) == BOX_NODE ? d->m->view.nodes[i].op : d->m->view.tensors[i].name;
}

/* The type as text, in the workspace; empty if it is unknown. */
static const char *detail_of(drawing *d, size_t box)
{
    const onnx_view_tensor *t = shown_tensor(d, box);
    d->word.size = 0;
    if (t != NULL && (t->type != DT_NONE || t->rank >= 0))
        show_type(&d->word, t);
    line_text(&d->word, "", 1);
    return d->word.failed ? "" : d->word.bytes;
}

/* ---- the graph ---- */

static void add_edge(drawing *d, int64_t from, size_t to, bool inner)
{
    layout *l = &d->l;
    if (from < 0 || (size_t)from >= to ||
        (l->n_edges > 0 && l->edges[l->n_edges - 1].from == (uint32_t)from && l->edges[l->n_edges - 1].to == to))
        return;
    d->inner[l->n_edges] = inner;
    l->edges[l->n_edges++] = (layout_edge){.from = (uint32_t)from, .to = (uint32_t)to};
}

/* box_of: of each tensor, the graph input that it is, or -1 */
static int64_t source(const drawing *d, const int32_t *box_of, int64_t tensor)
{
    const onnx_view *v = &d->m->view;
    return tensor < 0 ? -1 : v->tensors[tensor].maker >= 0 ? (int64_t)v->n_inputs + v->tensors[tensor].maker : box_of[tensor];
}

static void connect(drawing *d, const int32_t *box_of)
{
    const onnx_view *v = &d->m->view;
    size_t container = 0;
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        bool first = n->body > 0; /* reads nothing that its body makes */
        container = n->body == 0 ? i : container;
        for (uint32_t k = 0; k < n->n_operands; k++) {
            int64_t operand = v->operands[n->first_operand + k], maker = operand >= 0 ? v->tensors[operand].maker : -1;
            first = first && (maker < 0 || v->nodes[maker].body != n->body);
            add_edge(d, source(d, box_of, operand), v->n_inputs + i, false);
        }
        if (first)
            add_edge(d, (int64_t)(v->n_inputs + container), v->n_inputs + i, true);
    }
    for (size_t i = 0; i < v->n_outputs; i++)
        add_edge(d, source(d, box_of, v->output_tensors[i]), v->n_inputs + v->n_nodes + i, false);
}

static void size_boxes(drawing *d)
{
    char text[4 * LONGEST + 4];
    for (size_t i = 0; i < d->l.n_boxes; i++) {
        size_t node, wide = LETTER * clip(text, title_of(d, i));
        bool marked = kind_of(d, i, &node) == BOX_NODE && d->m->marked[node];
        size_t detail = SMALL_LETTER * clip(text, detail_of(d, i));
        wide += marked ? 2 * LETTER : 0;
        d->l.boxes[i].width = (int)(wide > detail ? wide : detail) + 16;
        d->l.boxes[i].height = detail > 0 ? TALL : FLAT;
    }
}

static nn_status open_drawing(drawing *d, const show_model *m, nn_error *err)
{
    const onnx_view *v = &m->view;
    size_t boxes = v->n_inputs + v->n_nodes + v->n_outputs, edges = v->n_operands + v->n_nodes + v->n_outputs;
    *d = (drawing){.m = m};
    if (boxes > SHOW_SVG_NODES || edges > SHOW_SVG_EDGES)
        return nn_fail(
            err, NN_ERR_USAGE, NULL, 0, 0,
            "the model is too large to draw: it has %zu nodes, inputs and outputs; expected at most %d, and %d operands; "
            "--format text shows it",
            boxes, SHOW_SVG_NODES, SHOW_SVG_EDGES);
    arena_init(&d->memory, 0);
    int32_t *box_of = arena_alloc(&d->memory, (v->n_tensors + 1) * sizeof *box_of);
    d->l.n_boxes = boxes;
    d->l.boxes = arena_calloc(&d->memory, boxes + 1, sizeof *d->l.boxes);
    d->l.edges = arena_calloc(&d->memory, edges + 1, sizeof *d->l.edges);
    d->inner = arena_calloc(&d->memory, edges + 1, sizeof *d->inner);
    if (arena_failed(&d->memory))
        return nn_nomem(err);
    memset(box_of, -1, v->n_tensors * sizeof *box_of);
    for (size_t i = 0; i < v->n_inputs; i++)
        box_of[v->input_tensors[i]] = (int32_t)i;
    connect(d, box_of);
    size_boxes(d);
    return d->word.failed ? nn_nomem(err) : layout_run(&d->l, &d->memory, err);
}

static void close_drawing(drawing *d)
{
    nn_free(d->word.bytes);
    arena_free(&d->memory);
}

/* ---- SVG ---- */

void show_svg_style(json_line *out)
{
    line_raw(out, ".nn{font:12px sans-serif}.nn "
                  "path{fill:none;stroke:#8a94a3;stroke-width:1.2;vector-effect:non-scaling-stroke}.nn .b{stroke-dasharray:4 3}"
                  ".nn rect{fill:#f4f6f9;stroke:#5b6675}.nn .io rect{fill:#e3e8ee;stroke:none}"
                  ".nn text{fill:#16202c;text-anchor:middle}.nn .d{font-size:10px;fill:#4d5866}.nn .l{text-anchor:start}"
                  ".nn .m0 rect{fill:#cfe2ff}.nn .m1 rect{fill:#d1f0d9}.nn .m2 rect{fill:#ffe2c2}.nn .m3 rect{fill:#e6d8fb}"
                  ".nn .m4 rect{fill:#cdeef0}.nn .m5 rect{fill:#f7ecb5}.nn .f rect{stroke:#c4201b;stroke-width:3}"
                  ".nn .f text{font-weight:bold}\n"
                  "@media(prefers-color-scheme:dark){.nn path{stroke:#768292}.nn rect{fill:#232a33;stroke:#8b98a8}"
                  ".nn .io rect{fill:#323b47}.nn text{fill:#e8edf3}.nn .d{fill:#b3bdc9}.nn .m0 rect{fill:#1d3f6e}"
                  ".nn .m1 rect{fill:#1c4a2b}.nn .m2 rect{fill:#5c3a12}.nn .m3 rect{fill:#43306b}.nn .m4 rect{fill:#14494d}"
                  ".nn .m5 rect{fill:#524711}.nn .f rect{stroke:#ff6b61}}\n");
}

/* Numbers, each after its text. */
static void put_at(json_line *out, const char *a, int x, const char *b, int y)
{
    line_raw(out, a);
    line_int(out, x);
    line_raw(out, b);
    line_int(out, y);
}

static void put_edge(json_line *out, const layout_edge *e, bool inner)
{
    line_raw(out, inner ? "<path class=\"b\" d=\"" : "<path d=\"");
    put_at(out, "M", e->points[0].x, " ", e->points[0].y);
    for (size_t i = 1; i < e->n_points; i++) {
        const layout_point a = e->points[i - 1], b = e->points[i];
        int middle = (a.y + b.y) / 2;
        if (a.x == b.x) {
            line_raw(out, "V");
            line_int(out, b.y);
            continue;
        }
        put_at(out, "C", a.x, " ", middle);
        put_at(out, " ", b.x, " ", middle);
        put_at(out, " ", b.x, " ", b.y);
    }
    line_raw(out, "\"/>\n");
}

/* What a pointer at the node shows. */
static void put_tip(drawing *d, json_line *out, size_t node)
{
    const show_model *m = d->m;
    d->word.size = 0;
    line_raw(&d->word, m->view.nodes[node].name);
    line_raw(&d->word, *m->view.nodes[node].name != '\0' ? ": " : "");
    show_call(&d->word, m, node);
    if (m->view.nodes[node].n_attributes > 0) {
        line_raw(&d->word, " {");
        show_attributes(&d->word, m, node);
        line_raw(&d->word, "}");
    }
    if (m->motif[node] > 0) {
        line_raw(&d->word, "; motif ");
        line_raw(&d->word, m->motifs[m->motif[node] - 1].name);
    }
    line_text(&d->word, "", 1);
    line_raw(out, "<title>");
    show_escaped(out, d->word.failed ? "" : d->word.bytes);
    line_raw(out, "</title>");
}

static void put_class(json_line *out, const show_model *m, box_kind kind, size_t index)
{
    line_raw(out, "<g class=\"");
    if (kind != BOX_NODE) {
        line_raw(out, "io");
    } else {
        line_raw(out, "n");
        if (m->motif[index] > 0) {
            line_raw(out, " m");
            line_int(out, (m->motif[index] - 1) % COLOURS);
        }
        line_raw(out, m->marked[index] ? " f" : "");
    }
    line_raw(out, "\">");
}

static void put_box(drawing *d, json_line *out, size_t i)
{
    const layout_box *b = &d->l.boxes[i];
    char text[4 * LONGEST + 4];
    size_t index;
    box_kind kind = kind_of(d, i, &index);
    put_class(out, d->m, kind, index);
    if (kind == BOX_NODE)
        put_tip(d, out, index);
    put_at(out, "<rect x=\"", b->x, "\" y=\"", b->y);
    put_at(out, "\" width=\"", b->width, "\" height=\"", b->height);
    line_raw(out, kind == BOX_NODE ? "\" rx=\"4\"/>" : "\" rx=\"10\"/>");
    put_at(out, "<text x=\"", b->x + b->width / 2, "\" y=\"", b->y + 14);
    line_raw(out, kind == BOX_NODE && d->m->marked[index] ? "\">! " : "\">");
    (void)clip(text, title_of(d, i));
    show_escaped(out, text);
    line_raw(out, "</text>");
    if (clip(text, detail_of(d, i)) > 0) {
        put_at(out, "<text class=\"d\" x=\"", b->x + b->width / 2, "\" y=\"", b->y + 28);
        line_raw(out, "\">");
        show_escaped(out, text);
        line_raw(out, "</text>");
    }
    line_raw(out, "</g>\n");
}

static void put_legend(const drawing *d, json_line *out)
{
    for (size_t i = 0; i < d->m->n_motifs; i++) {
        int y = d->l.height + MARGIN + LEGEND * (int)i;
        line_raw(out, "<g class=\"m");
        line_int(out, (int64_t)(i % COLOURS));
        put_at(out, "\"><rect x=\"", 0, "\" y=\"", y);
        put_at(out, "\" width=\"12\" height=\"12\" rx=\"3\"/><text class=\"l\" x=\"", 18, "\" y=\"", y + 10);
        line_raw(out, "\">");
        show_escaped(out, d->m->motifs[i].name);
        line_raw(out, " (");
        show_escaped(out, d->m->motifs[i].level);
        line_raw(out, ")</text></g>\n");
    }
}

static void put_svg(drawing *d, json_line *out, const char *name, bool alone)
{
    int width = d->l.width, legend = (int)d->m->n_motifs;
    for (size_t i = 0; i < d->m->n_motifs; i++) {
        int n = 18 + LETTER * (int)(strlen(d->m->motifs[i].name) + strlen(d->m->motifs[i].level) + 3);
        width = n > width ? n : width;
    }
    width += 2 * MARGIN;
    int height = d->l.height + 2 * MARGIN + (legend > 0 ? LEGEND * legend + MARGIN / 2 : 0);
    line_raw(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"nn\" role=\"img\" viewBox=\"");
    put_at(out, "", -MARGIN, " ", -MARGIN);
    put_at(out, " ", width, " ", height);
    put_at(out, "\" width=\"", width, "\" height=\"", height);
    line_raw(out, "\" aria-label=\"");
    show_escaped(out, name);
    line_raw(out, ": ");
    show_counts(out, d->m);
    line_raw(out, "\">\n");
    if (alone) {
        line_raw(out, "<style>");
        show_svg_style(out);
        line_raw(out, "</style>\n");
    }
    for (size_t i = 0; i < d->l.n_edges; i++)
        put_edge(out, &d->l.edges[i], d->inner[i]);
    for (size_t i = 0; i < d->l.n_boxes; i++)
        put_box(d, out, i);
    put_legend(d, out);
    line_raw(out, "</svg>\n");
}

nn_status show_svg(json_line *out, const show_model *m, const char *name, bool alone, nn_error *err)
{
    drawing d;
    nn_status s = open_drawing(&d, m, err);
    if (s == NN_OK)
        put_svg(&d, out, name, alone);
    if (s == NN_OK && (d.word.failed || out->failed))
        s = nn_nomem(err);
    close_drawing(&d);
    return s;
}
