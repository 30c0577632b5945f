#include "reduce/reduce_base.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_names.h"
#include "reduce/reduce_values.h"
#include "value/dtype.h"

#include <stdlib.h>
#include <string.h>

void reduce_case_free(reduce_case *c)
{
    nn_free(c->model.bytes);
    nn_free(c->tape.bytes);
    for (size_t i = 0; i < c->n_inputs; i++)
        nn_free(c->inputs[i].bytes);
    nn_free(c->inputs);
    *c = (reduce_case){.inputs = NULL};
}

nn_status reduce_case_copy(reduce_case *to, const reduce_case *from, nn_error *err)
{
    *to = (reduce_case){.n_inputs = from->n_inputs};
    to->model.bytes = nn_malloc(from->model.n + 1);
    to->inputs = nn_calloc(from->n_inputs + 1, sizeof *to->inputs);
    bool good = to->model.bytes != NULL && to->inputs != NULL;
    if (good && from->tape.bytes != NULL) {
        to->tape.bytes = nn_malloc(from->tape.n + 1);
        good = to->tape.bytes != NULL;
        to->tape.n = from->tape.n;
        if (good)
            memcpy(to->tape.bytes, from->tape.bytes, from->tape.n);
    }
    if (good) {
        memcpy(to->model.bytes, from->model.bytes, from->model.n);
        to->model.n = from->model.n;
    }
    for (size_t i = 0; good && i < from->n_inputs; i++) {
        if (from->inputs[i].bytes == NULL)
            continue;
        to->inputs[i].bytes = nn_malloc(from->inputs[i].n + 1);
        good = to->inputs[i].bytes != NULL;
        if (good) {
            memcpy(to->inputs[i].bytes, from->inputs[i].bytes, from->inputs[i].n);
            to->inputs[i].n = from->inputs[i].n;
        }
    }
    if (good)
        return NN_OK;
    to->n_inputs = to->inputs != NULL ? to->n_inputs : 0;
    reduce_case_free(to);
    return nn_nomem(err);
}

void reduce_base_close(reduce_base *b)
{
    reduce_case_free(&b->from);
    nn_free(b->facts);
    arena_free(&b->memory);
    *b = (reduce_base){.m = NULL};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const reduce_fact *)a)->name, ((const reduce_fact *)b)->name);
}

const reduce_fact *reduce_find_fact(const reduce_base *b, const char *name)
{
    return b->n_facts > 0 && name != NULL ? bsearch(&(reduce_fact){.name = name}, b->facts, b->n_facts, sizeof *b->facts, by_name)
                                          : NULL;
}

bool reduce_add_fact(reduce_base *b, const reduce_fact *f)
{
    if (f->name == NULL || f->name[0] == '\0')
        return true;
    if (!nn_grow((void **)&b->facts, &b->room_facts, b->n_facts + 1, sizeof *b->facts))
        return false;
    b->facts[b->n_facts++] = *f;
    return true;
}

static bool states_dims(const Onnx__TypeProto *t)
{
    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL)
        return false;
    for (size_t i = 0; i < t->tensor_type->shape->n_dim; i++)
        if (t->tensor_type->shape->dim[i]->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            return false;
    return true;
}

/* How much a fact says: a value more than dimensions, these more than a type. */
static int weight(const reduce_fact *f)
{
    return f->value != NULL ? 4 : states_dims(f->type) ? 3 : f->type != NULL ? (f->evaluated ? 2 : 1) : 0;
}

/* Sorts the facts and makes one of all that are about the same tensor. */
static void sort_facts(reduce_base *b)
{
    size_t kept = 0;
    if (b->n_facts > 0)
        qsort(b->facts, b->n_facts, sizeof *b->facts, by_name);
    for (size_t i = 0; i < b->n_facts; i++) {
        reduce_fact *last = kept > 0 ? &b->facts[kept - 1] : NULL, f = b->facts[i];
        if (last == NULL || strcmp(last->name, f.name) != 0) {
            b->facts[kept++] = f;
            continue;
        }
        f.evaluated = f.evaluated || last->evaluated;
        if (weight(&f) > weight(last) || (weight(&f) == weight(last) && b->facts[i].evaluated && !last->evaluated))
            *last = f;
        last->evaluated = f.evaluated;
    }
    b->n_facts = kept;
}

