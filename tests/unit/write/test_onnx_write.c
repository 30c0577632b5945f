/* The writer, on graphs made by hand: what was written is read back by protobuf-c and compared field by field. */
#include "write/written_model.h"
#include "write/contents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void is_value_info(const Onnx__ValueInfoProto *v, const char *name, int type, size_t rank, const int64_t *dims)
{
    assert_string_equal(v->name, name);
    assert_int_equal(v->type->value_case, ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE);
    assert_int_equal(v->type->tensor_type->elem_type, type);
    const Onnx__TensorShapeProto *s = v->type->tensor_type->shape;
    assert_non_null(s); /* there even for a scalar: no shape means an unknown rank */
    assert_int_equal(s->n_dim, rank);
    for (size_t i = 0; i < rank; i++) {
        assert_int_equal(s->dim[i]->value_case, ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE);
        assert_int_equal(s->dim[i]->dim_value, dims[i]);
    }
}

static void the_model(void **state)
{
    (void)state;
    Onnx__ModelProto *m = written();
    assert_int_equal(m->ir_version, 8);
    assert_string_equal(m->producer_name, "nngen");
    assert_string_equal(m->producer_version, NNGEN_VERSION);
    assert_int_equal(m->n_opset_import, 1);
    assert_string_equal(m->opset_import[0]->domain, "");
    assert_int_equal(m->opset_import[0]->version, 17);
    assert_int_equal(m->n_metadata_props, 2);
    assert_string_equal(m->metadata_props[1]->key, "nngen.options");
    assert_string_equal(m->metadata_props[1]->value, "nodes=6 count=1");
    assert_string_equal(m->graph->name, "test_000003");
    onnx__model_proto__free_unpacked(m, NULL);
}

static void values_have_types_and_shapes(void **state)
{
    (void)state;
    Onnx__ModelProto *m = written();
    const Onnx__GraphProto *g = m->graph;
    assert_int_equal(g->n_input, 1);
    is_value_info(g->input[0], "input_0", DT_FLOAT32, 4, DIMS(2, 3, 8, 8));
    assert_int_equal(g->n_output, 2);
    is_value_info(g->output[0], "Transpose_4_out0", DT_FLOAT32, 4, DIMS(2, 8, 8, 4));
    is_value_info(g->output[1], "Reshape_5_out0", DT_FLOAT32, 2, DIMS(2, 256));
    assert_int_equal(g->n_value_info, 4); /* every node output but those two, in file order */
    is_value_info(g->value_info[0], "Conv_0_out0", DT_FLOAT32, 4, DIMS(2, 4, 8, 8));
    is_value_info(g->value_info[3], "Clip_3_out0", DT_FLOAT32, 4, DIMS(2, 4, 8, 8));
    onnx__model_proto__free_unpacked(m, NULL);
}

static void nodes_in_order_with_their_tensors(void **state)
{
    (void)state;
    Onnx__ModelProto *m = written();
    const Onnx__GraphProto *g = m->graph;
    static const char *const ops[] = {"Conv", "LeakyRelu", "Add", "Clip", "Transpose", "Reshape"};
    assert_int_equal(g->n_node, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(g->node[i]->op_type, ops[i]);
        char name[40];
        (void)snprintf(name, sizeof name, "%s_%zu", ops[i], i);
        assert_string_equal(g->node[i]->name, name);
    }
    const Onnx__NodeProto *clip = g->node[3];
    assert_int_equal(clip->n_input, 3);
    assert_string_equal(clip->input[0], "Add_2_out0");
    assert_string_equal(clip->input[1], ""); /* left out */
    assert_string_equal(clip->input[2], "init_Clip_3_in2");
    onnx__model_proto__free_unpacked(m, NULL);
}

