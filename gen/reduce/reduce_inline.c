#include "reduce/reduce_inline.h"

#include <string.h>

enum { DEEPEST = 100 }; /* levels of bodies and calls */

typedef struct {
    const char *from;
    char *to;
} alias;

/* A graph or function while it is copied. */
struct reduce_frame {
    const reduce_frame *up; /* NULL: names from outside are not seen */
    const char *prefix;     /* of names in the graph that is made */
    const char *full;       /* of that graph itself */
    reduce_names own;
    alias *aliases; /* formals, and results of replaced nodes */
    size_t n_aliases, room_aliases;
    const Onnx__NodeProto *call; /* whose attributes stand for those of the function; NULL: none */
    const Onnx__FunctionProto *function;
};

/* The lists of a graph that is made. */
typedef struct {
    Onnx__NodeProto **nodes;
    size_t n_nodes, room_nodes;
    Onnx__TensorProto **constants;
    size_t n_constants, room_constants;
    bool function; /* it has no initializers */
} made;

static void copy_nodes(reduce_inline *x, reduce_frame *f, Onnx__NodeProto *const *nodes, size_t n, made *to);

static void add_pointer(reduce_inline *x, void *list, size_t *n, size_t *room, void *one)
{
    void **at = list;
    if (one == NULL || !nn_grow(at, room, *n + 1, sizeof(void *))) {
        x->failed = true;
        return;
    }
    ((void **)*at)[(*n)++] = one;
}

static void *copy_list(reduce_inline *x, const void *list, size_t n)
{
    void *own = arena_alloc(x->memory, (n + 1) * sizeof(void *));
    if (own != NULL && n > 0)
        memcpy(own, list, n * sizeof(void *));
    x->failed = x->failed || own == NULL;
    return own;
}

/* Moves a list into the arena. */
static void *settle(reduce_inline *x, void *list, size_t n)
{
    void *own = copy_list(x, list, n);
    nn_free(list);
    return own;
}

char *reduce_inner_prefix(arena *memory, const char *prefix, const Onnx__NodeProto *n, const Onnx__AttributeProto *a, size_t k)
{
    const char *first = n->n_output > 0 ? n->output[0] : "";
    for (size_t i = 0; first[0] == '\0' && i < n->n_output; i++)
        first = n->output[i];
    if (a == NULL)
        return arena_printf(memory, "%s%s//", prefix, first);
    if (a->g != NULL)
        return arena_printf(memory, "%s%s//%s//", prefix, first, a->name != NULL ? a->name : "");
    return arena_printf(memory, "%s%s//%s%zu//", prefix, first, a->name != NULL ? a->name : "", k);
}

/* ---- names ---- */

static char *resolve(reduce_inline *x, const reduce_frame *f, char *name)
{
    if (name == NULL || name[0] == '\0')
        return name;
    for (; f != NULL; f = f->up) {
        for (size_t i = f->n_aliases; i-- > 0;)
            if (strcmp(f->aliases[i].from, name) == 0)
                return f->aliases[i].to;
        if (!reduce_names_has(&f->own, name))
            continue;
        if (f->prefix[0] == '\0')
            return name;
        char *to = arena_printf(x->memory, "%s%s", f->prefix, name);
        x->failed = x->failed || to == NULL;
        return to;
    }
    return name;
}

static void add_alias(reduce_inline *x, reduce_frame *f, const char *from, char *to)
{
    if (from == NULL || from[0] == '\0')
        return;
    if (to == NULL || !nn_grow((void **)&f->aliases, &f->room_aliases, f->n_aliases + 1, sizeof *f->aliases)) {
        x->failed = true;
        return;
    }
    f->aliases[f->n_aliases++] = (alias){from, to};
}

static const char *full_name(reduce_inline *x, const reduce_frame *f, const char *name)
{
    const char *to = f->full[0] == '\0' ? name : arena_printf(x->memory, "%s%s", f->full, name);
    x->failed = x->failed || to == NULL;
    return to;
}