Onnx__TypeProto *reduce_type_of(const Onnx__TensorProto *value, bool dims, arena *a)
{
    size_t rank = value->n_dims;
    Onnx__TypeProto *t = arena_alloc(a, sizeof *t);
    Onnx__TypeProto__Tensor *tensor = arena_alloc(a, sizeof *tensor);
    Onnx__TensorShapeProto *shape = arena_alloc(a, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *all = arena_alloc(a, rank * sizeof *all), **list = arena_alloc(a, rank * sizeof *list);
    if (arena_failed(a))
        return NULL;
    onnx__type_proto__init(t);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    t->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    t->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = value->data_type;
    tensor->shape = shape;
    shape->n_dim = rank;
    shape->dim = list;
    for (size_t i = 0; i < rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&all[i]);
        list[i] = &all[i];
        if (dims) {
            all[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            all[i].dim_value = value->dims[i];
        }
    }
    return t;
}

static void *take(void *data, size_t n)
{
    return arena_alloc(data, n);
}

static void give(void *data, void *p)
{
    (void)data;
    (void)p;
}

Onnx__TensorProto *reduce_parse_tensor(const void *bytes, size_t n, arena *a)
{
    ProtobufCAllocator memory = {.alloc = take, .free = give, .allocator_data = a};
    return onnx__tensor_proto__unpack(&memory, n, bytes);
}

static bool add_value(reduce_base *b, const char *name, const Onnx__TensorProto *value, bool shape_only, bool dims, bool evaluated)
{
    Onnx__TypeProto *t = reduce_type_of(value, dims, &b->memory);
    return t != NULL && reduce_add_fact(b, &(reduce_fact){name, t, shape_only ? NULL : value, .evaluated = evaluated});
}

static bool add_stated(reduce_base *b, Onnx__ValueInfoProto *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (all[i]->type != NULL && all[i]->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            !reduce_add_fact(b, &(reduce_fact){.name = all[i]->name, .type = all[i]->type}))
            return false;
    return true;
}

/* What the file itself says, and the inputs. */
static nn_status add_facts(reduce_base *b, const char *shown, nn_error *err)
{
    const Onnx__GraphProto *g = b->m->graph;
    reduce_names constants = {.names = NULL};
    size_t next = 0;
    nn_status s = NN_OK;
    for (size_t i = 0; i < g->n_initializer; i++)
        reduce_names_add(&constants, g->initializer[i]->name);
    reduce_names_sort(&constants);
    bool good = !constants.failed && add_stated(b, g->input, g->n_input) && add_stated(b, g->output, g->n_output) &&
                add_stated(b, g->value_info, g->n_value_info);
    for (size_t i = 0; good && i < g->n_initializer; i++)
        good = add_value(b, g->initializer[i]->name, g->initializer[i], false, true, false);
    for (size_t i = 0; good && s == NN_OK && i < g->n_input; i++) {
        if (reduce_names_has(&constants, g->input[i]->name) || next >= b->from.n_inputs)
            continue;
        const reduce_bytes *in = &b->from.inputs[next++];
        if (in->bytes == NULL)
            continue;
        Onnx__TensorProto *t = reduce_parse_tensor(in->bytes, in->n, &b->memory);
        if (t == NULL && !arena_failed(&b->memory))
            s = nn_fail(err, NN_ERR_IO, shown, 0, 0, "input %zu is not a tensor", i);
        else
            good = t != NULL && add_value(b, g->input[i]->name, t, false, true, false);
    }
    reduce_names_free(&constants);
    return good ? s : nn_nomem(err);
}

/* ---- values by evaluation ---- */

Onnx__TensorProto *reduce_invent(const Onnx__TypeProto *type, bool *exact, arena *a)
{
    if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || type->tensor_type->shape == NULL)
        return NULL;
    const Onnx__TensorShapeProto *shape = type->tensor_type->shape;
    size_t width = dtype_size((dtype)type->tensor_type->elem_type);
    int64_t n = 1;
    Onnx__TensorProto *t = arena_alloc(a, sizeof *t);
    int64_t *dims = arena_alloc(a, shape->n_dim * sizeof *dims);
    if (arena_failed(a) || dtype_of_number(type->tensor_type->elem_type) == DT_NONE || width == 0)
        return NULL;
    for (size_t i = 0; i < shape->n_dim; i++) {
        bool stated =
            shape->dim[i]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && shape->dim[i]->dim_value >= 0;
        dims[i] = stated ? shape->dim[i]->dim_value : 1;
        *exact = *exact && stated;
        if (!nn_mul64(n, dims[i], &n) || n > ((int64_t)1 << 28))
            return NULL;
    }
    onnx__tensor_proto__init(t);
    t->n_dims = shape->n_dim;
    t->dims = dims;
    t->has_data_type = 1;
    t->data_type = type->tensor_type->elem_type;
    t->has_raw_data = 1;
    t->raw_data.len = dtype_stored((dtype)t->data_type, (size_t)n);
    t->raw_data.data = arena_calloc(a, t->raw_data.len + 1, 1);
    return t->raw_data.data != NULL ? t : NULL;
}