static void attributes_by_type(void **state)
{
    (void)state;
    static const double reals[] = {0.1, -2};
    static const char *const words[] = {"Tanh", ""};
    static const int64_t wide[] = {INT64_MIN, 0, INT64_MAX};
    const attr_value attrs[] = {{.name = "i", .kind = ATTR_INT, .i = 0},
                                {.name = "f", .kind = ATTR_FLOAT, .f = 0},
                                {.name = "s", .kind = ATTR_STRING, .s = ""},
                                {.name = "is", .kind = ATTR_INTS, .ints = wide, .n = 3},
                                {.name = "none", .kind = ATTR_INTS, .n = 0},
                                {.name = "fs", .kind = ATTR_FLOATS, .floats = reals, .n = 2},
                                {.name = "ss", .kind = ATTR_STRINGS, .strings = words, .n = 2}};
    h.nodes[1].attrs = attrs;
    h.nodes[1].n_attrs = 7;
    Onnx__ModelProto *m = written();
    Onnx__AttributeProto **a = m->graph->node[1]->attribute;
    assert_int_equal(m->graph->node[1]->n_attribute, 7);
    static const int types[] = {2, 1, 3, 7, 7, 6, 8}; /* of AttributeProto.AttributeType */
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(a[i]->type, types[i]);
    assert_true(a[0]->has_i && a[0]->i == 0); /* a zero is written */
    assert_true(a[1]->has_f && a[1]->f == 0.0F);
    assert_true(a[2]->has_s && a[2]->s.len == 0);
    assert_int_equal(a[3]->n_ints, 3);
    assert_memory_equal(a[3]->ints, wide, sizeof wide);
    assert_int_equal(a[4]->n_ints, 0);
    assert_true(a[5]->n_floats == 2 && a[5]->floats[0] == 0.1F && a[5]->floats[1] == -2.0F);
    assert_int_equal(a[6]->n_strings, 2);
    assert_true(a[6]->strings[0].len == 4 && memcmp(a[6]->strings[0].data, "Tanh", 4) == 0);
    assert_int_equal(a[6]->strings[1].len, 0);
    onnx__model_proto__free_unpacked(m, NULL);
}

static void initializers_hold_their_contents(void **state)
{
    (void)state;
    Onnx__ModelProto *m = written();
    const Onnx__GraphProto *g = m->graph;
    assert_int_equal(g->n_initializer, 3);
    const Onnx__TensorProto *w = g->initializer[0], *shape = g->initializer[2];
    assert_string_equal(w->name, "init_Conv_0_in1");
    assert_int_equal(w->data_type, DT_FLOAT32);
    assert_int_equal(w->n_dims, 4);
    assert_int_equal(w->raw_data.len, 4 * 3 * 3 * 3 * 4);
    float *expected = malloc(w->raw_data.len);
    bulk_rng r;
    nn_error err;
    values_stream(&r, 7, 3, VALUES_INITIALIZER, 0, h.tensors[1].serial);
    assert_int_equal(values_fill(expected, &h.tensors[1].desc, &h.tensors[1].init, &r, &mem, &err), NN_OK);
    assert_memory_equal(w->raw_data.data, expected, w->raw_data.len);
    free(expected);
    const uint8_t ints[16] = {2, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}; /* 2, -1, little end first */
    assert_string_equal(shape->name, "init_Reshape_5_in1");
    assert_int_equal(shape->data_type, DT_INT64);
    assert_int_equal(shape->raw_data.len, 16);
    assert_memory_equal(shape->raw_data.data, ints, 16);
    assert_int_equal(g->initializer[1]->n_dims, 0); /* a scalar */
    onnx__model_proto__free_unpacked(m, NULL);
}

static void unused_initializers_are_left_out(void **state)
{
    (void)state;
    int32_t t = hand_init(&h, DT_FLOAT32, DIMS(4), (content){.kind = CONTENT_UNIFORM, .lo = 0, .hi = 1});
    nn_error err;
    assert_int_equal(model_names_new(&names, &h.g, NULL, &mem, &err), NN_OK);
    assert_null(names.tensors[t]);
    Onnx__ModelProto *m = written();
    assert_int_equal(m->graph->n_initializer, 3);
    onnx__model_proto__free_unpacked(m, NULL);
}

