#include "form/form_names.h"
#include "base/mix.h"

#include <string.h>

#define LONG_NAME 300

/* Replaces # by the number and @ by the old name. A pattern without # is made unique by the caller. */
static const char *expand(form_model *m, const char *pattern, uint32_t number, const char *old)
{
    char out[600];
    size_t n = 0;
    for (const char *p = pattern; *p != '\0' && n < 400; p++) {
        const char *part = *p == '#' ? form_text(m, "%u", number) : *p == '@' ? old : NULL;
        size_t length = part != NULL ? strlen(part) : 1;
        if (n + length >= sizeof out)
            break;
        memcpy(out + n, part != NULL ? part : p, length);
        n += length;
    }
    out[n] = '\0';
    return form_text(m, "%s", out);
}

static const char *lengthened(form_model *m, const char *name)
{
    char out[LONG_NAME + 1];
    size_t n = strlen(name);
    if (n >= LONG_NAME)
        return name;
    memcpy(out, name, n);
    memset(out + n, 'x', LONG_NAME - n);
    out[LONG_NAME] = '\0';
    return form_text(m, "%s", out);
}

/* ---- values ---- */

typedef struct {
    const char *pattern;
    bool mixed, length; /* mixed: the pattern is drawn for each value */
    uint32_t number;
} naming;

static void name_value(form_model *m, naming *n, form_value *v)
{
    const form_texts *all = &m->rules->names;
    const char *pattern = n->mixed ? all->items[form_draw(m, (uint32_t)all->n)] : n->pattern;
    if (strcmp(pattern, "@") == 0)
        return;
    v->name = expand(m, pattern, n->number++, v->name);
    if (n->length && form_draw(m, 8) == 0)
        v->name = lengthened(m, v->name);
}

static void name_values(form_model *m, naming *n, form_graph *g)
{
    for (size_t i = 0; i < g->inputs.n && !m->failed; i++)
        name_value(m, n, FORM_VALUE(g->inputs, i));
    for (size_t i = 0; i < g->constants.n && !m->failed; i++)
        name_value(m, n, FORM_VALUE(g->constants, i));
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++) {
        form_node *node = FORM_NODE(g->nodes, i);
        for (size_t k = 0; k < node->outputs.n && !m->failed; k++)
            if (node->outputs.items[k] != NULL)
                name_value(m, n, FORM_VALUE(node->outputs, k));
    }
}

/* Two different values never have one name by chance: numbers differ, but patterns may give `1` and `x1` with other old names. So
 * each name that is taken gets its number once more. */
static void make_unique(form_model *m)
{
    form_list all = {.n = 0};
    for (size_t i = 0; i < m->graphs.n && !m->failed; i++) {
        form_graph *g = FORM_GRAPH(m->graphs, i);
        for (size_t k = 0; k < g->inputs.n; k++)
            form_push(m, &all, g->inputs.items[k]);
        for (size_t k = 0; k < g->constants.n; k++)
            form_push(m, &all, g->constants.items[k]);
        for (size_t k = 0; k < g->nodes.n; k++)
            for (size_t j = 0; j < FORM_NODE(g->nodes, k)->outputs.n; j++)
                if (FORM_NODE(g->nodes, k)->outputs.items[j] != NULL)
                    form_push(m, &all, FORM_NODE(g->nodes, k)->outputs.items[j]);
    }
    size_t capacity = 16;
    while (capacity < 2 * all.n)
        capacity *= 2;
    const char **seen = form_memory(m, capacity * sizeof *seen);
    for (size_t i = 0; seen != NULL && i < all.n && !m->failed;) {
        form_value *v = FORM_VALUE(all, i);
        size_t at = (size_t)fnv_text(FNV_START, v->name) & (capacity - 1);
        while (seen[at] != NULL && strcmp(seen[at], v->name) != 0)
            at = (at + 1) & (capacity - 1);
        if (seen[at] == NULL) {
            seen[at] = v->name;
            i++;
        } else {
            v->name = form_text(m, "%s_%zu", v->name, i);
        }
    }
}

/* ---- shadowing ---- */

/* Values inside the graph take the names of those inside another one, which does not see them: the graphs are in no chain of
 * nesting. Only inner values of leaves are renamed. */
static bool is_leaf(const form_graph *g)
{
    for (size_t i = 0; i < g->nodes.n; i++)
        for (size_t k = 0; k < FORM_NODE(g->nodes, i)->attrs.n; k++)
            if (FORM_ATTR(FORM_NODE(g->nodes, i)->attrs, k)->graph != NULL)
                return false;
    return true;
}

static void share_names(form_model *m, form_graph *a, form_graph *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->nodes.n; i++)
        for (size_t k = 0; k < FORM_NODE(a->nodes, i)->outputs.n; k++) {
            form_value *v = FORM_VALUE(FORM_NODE(a->nodes, i)->outputs, k);
            if (v == NULL || i >= b->nodes.n || k >= FORM_NODE(b->nodes, i)->outputs.n ||
                FORM_NODE(b->nodes, i)->outputs.items[k] == NULL)
                continue;
            v->name = FORM_VALUE(FORM_NODE(b->nodes, i)->outputs, k)->name;
            n++;
        }
    if (n > 0)
        form_count(m, FORM_NAMES_SHADOW);
}

