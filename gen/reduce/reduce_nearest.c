#include "reduce/reduce_nearest.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_text.h"

#include <string.h>

enum { TABLE = 1 << 20 }; /* lines of one text times lines of the other; longer texts differ in all lines */

void reduce_nearest_close(reduce_nearest *n)
{
    reduce_case_free(&n->c);
    nn_free(n->text);
    *n = (reduce_nearest){.text = NULL};
}

/* ---- lines that differ ---- */

typedef struct {
    const char **all; /* starts of lines; all[n]: the end */
    size_t n;
} lines;

static bool split(lines *l, const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p++)
        n += *p == '\n';
    *l = (lines){.all = nn_malloc((n + 1) * sizeof *l->all)};
    if (l->all == NULL)
        return false;
    l->all[0] = text;
    for (const char *p = text; *p != '\0'; p++)
        if (*p == '\n')
            l->all[++l->n] = p + 1;
    return true;
}

static bool same_line(const lines *a, size_t i, const lines *b, size_t k)
{
    size_t n = (size_t)(a->all[i + 1] - a->all[i]);
    return n == (size_t)(b->all[k + 1] - b->all[k]) && memcmp(a->all[i], b->all[k], n) == 0;
}

static void put(json_line *out, char sign, const lines *l, size_t i, size_t *most)
{
    if (out == NULL || *most == 0)
        return;
    --*most;
    const char mark[] = {sign, ' ', '\0'};
    line_raw(out, mark);
    line_text(out, l->all[i], (size_t)(l->all[i + 1] - l->all[i]));
}

/* Compares what is between equal beginnings and equal ends by the longest common subsequence (Wagner, Fischer, "The
 * String-to-String Correction Problem", 1974). out NULL: counts only. */
static bool compare(size_t *distance, const lines *a, const lines *b, json_line *out, size_t most)
{
    size_t head = 0, n = a->n, m = b->n;
    while (head < n && head < m && same_line(a, head, b, head))
        head++;
    while (n > head && m > head && same_line(a, n - 1, b, m - 1)) {
        n--;
        m--;
    }
    size_t rows = n - head + 1, columns = m - head + 1;
    bool large = rows > TABLE / columns;
    uint32_t *best = large ? NULL : nn_calloc(rows * columns, sizeof *best);
    if (best == NULL && !large)
        return false;
    for (size_t i = rows - 1; !large && i-- > 0;)
        for (size_t k = columns - 1; k-- > 0;) {
            uint32_t down = best[(i + 1) * columns + k], right = best[i * columns + k + 1];
            best[i * columns + k] = same_line(a, head + i, b, head + k) ? best[(i + 1) * columns + k + 1] + 1
                                    : down > right                      ? down
                                                                        : right;
        }
    *distance = rows - 1 + columns - 1 - (large ? 0 : 2 * (size_t)best[0]);
    for (size_t i = 0, k = 0; i + 1 < rows || k + 1 < columns;) {
        if (i + 1 < rows && k + 1 < columns && same_line(a, head + i, b, head + k)) {
            i++;
            k++;
        } else if (i + 1 < rows && (k + 1 == columns || large || best[(i + 1) * columns + k] >= best[i * columns + k + 1])) {
            put(out, '-', a, head + i++, &most);
        } else {
            put(out, '+', b, head + k++, &most);
        }
    }
    nn_free(best);
    return true;
}

static nn_status text_of(char **to, const reduce_case *c, nn_error *err)
{
    json_line text = {.bytes = NULL};
    nn_status s = reduce_text(&text, c, err);
    *to = s == NN_OK ? nn_malloc(text.size + 1) : NULL;
    if (s == NN_OK && *to == NULL)
        s = nn_nomem(err);
    if (s == NN_OK) {
        if (text.size > 0)
            memcpy(*to, text.bytes, text.size);
        (*to)[text.size] = '\0';
    }
    nn_free(text.bytes);
    return s;
}

static nn_status compare_texts(size_t *distance, const char *one, const char *other, json_line *out, size_t most, nn_error *err)
{
    lines a = {.all = NULL}, b = {.all = NULL};
    bool good = split(&a, one) && split(&b, other) && compare(distance, &a, &b, out, most);
    nn_free(a.all);
    nn_free(b.all);
    return good ? NN_OK : nn_nomem(err);
}

nn_status reduce_nearest_offer(reduce_nearest *n, const reduce_case *smallest, reduce_case *c, const char *step, nn_error *err)
{
    char *text = NULL;
    size_t distance = 0;
    nn_status s = n->text == NULL ? text_of(&n->text, smallest, err) : NN_OK;
    if (s == NN_OK)
        s = text_of(&text, c, err);
    if (s == NN_OK)
        s = compare_texts(&distance, n->text, text, NULL, 0, err);
    nn_free(text);
    if (s != NN_OK || distance == 0 || (n->c.model.bytes != NULL && n->distance <= distance))
        return s;
    reduce_case_free(&n->c);
    n->c = *c;
    n->distance = distance;
    n->step = step;
    *c = (reduce_case){.inputs = NULL};
    return NN_OK;
}