nn_status reduce_set_input(nn_eval *e, const char *name, const Onnx__TensorProto *t, nn_error *err)
{
    size_t n = onnx__tensor_proto__get_packed_size(t);
    uint8_t *bytes = nn_malloc(n + 1);
    if (bytes == NULL)
        return nn_nomem(err);
    onnx__tensor_proto__pack(t, bytes);
    nn_status s = nn_eval_set(e, name, bytes, n, err);
    nn_free(bytes);
    return s;
}

/* Adds the results of a node that nothing reads. false: out of memory. */
static bool add_results(Onnx__GraphProto *g, const Onnx__NodeProto *node, const reduce_names *reads, arena *a)
{
    for (size_t k = 0; k < node->n_output; k++) {
        if (node->output[k][0] == '\0' || reduce_names_has(reads, node->output[k]))
            continue;
        Onnx__ValueInfoProto *v = arena_alloc(a, sizeof *v);
        if (v == NULL)
            return false;
        onnx__value_info_proto__init(v);
        v->name = node->output[k];
        g->output[g->n_output++] = v;
    }
    return true;
}

const uint8_t *reduce_whole(const reduce_case *c, const Onnx__ModelProto *m, size_t *n, arena *a)
{
    Onnx__ModelProto whole = *m;
    Onnx__GraphProto g = *m->graph;
    reduce_names reads = {.names = NULL};
    size_t room = g.n_output + 1;
    for (size_t i = 0; i < g.n_node; i++) {
        reduce_reads(&reads, g.node[i]);
        room += g.node[i]->n_output;
    }
    for (size_t i = 0; i < g.n_output; i++)
        reduce_names_add(&reads, g.output[i]->name);
    reduce_names_sort(&reads);
    Onnx__ValueInfoProto **outputs = arena_alloc(a, room * sizeof *outputs);
    bool good = outputs != NULL && !reads.failed;
    if (good && g.n_output > 0)
        memcpy(outputs, g.output, g.n_output * sizeof *outputs);
    g.output = outputs;
    for (size_t i = 0; good && i < g.n_node; i++)
        good = add_results(&g, g.node[i], &reads, a);
    reduce_names_free(&reads);
    *n = c->model.n;
    if (!good || g.n_output == m->graph->n_output)
        return good ? c->model.bytes : NULL;
    whole.graph = &g;
    *n = onnx__model_proto__get_packed_size(&whole);
    uint8_t *bytes = arena_alloc(a, *n + 1);
    if (bytes != NULL)
        onnx__model_proto__pack(&whole, bytes);
    return bytes;
}

/* Adds what an evaluation tells. With `more` the values that the user gave take part, and what follows from them is no base to
 * judge candidates by. */
static nn_status evaluate(reduce_base *b, const reduce_base *more, nn_error *err)
{
    reduce_results r;
    nn_status s = reduce_evaluate(&r, &b->from, b->m, more, &b->limits, VALUES_TWICE, &b->memory, err);
    if (s != NN_OK)
        return s;
    bool sure = r.given;
    for (size_t i = 0; i < r.n; i++) {
        const reduce_result *x = &r.all[i];
        sure = sure && x->sure;
        if (x->value != NULL && !add_value(b, x->name, x->value, !x->sure, x->dims, more == NULL))
            return nn_nomem(err);
    }
    if (more == NULL) {
        b->judges = r.ran;
        b->whole = r.ran && r.whole;
        b->computed = b->whole && sure;
    }
    return NN_OK;
}

/* Evaluates once more with what the user gave of tensors that the table does not reach. */
static nn_status evaluate_given(reduce_base *b, const reduce_base *known, nn_error *err)
{
    reduce_base useful = {.m = NULL};
    nn_status s = NN_OK;
    sort_facts(b);
    for (size_t i = 0; s == NN_OK && known != NULL && i < known->n_facts; i++) {
        const reduce_fact *have = reduce_find_fact(b, known->facts[i].name);
        if (known->facts[i].given && (have == NULL || !have->evaluated) && !reduce_add_fact(&useful, &known->facts[i]))
            s = nn_nomem(err);
    }
    if (s == NN_OK && useful.n_facts > 0)
        s = evaluate(b, &useful, err);
    nn_free(useful.facts);
    return s;
}