static void leave(reduce_inline *x, reduce_frame *f)
{
    x->failed = x->failed || f->own.failed;
    reduce_names_free(&f->own);
    nn_free(f->aliases);
}

static void state(reduce_inline *x, const reduce_frame *f, Onnx__ValueInfoProto *const *all, size_t n)
{
    for (size_t i = 0; i < n && x->all && !x->failed; i++) {
        if (all[i]->name == NULL || all[i]->type == NULL)
            continue;
        Onnx__ValueInfoProto *v = arena_alloc(x->memory, sizeof *v);
        char *name = resolve(x, f, all[i]->name);
        if (v == NULL || name == NULL) {
            x->failed = true;
            return;
        }
        onnx__value_info_proto__init(v);
        v->name = (char *)(uintptr_t)full_name(x, f, name);
        v->type = all[i]->type;
        add_pointer(x, &x->stated.all, &x->stated.n, &x->stated.room, v);
    }
}

/* ---- nodes that stay ---- */

static char **resolve_all(reduce_inline *x, const reduce_frame *f, char *const *names, size_t n)
{
    char **to = arena_alloc(x->memory, (n + 1) * sizeof *to);
    x->failed = x->failed || to == NULL;
    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = resolve(x, f, names[i]);
    return to;
}

static Onnx__ValueInfoProto **rename_infos(reduce_inline *x, const reduce_frame *f, Onnx__ValueInfoProto *const *all, size_t n)
{
    Onnx__ValueInfoProto **to = arena_alloc(x->memory, (n + 1) * sizeof *to);
    Onnx__ValueInfoProto *copies = arena_alloc(x->memory, (n + 1) * sizeof *copies);
    if (to == NULL || copies == NULL) {
        x->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        copies[i] = *all[i];
        copies[i].name = resolve(x, f, all[i]->name);
        to[i] = &copies[i];
    }
    return to;
}

static void copy_constants(reduce_inline *x, const reduce_frame *f, Onnx__TensorProto *const *all, size_t n, made *to)
{
    for (size_t i = 0; i < n && !x->failed; i++) {
        Onnx__TensorProto *t = arena_alloc(x->memory, sizeof *t);
        if (t != NULL) {
            *t = *all[i];
            t->name = resolve(x, f, all[i]->name);
        }
        add_pointer(x, &to->constants, &to->n_constants, &to->room_constants, t);
    }
}

/* Copies the nodes and constants of a graph into `to`, whose names in this frame are its own. */
static void copy_contents(reduce_inline *x, reduce_frame *f, const Onnx__GraphProto *g, Onnx__GraphProto *to)
{
    made lists = {.nodes = NULL};
    reduce_defines(&f->own, g);
    reduce_names_sort(&f->own);
    copy_constants(x, f, g->initializer, g->n_initializer, &lists);
    copy_nodes(x, f, g->node, g->n_node, &lists);
    to->n_node = lists.n_nodes;
    to->node = settle(x, lists.nodes, lists.n_nodes);
    to->n_initializer = lists.n_constants;
    to->initializer = settle(x, lists.constants, lists.n_constants);
}

/* Copies a body that stays one: its names get the prefix of what is around it. */
static Onnx__GraphProto *copy_body(reduce_inline *x, const reduce_frame *up, const Onnx__GraphProto *g, const char *full)
{
    Onnx__GraphProto *to = arena_alloc(x->memory, sizeof *to);
    reduce_frame f = {.up = up, .prefix = up->prefix, .full = full, .call = up->call, .function = up->function};
    if (to == NULL || full == NULL) {
        x->failed = true;
        return NULL;
    }
    *to = *g;
    copy_contents(x, &f, g, to);
    to->input = rename_infos(x, &f, g->input, g->n_input);
    to->output = rename_infos(x, &f, g->output, g->n_output);
    to->value_info = rename_infos(x, &f, g->value_info, g->n_value_info);
    leave(x, &f);
    return x->failed ? NULL : to;
}