static void inputs_lie_in_their_interval(void **state)
{
    (void)state;
    uint8_t *first = NULL;
    size_t size = 0;
    for (uint64_t set = 0; set < 3; set++) {
        nn_error err;
        assert_int_equal(onnx_write_input(&buffer, &h.g, &names, &request, set, 0, &mem, &err), NN_OK);
        Onnx__TensorProto *t = onnx__tensor_proto__unpack(NULL, buffer.size, buffer.bytes);
        assert_string_equal(t->name, "input_0");
        assert_int_equal(t->n_dims, 4);
        assert_memory_equal(t->dims, DIMS(2, 3, 8, 8), 4 * sizeof(int64_t));
        assert_int_equal(t->raw_data.len, 2 * 3 * 8 * 8 * 4);
        for (size_t i = 0; i < t->raw_data.len; i += 4) {
            float x;
            memcpy(&x, t->raw_data.data + i, 4);
            assert_true(x >= -1.0F && x <= 1.0F);
        }
        if (set == 0) {
            size = buffer.size;
            first = malloc(size);
            memcpy(first, buffer.bytes, size);
        } else {
            assert_int_equal(buffer.size, size);
            assert_memory_not_equal(buffer.bytes, first, size); /* other values */
        }
        onnx__tensor_proto__free_unpacked(t, NULL);
    }
    free(first);
}

/* The same input in each type: its number, its size, and values between the ends. */
static void inputs_of_every_type(void **state)
{
    (void)state;
    static const dtype types[] = {DT_FLOAT32, DT_FLOAT16, DT_DOUBLE, DT_INT8,  DT_UINT8,  DT_INT16,
                                  DT_UINT16,  DT_INT32,   DT_UINT32, DT_INT64, DT_UINT64, DT_BOOL};
    tensor_desc *d = &h.tensors[h.g.inputs[0]].desc;
    const tensor_desc before = *d;
    nn_error err = {0};
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        d->type = types[k];
        d->range = types[k] == DT_BOOL ? iv(0, 1) : iv(1, 3);
        assert_int_equal(onnx_write_input(&buffer, &h.g, &names, &request, 0, 0, &mem, &err), NN_OK);
        Onnx__TensorProto *t = onnx__tensor_proto__unpack(NULL, buffer.size, buffer.bytes);
        assert_non_null(t);
        assert_int_equal(t->data_type, types[k]);
        size_t size = dtype_size(types[k]), n = t->raw_data.len / size;
        assert_int_equal(n, 2 * 3 * 8 * 8);
        bool differ = false;
        for (size_t i = 0; i < n; i++) {
            const uint8_t *p = t->raw_data.data + i * size;
            int64_t bits = 0;
            memcpy(&bits, p, size); /* little end first; small numbers that are not negative */
            differ |= memcmp(p, t->raw_data.data, size) != 0;
            if (types[k] == DT_FLOAT16)
                assert_true(bits >= 0x3c00 && bits <= 0x4200);
            else if (!dtype_is_float(types[k]))
                assert_true((double)bits >= d->range.lo && (double)bits <= d->range.hi);
        }
        assert_true(differ);
        onnx__tensor_proto__free_unpacked(t, NULL);
    }
    *d = before;
}

static void same_request_same_bytes(void **state)
{
    (void)state;
    onnx_buffer other = {0};
    nn_error err;
    assert_int_equal(onnx_write_model(&other, &h.g, &names, &request, &mem, &err), NN_OK);
    for (int i = 0; i < 3; i++) { /* the buffer and the arena are reused */
        assert_int_equal(onnx_write_input(&buffer, &h.g, &names, &request, (uint64_t)i, 0, &mem, &err), NN_OK);
        assert_int_equal(onnx_write_model(&buffer, &h.g, &names, &request, &mem, &err), NN_OK);
        assert_int_equal(buffer.size, other.size);
        assert_memory_equal(buffer.bytes, other.bytes, other.size);
    }
    request.index = 4;
    assert_int_equal(onnx_write_model(&buffer, &h.g, &names, &request, &mem, &err), NN_OK);
    request.index = 3;
    assert_int_equal(buffer.size, other.size);
    assert_memory_not_equal(buffer.bytes, other.bytes, other.size); /* another model, other weights */
    onnx_buffer_free(&other);
}

