/* What is said of a family: JSON lines, value classes, statistics, the manifest; and the public API that makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "family/family.h"
#include "folder.h"
#include "hand_graph.h"
#include "base/json_line.h"
#include "corpus/manifest.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- JSON lines ---- */

static const char *text_of(json_line *j)
{
    static char text[512];
    assert_false(j->failed);
    assert_true(j->size < sizeof text);
    memcpy(text, j->bytes, j->size);
    text[j->size] = '\0';
    nn_free(j->bytes);
    *j = (json_line){.bytes = NULL};
    return text;
}

static void commas_and_nesting(void **state)
{
    (void)state;
    json_line j = {.bytes = NULL};
    line_raw(&j, "{");
    line_key(&j, "a");
    line_int(&j, 1);
    line_key(&j, "b");
    line_raw(&j, "[");
    for (int i = 0; i < 3; i++) {
        line_next(&j);
        line_int(&j, -i);
    }
    line_raw(&j, "]");
    line_key(&j, "c");
    line_raw(&j, "{");
    line_raw(&j, "}}\n");
    line_raw(&j, "{");
    line_key(&j, "d");
    line_string(&j, "");
    line_raw(&j, "}");
    assert_string_equal(text_of(&j), "{\"a\":1,\"b\":[0,-1,-2],\"c\":{}}\n{\"d\":\"\"}");
}

static void whole_numbers(void **state)
{
    (void)state;
    const int64_t numbers[] = {0, 7, -7, 10, INT64_MAX, INT64_MIN};
    const char *const texts[] = {"0", "7", "-7", "10", "9223372036854775807", "-9223372036854775808"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_line j = {.bytes = NULL};
        line_int(&j, numbers[i]);
        assert_string_equal(text_of(&j), texts[i]);
    }
}

static void strings_are_escaped(void **state)
{
    (void)state;
    json_line j = {.bytes = NULL};
    line_string(&j, "a\"b\\c\nd\x01\xc3\xa9");
    const char *text = text_of(&j);
    assert_string_equal(text, "\"a\\u0022b\\u005cc\\u000ad\\u0001\xc3\xa9\"");
    json_t *back = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(back), "a\"b\\c\nd\x01\xc3\xa9");
    json_decref(back);
}

static void reals_read_back(void **state)
{
    (void)state;
    const double numbers[] = {0, -0.0, 1, 0.1, -1.0 / 3, 1e-300, 5e-324, DBL_MAX, -DBL_MAX, 123456789012345678.0, (double)0.1F};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_line j = {.bytes = NULL};
        line_real(&j, numbers[i]);
        json_t *back = json_loads(text_of(&j), JSON_DECODE_ANY, NULL);
        assert_true(json_number_value(back) == numbers[i]);
        json_decref(back);
    }
    json_line j = {.bytes = NULL};
    line_real(&j, INFINITY);
    assert_string_equal(text_of(&j), "1.7976931348623157e+308");
    line_real(&j, NAN);
    assert_string_equal(text_of(&j), "0");
}

static void reals_in_a_locale_with_commas(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", "ps_AF"};
    bool found = false;
    for (size_t i = 0; i < COUNT(locales) && !found; i++)
        found = setlocale(LC_NUMERIC, locales[i]) != NULL;
    if (!found)
        skip();
    json_line j = {.bytes = NULL};
    line_real(&j, -0.5);
    (void)setlocale(LC_NUMERIC, "C");
    assert_string_equal(text_of(&j), "-0.5");
}

/* ---- value classes ---- */

static const char table_text[] = "operators:\n"
                                 "  Op:\n"
                                 "    since: [1]\n"
                                 "    types: {T: [float32], T2: [float32, bool]}\n"
                                 "    in: {X: T, B: T weight optional}\n"
                                 "    out: {Y: T}\n"
                                 "    choose: {k: 'list(rank(X), 0..3)'}\n"
                                 "    attrs:\n"
                                 "      mode: \"string {'a', 'b'} default 'a'\"\n"
                                 "      flag: int bool\n"
                                 "      few: int 1..3\n"
                                 "      many: int 1..32 default 1\n"
                                 "      wide: int 1..64\n"
                                 "      around: int -16..16\n"
                                 "      axis: int -rank(X)..rank(X)-1\n"
                                 "      scale: float real(-1, 3)\n"
                                 "      ends: 'float logreal(1, 4)'\n"
                                 "      pads: ints k\n"
                                 "      sizes: 'ints list(rank(X), 1..5)'\n"
                                 "      perm: 'ints permutation(rank(X))'\n"
                                 "      part: 'ints subset(iota(rank(X)), 1..rank(X))'\n"
                                 "    rank: {X: 1..3}\n"
                                 "    shape: {B: '[1]', Y: shape(X)}\n"
                                 "    range: {Y: '[-1, 1]'}\n";