nn_status reduce_nearest_describe(json_line *out, const reduce_nearest *n, const reduce_case *smallest, size_t most, nn_error *err)
{
    char *one = NULL, *other = NULL;
    size_t distance;
    nn_status s = text_of(&one, smallest, err);
    if (s == NN_OK)
        s = text_of(&other, &n->c, err);
    if (s == NN_OK)
        s = compare_texts(&distance, one, other, out, most, err);
    nn_free(one);
    nn_free(other);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}

/* ---- names ---- */

typedef struct {
    char *from, *to;
} pair;

typedef struct {
    pair *all;
    size_t n, room;
    bool failed;
    bool clash; /* a name that stays is another's new name */
} pairs;

static void add(pairs *p, char *from, char *to)
{
    if (from == NULL || to == NULL || from[0] == '\0' || p->failed)
        return;
    if (!nn_grow((void **)&p->all, &p->room, p->n + 1, sizeof *p->all))
        p->failed = true;
    else
        p->all[p->n++] = (pair){from, to};
}

static char *renamed(pairs *p, char *name)
{
    for (size_t i = 0; name != NULL && i < p->n; i++)
        if (strcmp(p->all[i].from, name) == 0)
            return p->all[i].to;
    for (size_t i = 0; name != NULL && i < p->n; i++)
        p->clash = p->clash || strcmp(p->all[i].to, name) == 0;
    return name;
}

/* Both graphs have the same parts. */
static void match(pairs *p, const Onnx__GraphProto *a, const Onnx__GraphProto *b)
{
    for (size_t i = 0; i < a->n_input && i < b->n_input; i++)
        add(p, a->input[i]->name, b->input[i]->name);
    for (size_t i = 0; i < a->n_initializer && i < b->n_initializer; i++)
        add(p, a->initializer[i]->name, b->initializer[i]->name);
    for (size_t i = 0; i < a->n_node && i < b->n_node; i++)
        for (size_t k = 0; k < a->node[i]->n_output && k < b->node[i]->n_output; k++)
            add(p, a->node[i]->output[k], b->node[i]->output[k]);
}

static void apply(pairs *p, Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_input; i++)
        g->input[i]->name = renamed(p, g->input[i]->name);
    for (size_t i = 0; i < g->n_initializer; i++)
        g->initializer[i]->name = renamed(p, g->initializer[i]->name);
    for (size_t i = 0; i < g->n_output; i++)
        g->output[i]->name = renamed(p, g->output[i]->name);
    for (size_t i = 0; i < g->n_value_info; i++)
        g->value_info[i]->name = renamed(p, g->value_info[i]->name);
    for (size_t i = 0; i < g->n_node; i++) {
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            g->node[i]->input[k] = renamed(p, g->node[i]->input[k]);
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            g->node[i]->output[k] = renamed(p, g->node[i]->output[k]);
    }
}

/* Gives each input tensor the name that the graph has for it. */
static nn_status rename_inputs(reduce_case *c, const pairs *p, arena *a, nn_error *err)
{
    for (size_t i = 0; i < c->n_inputs; i++) {
        Onnx__TensorProto *t = c->inputs[i].bytes != NULL ? reduce_parse_tensor(c->inputs[i].bytes, c->inputs[i].n, a) : NULL;
        if (t == NULL && c->inputs[i].bytes != NULL)
            return nn_nomem(err);
        if (t == NULL)
            continue;
        pairs own = *p;
        t->name = renamed(&own, t->name);
        size_t n = onnx__tensor_proto__get_packed_size(t);
        uint8_t *bytes = nn_malloc(n + 1);
        if (bytes == NULL)
            return nn_nomem(err);
        onnx__tensor_proto__pack(t, bytes);
        nn_free(c->inputs[i].bytes);
        c->inputs[i] = (reduce_bytes){bytes, n};
    }
    return NN_OK;
}

nn_status reduce_nearest_rename(reduce_nearest *n, const reduce_case *before, const reduce_case *after, nn_error *err)
{
    Onnx__ModelProto *a, *b, *m;
    pairs p = {.all = NULL};
    arena memory;
    if (n->c.model.bytes == NULL)
        return NN_OK;
    arena_init(&memory, 0);
    nn_status s = onnx_parse_all(&a, before->model.bytes, before->model.n, &memory, NULL, err);
    if (s == NN_OK)
        s = onnx_parse_all(&b, after->model.bytes, after->model.n, &memory, NULL, err);
    if (s == NN_OK)
        s = onnx_parse_all(&m, n->c.model.bytes, n->c.model.n, &memory, NULL, err);
    if (s == NN_OK) {
        match(&p, a->graph, b->graph);
        apply(&p, m->graph);
        size_t size = onnx__model_proto__get_packed_size(m);
        uint8_t *bytes = p.failed || p.clash ? NULL : nn_malloc(size + 1);
        if (bytes == NULL)
            s = p.clash ? NN_OK : nn_nomem(err);
        else {
            onnx__model_proto__pack(m, bytes);
            nn_free(n->c.model.bytes);
            n->c.model = (reduce_bytes){bytes, size};
            s = rename_inputs(&n->c, &p, &memory, err);
        }
    }
    nn_free(p.all);
    arena_free(&memory);
    nn_free(n->text);
    n->text = NULL;
    return s;
}