/* The attribute of the call that a function's attribute refers to. NULL: it has none. */
static const Onnx__AttributeProto *referred(const reduce_frame *f, const char *name)
{
    for (size_t i = 0; i < f->call->n_attribute; i++)
        if (f->call->attribute[i]->name != NULL && strcmp(f->call->attribute[i]->name, name) == 0)
            return f->call->attribute[i];
    for (size_t i = 0; i < f->function->n_attribute_proto; i++)
        if (f->function->attribute_proto[i]->name != NULL && strcmp(f->function->attribute_proto[i]->name, name) == 0)
            return f->function->attribute_proto[i];
    return NULL;
}

/* NULL: there is none, or out of memory. */
static Onnx__AttributeProto *copy_attribute(reduce_inline *x, const reduce_frame *f, const Onnx__NodeProto *n,
                                            const Onnx__AttributeProto *from)
{
    const Onnx__AttributeProto *actual = from;
    if (from->ref_attr_name != NULL && from->ref_attr_name[0] != '\0' && f->call != NULL)
        actual = referred(f, from->ref_attr_name);
    if (actual == NULL)
        return NULL;
    Onnx__AttributeProto *to = arena_alloc(x->memory, sizeof *to);
    Onnx__GraphProto **graphs = arena_alloc(x->memory, (actual->n_graphs + 1) * sizeof *graphs);
    if (to == NULL || graphs == NULL) {
        x->failed = true;
        return NULL;
    }
    *to = *actual;
    to->name = from->name;
    if (actual != from)
        return to;
    if (from->g != NULL)
        to->g = copy_body(x, f, from->g, reduce_inner_prefix(x->memory, f->full, n, from, 0));
    for (size_t k = 0; k < from->n_graphs && !x->failed; k++)
        graphs[k] = copy_body(x, f, from->graphs[k], reduce_inner_prefix(x->memory, f->full, n, from, k));
    to->graphs = graphs;
    return to;
}

static void copy_node(reduce_inline *x, reduce_frame *f, const Onnx__NodeProto *n, made *to)
{
    Onnx__NodeProto *own = arena_alloc(x->memory, sizeof *own);
    Onnx__AttributeProto **list = arena_alloc(x->memory, (n->n_attribute + 1) * sizeof *list);
    x->large = x->large || x->room == 0;
    if (own == NULL || list == NULL || x->large) {
        x->failed = true;
        return;
    }
    x->room--;
    *own = *n;
    own->input = resolve_all(x, f, n->input, n->n_input);
    own->output = resolve_all(x, f, n->output, n->n_output);
    own->attribute = list;
    own->n_attribute = 0;
    for (size_t k = 0; k < n->n_attribute && !x->failed; k++) {
        Onnx__NodeProto named = *n; /* the key of a body has the name that the tensor has in the graph that is made */
        named.output = own->output;
        list[own->n_attribute] = copy_attribute(x, f, &named, n->attribute[k]);
        own->n_attribute += list[own->n_attribute] != NULL;
    }
    add_pointer(x, &to->nodes, &to->n_nodes, &to->room_nodes, own);
}

/* ---- nodes that are replaced ---- */

/* Whether the bodies of both sides speak of the same versions of operators. */
static bool same_versions(const reduce_inline *x, const Onnx__FunctionProto *f)
{
    for (size_t i = 0; i < f->n_opset_import; i++) {
        const char *domain = f->opset_import[i]->domain != NULL ? f->opset_import[i]->domain : "";
        bool found = false;
        for (size_t k = 0; k < x->m->n_opset_import; k++) {
            const char *own = x->m->opset_import[k]->domain != NULL ? x->m->opset_import[k]->domain : "";
            found = found || (strcmp(own, domain) == 0 && x->m->opset_import[k]->version == f->opset_import[i]->version);
        }
        if (!found)
            return false;
    }
    return true;
}