static op_set *small_set(void)
{
    op_set *set = NULL;
    nn_error err = {0};
    const spec_file file = {.name = "t.yaml", .bytes = table_text, .size = sizeof table_text - 1};
    if (op_set_new(&set, &file, 1, NULL, 17, &err) != NN_OK || lower_fold_domains(set, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    return set;
}

static const class_subject *subject(const class_table *t, const char *name)
{
    for (size_t i = 0; i < t->operators[0].n_subjects; i++)
        if (strcmp(t->operators[0].subjects[i].name, name) == 0)
            return &t->operators[0].subjects[i];
    fail_msg("no subject %s", name);
    return NULL;
}

static const char *declared(const class_table *t, const char *name)
{
    static char text[256];
    const class_subject *s = subject(t, name);
    text[0] = '\0';
    for (size_t i = 0; i < s->n_classes; i++)
        if (!s->classes[i].undeclared)
            strcat(strcat(text, text[0] != '\0' ? "|" : ""), s->classes[i].name);
    return text;
}

static const char *class_of(const class_table *t, const char *name, attr_value v)
{
    const class_subject *s = subject(t, name);
    return s->classes[class_of_attr(s, &v)].name;
}

static void classes_follow_the_domains(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table t;
    nn_error err;
    assert_int_equal(class_table_new(&t, set, &a, &err), NN_OK);
    assert_string_equal(declared(&t, "mode"), "absent|a|b");
    assert_string_equal(declared(&t, "flag"), "0|1");
    assert_string_equal(declared(&t, "few"), "1|2|3");
    assert_string_equal(declared(&t, "many"), "absent|1|2..31|32");
    assert_string_equal(declared(&t, "wide"), "1|2..9|10..64");
    assert_string_equal(declared(&t, "around"), "-16..-1|0|1..4|5..16");
    assert_string_equal(declared(&t, "axis"), "< 0|>= 0");
    assert_string_equal(declared(&t, "scale"), "-1..1|1..3");
    assert_string_equal(declared(&t, "ends"), "1..2|2..4");
    assert_string_equal(declared(&t, "pads"), "zeros|equal|mixed"); /* through the variable */
    assert_string_equal(declared(&t, "sizes"), "equal|mixed");
    assert_string_equal(declared(&t, "perm"), "identity|other order");
    assert_string_equal(declared(&t, "part"), "");
    assert_string_equal(declared(&t, "B"), "absent|present");

    const int64_t zeros[] = {0, 0}, equal[] = {2, 2}, mixed[] = {1, 2}, order[] = {0, 1}, swapped[] = {1, 0};
#define INTS(list) ((attr_value){.kind = ATTR_INTS, .ints = list, .n = COUNT(list)})
#define INT(x) ((attr_value){.kind = ATTR_INT, .i = (x)})
#define FLOAT(x) ((attr_value){.kind = ATTR_FLOAT, .f = (x)})
    assert_string_equal(class_of(&t, "mode", (attr_value){.kind = ATTR_STRING, .s = "b"}), "b");
    assert_string_equal(class_of(&t, "mode", (attr_value){.kind = ATTR_STRING, .s = "c"}), "other");
    assert_string_equal(class_of(&t, "flag", INT(1)), "1");
    assert_string_equal(class_of(&t, "many", INT(1)), "1");
    assert_string_equal(class_of(&t, "many", INT(31)), "2..31");
    assert_string_equal(class_of(&t, "many", INT(32)), "32");
    assert_string_equal(class_of(&t, "many", INT(33)), "other");
    assert_string_equal(class_of(&t, "wide", INT(9)), "2..9");
    assert_string_equal(class_of(&t, "wide", INT(10)), "10..64");
    assert_string_equal(class_of(&t, "wide", INT(64)), "10..64");
    assert_string_equal(class_of(&t, "around", INT(-16)), "-16..-1");
    assert_string_equal(class_of(&t, "around", INT(0)), "0");
    assert_string_equal(class_of(&t, "axis", INT(-1)), "< 0");
    assert_string_equal(class_of(&t, "axis", INT(0)), ">= 0");
    assert_string_equal(class_of(&t, "scale", FLOAT(-1)), "-1..1");
    assert_string_equal(class_of(&t, "scale", FLOAT(2.5)), "1..3");
    assert_string_equal(class_of(&t, "ends", FLOAT(1.9)), "1..2");
    assert_string_equal(class_of(&t, "pads", INTS(zeros)), "zeros");
    assert_string_equal(class_of(&t, "pads", INTS(equal)), "equal");
    assert_string_equal(class_of(&t, "pads", INTS(mixed)), "mixed");
    assert_string_equal(class_of(&t, "perm", INTS(order)), "identity");
    assert_string_equal(class_of(&t, "perm", INTS(swapped)), "other order");
    assert_string_equal(class_of(&t, "part", INTS(order)), "several");
    const class_subject *many = subject(&t, "many"), *b = subject(&t, "B");
    assert_string_equal(many->classes[class_of_attr(many, NULL)].name, "absent");
    assert_string_equal(b->classes[class_of_input(b, true)].name, "present");
    assert_string_equal(b->classes[class_of_input(b, false)].name, "absent");
    arena_free(&a);
    op_set_free(set);
}

/* ---- statistics ---- */

static uint64_t bin(const stats *s, int64_t key)
{
    for (size_t i = 0; i < s->n_dims; i++)
        if (s->dims[i].key == key)
            return s->dims[i].count;
    return 0;
}

static void graphs_are_counted(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table t;
    nn_error err;
    stats s, other, sum;
    static hand h, chain;
    assert_int_equal(class_table_new(&t, set, &a, &err), NN_OK);
    assert_int_equal(stats_init(&s, set, &t, &err) | stats_init(&other, set, &t, &err) | stats_init(&sum, set, &t, &err), NN_OK);
    hand_small(&h);
    hand_begin(&chain);
    int32_t x = hand_tensor(&chain, TENSOR_INPUT, DT_FLOAT32, DIMS(3), 0, 1);
    for (int i = 0; i < 10; i++)
        x = hand_node(&chain, "Op", NULL, 0, DT_FLOAT32, DIMS(3), x, -2);
    hand_output(&chain, x);
    assert_int_equal(stats_reserve(&s, &h.g, &err), NN_OK);
    stats_add(&s, &h.g);
    assert_int_equal(s.nodes, 6);
    assert_int_equal(s.joins, 1);     /* Add */
    assert_int_equal(s.depth.sum, 5); /* Conv, LeakyRelu, Add, Clip, Transpose */
    assert_int_equal(s.outputs.sum, 2);
    assert_int_equal(s.tensors, 7);
    assert_int_equal(s.reused, 2); /* of Conv and of Add */
    assert_int_equal(s.ranks[4], 5);
    assert_int_equal(s.ranks[2], 1);
    assert_int_equal(bin(&s, 8), 10);
    assert_int_equal(bin(&s, 2), 6);
    assert_int_equal(bin(&s, 256), 1);
    assert_int_equal(bin(&s, 3), 0); /* inputs and initializers do not count */
    assert_int_equal(s.op_nodes[0], 6);
    assert_int_equal(s.op_models[0], 1);
    const class_subject *b = subject(&t, "B");
    assert_int_equal(s.class_counts[b->first + class_of_input(b, true)], 3); /* Conv, Add, Reshape have a second input */

    assert_int_equal(stats_reserve(&other, &chain.g, &err), NN_OK);
    stats_add(&other, &chain.g);
    /* merged in either order, or counted in one: the same */
    assert_int_equal(stats_reserve(&s, &chain.g, &err), NN_OK);
    stats_add(&s, &chain.g);
    stats first = {0};
    assert_int_equal(stats_init(&first, set, &t, &err), NN_OK);
    assert_int_equal(stats_reserve(&first, &h.g, &err), NN_OK);
    stats_add(&first, &h.g);
    assert_int_equal(stats_merge(&sum, &other, &err), NN_OK);
    assert_int_equal(stats_merge(&sum, &first, &err), NN_OK);
    assert_int_equal(sum.models, 2);
    assert_int_equal(sum.nodes, 16);
    assert_int_equal(sum.depth.least, 5);
    assert_int_equal(sum.depth.greatest, 10);
    assert_int_equal(sum.depth.sum, 15);
    assert_int_equal(sum.op_models[0], 2);
    assert_int_equal(sum.n_dims, s.n_dims);
    for (size_t i = 0; i < s.n_dims; i++)
        assert_true(sum.dims[i].key == s.dims[i].key && sum.dims[i].count == s.dims[i].count);
    assert_int_equal(stats_covered(&sum), 1);
    stats_free(&s);
    stats_free(&other);
    stats_free(&sum);
    stats_free(&first);
    arena_free(&a);
    op_set_free(set);
}

/* ---- the public API ---- */

static nn_table *table;
static nn_family *family;

static int open_family(void **state)
{
    (void)state;
    nn_error err = {0};
    if (nn_table_open(&table, &(nn_table_config){.profile = "onnx"}, &err) == NN_OK &&
        nn_family_open(&family, table, &(nn_family_config){.nodes = 12, .count = 6, .seed = 3, .inputs = 2, .intervals = 1},
                       &err) == NN_OK)
        return 0;
    print_error("%s:%d: %s\n", err.file, err.line, err.message);
    return -1;
}

static int close_family(void **state)
{
    (void)state;
    nn_family_close(family);
    nn_table_close(table);
    return 0;
}

static void build_any_order_same_bytes(void **state)
{
    (void)state;
    nn_model *reused = NULL, *fresh = NULL;
    nn_error err;
    const uint64_t order[] = {5, 0, 3, 3};
    for (size_t i = 0; i < COUNT(order); i++) {
        const void *a, *b;
        size_t na, nb;
        assert_int_equal(nn_model_build(&reused, family, order[i], &err), NN_OK);
        assert_int_equal(nn_model_build(&fresh, family, order[i], &err), NN_OK);
        assert_int_equal(nn_model_nodes(reused), 12);
        assert_int_equal(nn_model_onnx(reused, &a, &na, &err), NN_OK);
        assert_int_equal(nn_model_onnx(fresh, &b, &nb, &err), NN_OK);
        assert_int_equal(na, nb);
        assert_memory_equal(a, b, na);
        assert_int_equal(nn_model_input(reused, 1, 0, &a, &na, &err), NN_OK);
        assert_int_equal(nn_model_input(fresh, 1, 0, &b, &nb, &err), NN_OK);
        assert_memory_equal(a, b, na);
        nn_model_free(fresh);
        fresh = NULL;
    }
    nn_model_free(reused);
}

static void misuse_is_reported(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    nn_family *other = NULL;
    const void *bytes;
    size_t n;
    assert_int_equal(nn_model_build(&m, family, 6, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "model 6: the family has 6 models, from 0 on");
    assert_null(m);
    assert_int_equal(nn_model_build(&m, family, 1, &err), NN_OK);
    assert_string_equal(nn_model_name(m), "test_000001");
    assert_non_null(nn_model_node_operator(m, 11));
    assert_null(nn_model_node_operator(m, 12));
    assert_int_equal(nn_model_input(m, 0, 1000, &bytes, &n, &err), NN_ERR_USAGE);
    assert_int_equal(nn_model_write(m, "..", &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "'..' is not the name of a new directory");
    assert_int_equal(nn_model_write(m, "/nowhere/at/all", &err), NN_ERR_IO);
    assert_string_equal(err.file, "/nowhere/at");
    assert_int_equal(nn_family_open(&other, table, &(nn_family_config){.nodes = 5}, &err), NN_OK);
    assert_int_equal(nn_model_build(&m, other, 0, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "model 0: the model to overwrite is of another family");
    nn_model_free(m);
    nn_family_close(other);

    const struct {
        nn_family_config c;
        const char *message;
    } families[] = {{{.nodes = 100001}, "nodes 100001: expected a whole number from 1 to 100000"},
                    {{.count = UINT64_MAX}, "count -1: expected a whole number from 1 to 10000000"},
                    {{.inputs = -2}, "inputs -2: expected a whole number from 0 to 100000"},
                    {{.max_elements = 3}, "max-elements 3: expected a whole number from 16 to 16777216"}};
    for (size_t i = 0; i < COUNT(families); i++) {
        assert_int_equal(nn_family_open(&other, table, &families[i].c, &err), NN_ERR_USAGE);
        assert_null(other);
        assert_string_equal(err.message, families[i].message);
    }
    const struct {
        nn_table_config c;
        const char *message;
    } tables[] = {
        {{.opset = 12}, "opset 12: expected a whole number from 13 to 28"},
        {{.profile = "tvm"}, "profile tvm: expected onnx, openvino, ort, tract; with --specs DIR also one of DIR/profiles"},
        {{.profile = "../x", .specs = "specs"}, "profile ../x: expected a name, not a path"},
        {{.ops = "Nothing"}, "unknown operator Nothing"}};
    for (size_t i = 0; i < COUNT(tables); i++) {
        nn_table *t;
        assert_int_equal(nn_table_open(&t, &tables[i].c, &err), NN_ERR_USAGE);
        assert_null(t);
        assert_string_equal(err.message, tables[i].message);
    }
    nn_table *t;
    assert_int_equal(nn_table_open(&t, &(nn_table_config){.specs = "/nowhere"}, &err), NN_ERR_IO);
    char text[256];
    size_t length = nn_error_text(&err, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(text, "/nowhere: ", 10);
}

static void lines_say_what_the_model_is(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    json_line line = {.bytes = NULL};
    uint8_t digests[64][SHA256_SIZE] = {{0xab}}, structure[STRUCTURE_SIZE] = {0xcd};
    assert_int_equal(nn_model_build(&m, family, 2, &err), NN_OK);
    assert_int_equal(manifest_line(&line, m, structure, (const uint8_t(*)[SHA256_SIZE])digests, &err), NN_OK);
    assert_int_equal(line.bytes[line.size - 1], '\n');
    json_t *j = json_loadb(line.bytes, line.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    static const char *const keys[] = {"name", "nodes", "structure", "operators", "inputs", "outputs", "files", "intervals"};
    size_t k = 0;
    for (void *i = json_object_iter(j); i != NULL; i = json_object_iter_next(j, i))
        assert_string_equal(json_object_iter_key(i), keys[k++]);
    assert_int_equal(k, COUNT(keys));
    assert_string_equal(json_string_value(json_object_get(j, "name")), "test_000002");
    assert_string_equal(json_string_value(json_object_get(j, "structure")), "cd000000000000000000000000000000");
    json_int_t nodes = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(j, "operators"), key, value) nodes += json_integer_value(value);
    assert_int_equal(nodes, 12);
    json_t *inputs = json_object_get(j, "inputs"), *files = json_object_get(j, "files");
    assert_int_equal(json_array_size(inputs), nn_model_inputs(m));
    assert_int_equal(json_array_size(json_object_get(j, "outputs")), nn_model_outputs(m));
    assert_int_equal(json_object_size(files), 1 + 2 * nn_model_inputs(m));
    assert_non_null(json_object_get(files, "test_data_set_1/input_0.pb"));
    assert_memory_equal(json_string_value(json_object_get(files, "model.onnx")), "ab00", 4);
    json_t *ends = json_object_get(json_array_get(inputs, 0), "interval");
    const tensor_desc *d = &m->graph->tensors[m->graph->inputs[0]].desc;
    assert_true(json_number_value(json_array_get(ends, 0)) == d->range.lo);
    assert_true(json_number_value(json_array_get(ends, 1)) == d->range.hi);
    json_t *again = json_object_get(json_object_get(j, "intervals"), "input_0");
    assert_true(json_equal(again, ends));
    json_decref(j);
    nn_free(line.bytes);
    nn_model_free(m);
}

typedef struct {
    uint64_t calls, stop_at;
    volatile int cancel;
} watch;

static void watching(void *data, const nn_progress *p)
{
    watch *w = data;
    w->calls++;
    assert_int_equal(p->done, w->calls); /* in order, one by one */
    assert_int_equal(p->count, 6);
    if (w->calls == w->stop_at)
        w->cancel = 1;
}

static json_t *manifest_in_folder(void)
{
    json_t *j = json_load_file(folder_path("manifest.json"), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    return j;
}

static void count_missing(void *data, const char *op, const char *reason)
{
    assert_true(op[0] != '\0' && reason[0] != '\0');
    ++*(size_t *)data;
}

static void corpora_with_any_number_of_threads(void **state)
{
    (void)state;
    char *texts[3] = {NULL};
    const unsigned jobs[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        nn_error err = {0};
        nn_corpus_report r;
        watch w = {0};
        size_t missing = 0;
        assert_int_equal(folder_make(NULL), 0);
        nn_corpus_config c = {.out = folder, .jobs = jobs[i], .progress = watching, .progress_data = &w, .cancel = &w.cancel};
        if (nn_corpus_write(family, &c, &r, count_missing, &missing, &err) != NN_OK)
            fail_msg("%s", err.message);
        assert_int_equal(w.calls, 6);
        assert_int_equal(r.models, 6);
        assert_int_equal(r.nodes, 72);
        assert_int_equal(r.operators, nn_table_operators(table));
        assert_int_equal(r.covered + r.missing, r.operators);
        assert_int_equal(missing, r.missing);
        json_t *j = manifest_in_folder();
        assert_int_equal(json_array_size(json_object_get(j, "missing")), missing);
        assert_null(json_object_get(j, "finished"));
        texts[i] = json_dumps(j, 0);
        assert_string_equal(texts[i], texts[0]);
        json_decref(j);
        assert_int_equal(folder_remove(NULL), 0);
    }
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
}

static void cancelled_runs_say_so(void **state)
{
    (void)state;
    nn_error err;
    nn_corpus_report r;
    watch w = {.stop_at = 2};
    assert_int_equal(folder_make(NULL), 0);
    nn_corpus_config c = {.out = folder, .progress = watching, .progress_data = &w, .cancel = &w.cancel};
    assert_int_equal(nn_corpus_write(family, &c, &r, NULL, NULL, &err), NN_ERR_CANCELLED);
    assert_string_equal(err.message, "stopped after 2 of 6 models");
    assert_int_equal(r.models, 2);
    json_t *j = manifest_in_folder();
    assert_int_equal(json_integer_value(json_object_get(j, "finished")), 2);
    json_decref(j);
    assert_int_equal(folder_remove(NULL), 0);
}

static void without_a_directory(void **state)
{
    (void)state;
    nn_error err;
    nn_corpus_report r = {0};
    assert_int_equal(nn_corpus_write(family, &(nn_corpus_config){.jobs = 2}, &r, NULL, NULL, &err), NN_OK);
    assert_int_equal(r.models, 6);
    assert_true(r.bytes > 6 * 500 && r.files >= 6 * 3);
    assert_int_equal(nn_corpus_write(family, &(nn_corpus_config){.jobs = 257}, &r, NULL, NULL, &err), NN_ERR_USAGE);
}

#ifdef NN_STRESS
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 1, stride = 1;; n += stride, stride = n > 300 ? n / 40 : 1) {
        nn_error err = {0};
        nn_table *t = NULL;
        nn_family *f = NULL;
        nn_corpus_report r;
        assert_int_equal(folder_make(NULL), 0);
        nn_stress_fail_at(n);
        nn_status s = nn_table_open(&t, &(nn_table_config){.profile = "onnx"}, &err);
        if (s == NN_OK)
            s = nn_family_open(&f, t, &(nn_family_config){.nodes = 8, .count = 3}, &err);
        if (s == NN_OK)
            s = nn_corpus_write(f, &(nn_corpus_config){.out = folder}, &r, NULL, NULL, &err);
        nn_stress_fail_at(0);
        nn_family_close(f);
        nn_table_close(t);
        assert_int_equal(folder_remove(NULL), 0);
        if (s == NN_OK)
            return;
        assert_int_equal(s, NN_ERR_NOMEM);
    }
}
#endif

#define WITH_FAMILY(f) cmocka_unit_test_setup_teardown(f, open_family, close_family)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_nesting),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(reals_read_back),
        cmocka_unit_test(reals_in_a_locale_with_commas),
        cmocka_unit_test(classes_follow_the_domains),
        cmocka_unit_test(graphs_are_counted),
        WITH_FAMILY(build_any_order_same_bytes),
        WITH_FAMILY(misuse_is_reported),
        WITH_FAMILY(lines_say_what_the_model_is),
        WITH_FAMILY(corpora_with_any_number_of_threads),
        WITH_FAMILY(cancelled_runs_say_so),
        WITH_FAMILY(without_a_directory),
#ifdef NN_STRESS
        cmocka_unit_test(every_allocation_may_fail),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