static nn_status copy_fact(reduce_base *b, const reduce_fact *f, nn_error *err)
{
    Onnx__TypeProto *type = NULL;
    Onnx__TensorProto *value = NULL;
    ProtobufCAllocator memory = {.alloc = take, .free = give, .allocator_data = &b->memory};
    const char *name = arena_strdup(&b->memory, f->name);
    size_t n = f->type != NULL ? onnx__type_proto__get_packed_size(f->type) : 0,
           m = f->value != NULL ? onnx__tensor_proto__get_packed_size(f->value) : 0;
    uint8_t *bytes = arena_alloc(&b->memory, (n > m ? n : m) + 1);
    if (name == NULL || bytes == NULL)
        return nn_nomem(err);
    if (f->type != NULL)
        type = onnx__type_proto__unpack(&memory, onnx__type_proto__pack(f->type, bytes), bytes);
    if (f->value != NULL)
        value = reduce_parse_tensor(bytes, onnx__tensor_proto__pack(f->value, bytes), &b->memory);
    return !arena_failed(&b->memory) && reduce_add_fact(b, &(reduce_fact){name, type, value, .given = f->given}) ? NN_OK
                                                                                                                 : nn_nomem(err);
}

/* Copies what is not known yet. */
static nn_status copy_known(reduce_base *b, const reduce_base *known, nn_error *err)
{
    nn_status s = NN_OK;
    bool *wanted = nn_calloc(known->n_facts + 1, sizeof *wanted);
    if (wanted == NULL)
        return nn_nomem(err);
    sort_facts(b);
    for (size_t i = 0; i < known->n_facts; i++) {
        const reduce_fact *have = reduce_find_fact(b, known->facts[i].name);
        wanted[i] = have == NULL || (have->value == NULL && known->facts[i].value != NULL) || known->facts[i].given;
    }
    for (size_t i = 0; s == NN_OK && i < known->n_facts; i++)
        if (wanted[i])
            s = copy_fact(b, &known->facts[i], err);
    nn_free(wanted);
    return s;
}

nn_status reduce_base_open(reduce_base *b, reduce_case *from, const reduce_base *known, const reduce_limits *limits,
                           const char *shown, nn_error *err)
{
    *b = (reduce_base){.from = *from, .limits = *limits};
    *from = (reduce_case){.inputs = NULL};
    arena_init(&b->memory, 0);
    nn_status s = onnx_parse_all(&b->m, b->from.model.bytes, b->from.model.n, &b->memory, shown, err);
    if (s == NN_OK)
        s = add_facts(b, shown, err);
    if (s == NN_OK)
        sort_facts(b);
    if (s == NN_OK && limits->max_work > 0)
        s = evaluate(b, NULL, err);
    if (s == NN_OK && limits->max_work > 0 && b->judges && !b->computed)
        s = evaluate_given(b, known, err);
    if (s == NN_OK && known != NULL && !b->computed)
        s = copy_known(b, known, err);
    if (s != NN_OK) {
        reduce_base_close(b);
        return s;
    }
    sort_facts(b);
    return NN_OK;
}

/* The dimensions of a fact; false: not all are known. */
static bool dims_of(const reduce_fact *f, int32_t *type, const Onnx__TensorShapeProto **shape)
{
    if (f == NULL || f->type == NULL || f->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        f->type->tensor_type->shape == NULL)
        return false;
    *type = f->type->tensor_type->elem_type;
    *shape = f->type->tensor_type->shape;
    for (size_t i = 0; i < (*shape)->n_dim; i++)
        if ((*shape)->dim[i]->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            return false;
    return true;
}

bool reduce_same_kind(const reduce_base *b, const char *one, const char *other)
{
    int32_t t, u;
    const Onnx__TensorShapeProto *s, *r;
    if (!dims_of(reduce_find_fact(b, one), &t, &s) || !dims_of(reduce_find_fact(b, other), &u, &r) || t != u ||
        s->n_dim != r->n_dim)
        return false;
    for (size_t i = 0; i < s->n_dim; i++)
        if (s->dim[i]->dim_value != r->dim[i]->dim_value)
            return false;
    return true;
}