/* A formal of a body that nothing outside surely stands for. */
static void add_loose(reduce_inline *x, const reduce_frame *f, const Onnx__ValueInfoProto *formal, const char *actual)
{
    char *name = resolve(x, f, formal->name);
    void *list = x->loose.all;
    if (name == NULL || !nn_grow(&list, &x->loose.room, x->loose.n + 1, sizeof *x->loose.all)) {
        x->failed = true;
        return;
    }
    x->loose.all = list;
    x->loose.all[x->loose.n++] =
        (reduce_loose){full_name(x, f, name), actual != NULL ? full_name(x, f, actual) : NULL, formal->type};
}

static void add_join(reduce_inline *x, const reduce_frame *f, const char *output, const char *inside, bool repeated, bool exact)
{
    void *list = x->joins.all;
    if (output == NULL || inside == NULL || output[0] == '\0' || inside[0] == '\0' || x->failed)
        return;
    const char *name = full_name(x, f, output);
    for (size_t i = 0; i < x->joins.n && name != NULL; i++)
        if (strcmp(x->joins.all[i].output, name) == 0) {
            x->joins.all[i].inside[1] = full_name(x, f, inside);
            return;
        }
    if (name == NULL || !nn_grow(&list, &x->joins.room, x->joins.n + 1, sizeof *x->joins.all)) {
        x->failed = true;
        return;
    }
    x->joins.all = list;
    x->joins.all[x->joins.n++] = (reduce_join){name, {full_name(x, f, inside), NULL}, repeated, exact};
}

/* How a body's inputs and outputs stand to the operands and results of its node. A loop's body begins with the number of the turn
 * and the condition, and makes the condition first; a scan's takes slices of its last operands. A body without inputs is a branch.
 */
typedef struct {
    size_t skip_in, skip_out; /* body inputs and outputs without an operand or result of their own */
    size_t carried;           /* those that follow stand for operands, and as many outputs for results */
    bool repeated;
} body_form;

static body_form form_of(const Onnx__NodeProto *n, const Onnx__GraphProto *g)
{
    if (g->n_input == 0)
        return (body_form){.carried = g->n_output};
    for (size_t i = 0; i < n->n_attribute; i++) {
        const Onnx__AttributeProto *a = n->attribute[i];
        if (a->name == NULL || strcmp(a->name, "num_scan_inputs") != 0)
            continue;
        bool good = a->i >= 0 && (uint64_t)a->i <= g->n_input;
        return (body_form){.carried = good ? g->n_input - (size_t)a->i : 0, .repeated = true};
    }
    return (body_form){.skip_in = 2, .skip_out = 1, .carried = g->n_input > 2 ? g->n_input - 2 : 0, .repeated = true};
}

static void replace_body(reduce_inline *x, reduce_frame *up, const Onnx__NodeProto *n, const Onnx__GraphProto *g, const char *inner,
                         bool alone, made *to)
{
    const body_form form = form_of(n, g);
    reduce_frame f = {.up = up, .full = up->full, .call = up->call, .function = up->function, .prefix = inner};
    if (inner == NULL) {
        x->failed = true;
        return;
    }
    reduce_defines(&f.own, g);
    reduce_names_sort(&f.own);
    for (size_t i = 0; i < g->n_input && !x->failed; i++) {
        bool same = i >= form.skip_in && i - form.skip_in < form.carried && i < n->n_input && n->input[i][0] != '\0';
        char *actual = same ? resolve(x, up, n->input[i]) : NULL;
        if (x->all)
            add_loose(x, &f, g->input[i], actual);
        else if (actual != NULL)
            add_alias(x, &f, g->input[i]->name, actual);
    }
    copy_constants(x, &f, g->initializer, g->n_initializer, to);
    copy_nodes(x, &f, g->node, g->n_node, to);
    state(x, &f, g->value_info, g->n_value_info);
    state(x, &f, g->output, g->n_output);
    for (size_t i = form.skip_out; i < g->n_output && i - form.skip_out < n->n_output && !x->failed; i++) {
        char *inside = resolve(x, &f, g->output[i]->name), *output = n->output[i - form.skip_out];
        if (i - form.skip_out >= form.carried || output[0] == '\0')
            continue;
        if (x->all)
            add_join(x, up, resolve(x, up, output), inside, form.repeated, false);
        else if (alone)
            add_alias(x, up, output, inside);
    }
    leave(x, &f);
}