static void weights_do_not_depend_on_other_tensors(void **state)
{
    (void)state;
    Onnx__ModelProto *m = written();
    h.tensors[2].init = (content){.kind = CONTENT_UNIFORM, .lo = 0, .hi = 1}; /* another one draws now */
    Onnx__ModelProto *n = written();
    const ProtobufCBinaryData *a = &m->graph->initializer[0]->raw_data, *b = &n->graph->initializer[0]->raw_data;
    assert_memory_equal(a->data, b->data, a->len);
    onnx__model_proto__free_unpacked(m, NULL);
    onnx__model_proto__free_unpacked(n, NULL);
}

static void contradictory_contents_name_the_tensor(void **state)
{
    (void)state;
    h.tensors[1].init = (content){.kind = CONTENT_UNIFORM, .lo = 1, .hi = 0};
    nn_error err = {0};
    assert_int_equal(onnx_write_model(&buffer, &h.g, &names, &request, &mem, &err), NN_ERR_BUILD);
    assert_string_equal(err.message, "init_Conv_0_in1: no float32 value lies in [1, 0]");
}

static void ir_versions(void **state)
{
    (void)state;
    static const int expected[] = {3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 13, 14};
    for (int opset = 7; opset <= 28; opset++)
        assert_int_equal(onnx_ir_version(opset), expected[opset - 7]);
    assert_int_equal(onnx_ir_version(6), 0);
    assert_int_equal(onnx_ir_version(29), 0);
}

#ifdef NN_STRESS
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        arena a;
        arena_init(&a, 256);
        onnx_buffer b = {0};
        model_names own;
        nn_error err = {0};
        nn_stress_fail_at(n);
        nn_status s = model_names_new(&own, &h.g, NULL, &a, &err);
        if (s == NN_OK)
            s = onnx_write_model(&b, &h.g, &own, &request, &a, &err);
        long used = nn_stress_count();
        nn_stress_fail_at(0);
        onnx_buffer_free(&b);
        arena_free(&a);
        if (s == NN_OK) {
            assert_true(used < n);
            return;
        }
        assert_int_equal(s, NN_ERR_NOMEM);
    }
}
#endif

/* Writes the small graph and its input to a directory, for readers in other languages: test_onnx_write DIR. */
static int export_to(const char *dir)
{
    nn_error err;
    for (int i = 0; i < 2; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", dir, i == 0 ? "model.onnx" : "input_0.pb");
        FILE *f = fopen(path, "wb");
        nn_status s = i == 0 ? onnx_write_model(&buffer, &h.g, &names, &request, &mem, &err)
                             : onnx_write_input(&buffer, &h.g, &names, &request, 0, 0, &mem, &err);
        if (f == NULL || s != NN_OK || fwrite(buffer.bytes, 1, buffer.size, f) != buffer.size || fclose(f) != 0)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        int status = set_up(NULL) == 0 ? export_to(argv[1]) : 1;
        (void)tear_down(NULL);
        return status;
    }
    const struct CMUnitTest tests[] = {
        TEST(the_model),
        TEST(values_have_types_and_shapes),
        TEST(nodes_in_order_with_their_tensors),
        TEST(attributes_by_type),
        TEST(initializers_hold_their_contents),
        TEST(unused_initializers_are_left_out),
        TEST(inputs_lie_in_their_interval),
        TEST(inputs_of_every_type),
        TEST(same_request_same_bytes),
        TEST(weights_do_not_depend_on_other_tensors),
        TEST(contradictory_contents_name_the_tensor),
        TEST(ir_versions),
#ifdef NN_STRESS
        TEST(every_allocation_may_fail),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