static void shadow(form_model *m)
{
    for (size_t i = 1; i < m->graphs.n && !m->failed; i++) {
        form_graph *a = FORM_GRAPH(m->graphs, i);
        for (size_t k = 1; k < i; k++) {
            form_graph *b = FORM_GRAPH(m->graphs, k);
            if (is_leaf(a) && is_leaf(b) && a->parent == b->parent && a->function == b->function) {
                share_names(m, a, b);
                break;
            }
        }
    }
}

/* ---- nodes and graphs ---- */

static const char *node_name(form_model *m, const char *pattern, uint32_t number, const form_node *n)
{
    for (size_t i = 0; i < n->outputs.n && strcmp(pattern, "=") == 0; i++)
        if (n->outputs.items[i] != NULL)
            return FORM_VALUE(n->outputs, i)->name;
    return expand(m, pattern, number, n->name);
}

/* Nodes of one graph have different names, or none. */
static void name_nodes(form_model *m)
{
    const form_texts *all = &m->rules->nodes;
    const char *pattern = all->items[form_draw(m, (uint32_t)all->n)];
    const bool again = form_draw(m, 2) == 0 && strchr(pattern, '#') != NULL && strchr(pattern, '@') == NULL; /* in each graph */
    uint32_t number = 0;
    if (strcmp(pattern, "@") == 0)
        return;
    for (size_t i = 0; i < m->graphs.n && !m->failed; i++) {
        const form_graph *g = FORM_GRAPH(m->graphs, i);
        number = again ? 0 : number;
        for (size_t k = 0; k < g->nodes.n && !m->failed; k++)
            FORM_NODE(g->nodes, k)->name = node_name(m, pattern, number++, FORM_NODE(g->nodes, k));
    }
    form_count(m, *pattern == '\0' ? FORM_NAMES_NO_NODES : again && m->graphs.n > 1 ? FORM_NAMES_EQUAL_NODES : FORM_NAMES_NODES);
}

static void tell(form_model *m)
{
    uint32_t kind = form_draw(m, 3);
    for (size_t i = 0; i < m->graphs.n; i++)
        FORM_GRAPH(m->graphs, i)->told = kind == 0 ? 0 : kind == 1 ? 50 : 100;
    if (kind < 2)
        form_count(m, kind == 0 ? FORM_NAMES_UNTOLD : FORM_NAMES_SOME_TOLD);
}

static void document(form_model *m)
{
    const form_texts *docs = &m->rules->docs;
    for (size_t i = 0; i < m->graphs.n; i++) {
        form_graph *g = FORM_GRAPH(m->graphs, i);
        g->doc = docs->items[form_draw(m, (uint32_t)docs->n)];
        for (size_t k = 0; k < g->nodes.n; k++)
            if (form_draw(m, 2) == 0)
                FORM_NODE(g->nodes, k)->doc = docs->items[form_draw(m, (uint32_t)docs->n)];
    }
    m->documented = true;
    form_count(m, FORM_NAMES_DOCS);
}

static void mark_up(form_model *m)
{
    for (size_t i = 0; i < m->graphs.n; i++)
        for (size_t k = 0; k < FORM_GRAPH(m->graphs, i)->nodes.n; k++)
            FORM_NODE(FORM_GRAPH(m->graphs, i)->nodes, k)->marked_up = form_draw(m, 2) == 0;
    m->metadata = true;
    form_count(m, FORM_NAMES_METADATA);
}

static void draw_ir(form_model *m)
{
    const int most = (int)m->rules->limits[LIMIT_IR];
    if (m->ir < most && m->ir > 3) { /* version 3 is another rule for initializers */
        m->ir += (int)form_draw(m, (uint32_t)(most - m->ir)) + 1;
        form_count(m, FORM_NAMES_IR);
    }
}

void form_names(form_model *m)
{
    const form_texts *all = &m->rules->names;
    naming n = {
        .pattern = all->items[form_draw(m, (uint32_t)all->n)], .mixed = form_draw(m, 2) == 0, .length = form_draw(m, 4) == 0};
    for (size_t i = 0; i < m->graphs.n && !m->failed; i++)
        name_values(m, &n, FORM_GRAPH(m->graphs, i));
    make_unique(m);
    if (n.number > 0)
        form_count(m, n.length ? FORM_NAMES_LONG : FORM_NAMES_VALUES);
    if (form_draw(m, 2) == 0)
        shadow(m);
    if (form_draw(m, 2) == 0)
        name_nodes(m);
    tell(m);
    if (form_draw(m, 3) == 0)
        document(m);
    if (form_draw(m, 3) == 0)
        draw_ir(m);
    if (form_draw(m, 3) == 0)
        mark_up(m);
    if (form_draw(m, 4) == 0) {
        m->imports = true;
        form_count(m, FORM_NAMES_IMPORTS);
    }
}