static void replace_call(reduce_inline *x, reduce_frame *up, const Onnx__NodeProto *n, const Onnx__FunctionProto *g,
                         const char *inner, made *to)
{
    reduce_frame f = {.full = up->full, .call = n, .function = g, .prefix = inner};
    if (inner == NULL) {
        x->failed = true;
        return;
    }
    static char absent[] = "";
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            reduce_names_add(&f.own, g->node[i]->output[k]);
    reduce_names_sort(&f.own);
    for (size_t i = 0; i < g->n_input; i++)
        add_alias(x, &f, g->input[i], i < n->n_input ? resolve(x, up, n->input[i]) : absent);
    copy_nodes(x, &f, g->node, g->n_node, to);
    state(x, &f, g->value_info, g->n_value_info);
    for (size_t i = 0; i < g->n_output && i < n->n_output && !x->failed; i++) {
        char *inside = resolve(x, &f, g->output[i]);
        if (x->all)
            add_join(x, up, resolve(x, up, n->output[i]), inside, false, true);
        add_alias(x, up, n->output[i], inside);
    }
    leave(x, &f);
}

static bool is_wanted(const reduce_inline *x, const void *item)
{
    bool found = x->all;
    for (size_t i = 0; !found && i < x->n_chosen; i++)
        found = x->chosen[i] == item;
    return found;
}

static bool can_enter(const Onnx__GraphProto *g, const made *to)
{
    return g->n_sparse_initializer == 0 && (!to->function || g->n_initializer == 0);
}

static size_t bodies_of(const Onnx__AttributeProto *a)
{
    return a->g != NULL ? 1 : a->n_graphs;
}

static const Onnx__GraphProto *body_of(const Onnx__AttributeProto *a, size_t k)
{
    return a->g != NULL ? a->g : a->graphs[k];
}

/* The attributes of a call may not have bodies, which speak of other names. */
static bool passes_bodies(const Onnx__NodeProto *n)
{
    bool any = false;
    for (size_t i = 0; i < n->n_attribute; i++)
        any = any || bodies_of(n->attribute[i]) > 0;
    return any;
}

/* Replaces the node by its bodies or its function, if that is wanted. */
static bool replace(reduce_inline *x, reduce_frame *f, const Onnx__NodeProto *n, made *to)
{
    bool done = false;
    for (size_t i = 0; i < n->n_attribute && !x->failed; i++)
        for (size_t k = 0; k < bodies_of(n->attribute[i]) && !x->failed; k++) {
            const Onnx__GraphProto *g = body_of(n->attribute[i], k);
            if ((done && !x->all) || !is_wanted(x, g) || !can_enter(g, to))
                continue;
            replace_body(x, f, n, g, reduce_inner_prefix(x->memory, f->prefix, n, n->attribute[i], k), !done, to);
            done = true;
        }
    const Onnx__FunctionProto *g = done ? NULL : onnx_function_of(x->m, n);
    if (g != NULL && is_wanted(x, n) && same_versions(x, g) && !passes_bodies(n) && !x->failed) {
        replace_call(x, f, n, g, reduce_inner_prefix(x->memory, f->prefix, n, NULL, 0), to);
        done = true;
    }
    return done;
}

/* The room ends a recursion of functions, which call one another in a file that is not sound. */
static void copy_nodes(reduce_inline *x, reduce_frame *f, Onnx__NodeProto *const *nodes, size_t n, made *to)
{
    x->large = x->large || x->depth > DEEPEST;
    x->failed = x->failed || x->large;
    x->depth++;
    for (size_t i = 0; i < n && !x->failed; i++)
        if (!replace(x, f, nodes[i], to))
            copy_node(x, f, nodes[i], to);
    x->depth--;
}

/* ---- whole models ---- */

static void list_nodes(reduce_inline_items *to, const Onnx__ModelProto *m, Onnx__NodeProto *const *nodes, size_t n);

static void list_one(reduce_inline_items *to, const void *item)
{
    void *list = to->all;
    if (!nn_grow(&list, &to->room, to->n + 1, sizeof *to->all)) {
        to->failed = true;
        return;
    }
    to->all = list;
    to->all[to->n++] = item;
}

static void list_nodes(reduce_inline_items *to, const Onnx__ModelProto *m, Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n && !to->failed; i++) {
        const Onnx__NodeProto *node = nodes[i];
        for (size_t j = 0; j < node->n_attribute; j++)
            for (size_t k = 0; k < bodies_of(node->attribute[j]) && !to->failed; k++) {
                const Onnx__GraphProto *g = body_of(node->attribute[j], k);
                list_one(to, g);
                list_nodes(to, m, g->node, g->n_node);
            }
        if (m->n_functions > 0 && onnx_function_of(m, node) != NULL)
            list_one(to, node);
    }
}

void reduce_inline_list(reduce_inline_items *to, const Onnx__ModelProto *m)
{
    *to = (reduce_inline_items){.all = NULL};
    list_nodes(to, m, m->graph->node, m->graph->n_node);
    for (size_t i = 0; i < m->n_functions; i++)
        list_nodes(to, m, m->functions[i]->node, m->functions[i]->n_node);
}

static Onnx__FunctionProto *copy_function(reduce_inline *x, const Onnx__FunctionProto *g)
{
    Onnx__FunctionProto *to = arena_alloc(x->memory, sizeof *to);
    made lists = {.function = true};
    reduce_frame f = {.full = "", .prefix = ""};
    if (to == NULL) {
        x->failed = true;
        return NULL;
    }
    *to = *g;
    for (size_t i = 0; i < g->n_input; i++)
        reduce_names_add(&f.own, g->input[i]);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            reduce_names_add(&f.own, g->node[i]->output[k]);
    reduce_names_sort(&f.own);
    copy_nodes(x, &f, g->node, g->n_node, &lists);
    to->output = resolve_all(x, &f, g->output, g->n_output);
    to->n_node = lists.n_nodes;
    to->node = settle(x, lists.nodes, lists.n_nodes);
    leave(x, &f);
    return to;
}

bool reduce_inline_run(reduce_inline *x, Onnx__GraphProto *graph, Onnx__FunctionProto ***functions)
{
    const Onnx__GraphProto *g = x->m->graph;
    reduce_frame f = {.full = "", .prefix = ""};
    *graph = *g;
    copy_contents(x, &f, g, graph);
    graph->input = copy_list(x, g->input, g->n_input);
    graph->value_info = copy_list(x, g->value_info, g->n_value_info);
    graph->sparse_initializer = copy_list(x, g->sparse_initializer, g->n_sparse_initializer);
    graph->output = rename_infos(x, &f, g->output, g->n_output);
    leave(x, &f);
    if (x->all || x->failed)
        return !x->failed;
    *functions = arena_alloc(x->memory, (x->m->n_functions + 1) * sizeof **functions);
    x->failed = *functions == NULL;
    for (size_t i = 0; i < x->m->n_functions && !x->failed; i++)
        (*functions)[i] = copy_function(x, x->m->functions[i]);
    return !x->failed;
}

void reduce_inline_close(reduce_inline *x)
{
    nn_free(x->joins.all);
    nn_free(x->loose.all);
    nn_free(x->stated.all);
    *x = (reduce_inline){.m = NULL};
}
