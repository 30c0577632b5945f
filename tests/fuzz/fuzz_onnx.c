/* Fuzz target of the ONNX reader, of what works on its graphs, and of the reader of tensors. The first byte says how to take the
 * rest: as a model, as text (T), as a file of tensors (F), or as a model that is shown (S).
 * What is read must be sound: edges go forward, numbers of paths by two ways agree, every part of a counted sequence is counted.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... && fuzz_onnx CORPUS */
#include "sequences/coverage.h"
#include "onnx/onnx_sound.h"
#include "onnx/onnx_view.h"
#include "onnx/tensor_file.h"
#include "sequences/seq_paths.h"
#include "sequences/seq_reduce.h"
#include "show/show_svg.h"
#include "show/show_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "wrong: %s\n", what);
        abort();
    }
}
#define CHECK(x) check((x), #x)

static void check_view(const onnx_view *v)
{
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        CHECK(n->op[0] != '\0' && strchr(n->op, ',') == NULL && strchr(n->op, '\n') == NULL);
        CHECK((size_t)n->first_reader + n->n_readers <= v->n_readers);
        for (uint32_t k = 0; k < n->n_readers; k++) {
            uint32_t to = v->readers[n->first_reader + k];
            CHECK(to > i && to < v->n_nodes);
            CHECK(k == 0 || to > v->readers[n->first_reader + k - 1]);
        }
        CHECK((size_t)n->first_attribute + n->n_attributes <= v->n_attributes);
        CHECK(n->body == 0 || n->graph_inputs + n->graph_outputs == 0);
    }
}

typedef struct {
    const onnx_view *v;
    unsigned __int128 total;
} path_sum;

static nn_status sum(void *data, const uint32_t *nodes, size_t n)
{
    path_sum *p = data;
    for (size_t i = 1; i < n; i++)
        CHECK(nodes[i] > nodes[i - 1]);
    p->total += (unsigned __int128)p->v->nodes[nodes[0]].graph_inputs * p->v->nodes[nodes[n - 1]].graph_outputs;
    return NN_OK;
}

static void check_paths(const onnx_view *v)
{
    path_count count;
    path_sum p = {.v = v};
    bool capped;
    char text[44];
    CHECK(seq_path_count(v, &count, NULL) == NN_OK);
    path_count_text(&count, text);
    CHECK(seq_path_list(v, 300, &capped, sum, &p, NULL) == NN_OK);
    unsigned __int128 total = (unsigned __int128)count.high << 64 | count.low;
    CHECK(capped ? p.total <= total : p.total == total && !count.at_least);
}

static void check_sequences(const onnx_view *v)
{
    seq_trie t;
    seq_list l = {.n = 0}, kept = {.n = 0};
    size_t covered;
    CHECK(seq_trie_init(&t, 6, 20000, NULL) == NN_OK);
    CHECK(seq_count_model(&t, v, 0, SEQ_ADD, NULL) == NN_OK);
    CHECK(seq_count_model(&t, v, 1, SEQ_KNOWN, NULL) == NN_OK);
    for (uint32_t s = 1; s < t.n; s++) {
        if (t.nodes[s].length > t.max_length)
            continue;
        CHECK(t.nodes[s].models[0] == 1 && t.nodes[s].models[1] == 1);
        uint32_t tail = seq_tail(&t, s);
        CHECK(t.nodes[s].length == 1 ? tail == 0 : tail != SEQ_NONE && t.nodes[tail].models[0] == 1);
        if (t.nodes[s].length >= 3 && l.n < 200)
            CHECK(seq_list_add(&l, s) && seq_list_add(&kept, s));
    }
    CHECK(seq_reduce(&t, &kept, SEQ_REDUCE_CORRECTED, 0, NULL) == NN_OK);
    CHECK(seq_covered(&t, &l, &kept, &covered, NULL) == NN_OK);
    CHECK(covered == l.n);
    CHECK(seq_reduce(&t, &l, SEQ_REDUCE_PUBLISHED, 3, NULL) == NN_OK);
    nn_free(l.all);
    nn_free(kept.all);
    seq_trie_free(&t);
}

static void check_coverage(const onnx_view *v)
{
    coverage c;
    json_line out = {.bytes = NULL};
    CHECK(coverage_open(&c, NULL) == NN_OK);
    CHECK(coverage_add(&c, v, 0, NULL) == NN_OK);
    CHECK(coverage_add(&c, v, 1, NULL) == NN_OK);
    CHECK(coverage_report(&out, &c, SEQ_JSON, NULL, NULL) == NN_OK && !out.failed);
    nn_free(out.bytes);
    coverage_close(&c);
}

enum { MOST_CONTENTS = 1 << 16 };

static void check_tensors(const uint8_t *bytes, size_t n)
{
    tensor_file f;
    nn_error err = {0};
    nn_status s = tensor_file_bytes(&f, bytes, n, MOST_CONTENTS, "f", &err);
    if (s != NN_OK) {
        CHECK(err.message[0] != '\0' && err.status == s && f.tensors == NULL);
        return;
    }
    size_t total = 0;
    for (size_t i = 0; i < f.n; i++) {
        const file_tensor *t = &f.tensors[i];
        total += t->n * dtype_size(t->type);
        CHECK(total <= MOST_CONTENTS && t->rank >= 0 && t->rank <= FILE_TENSOR_RANK);
        CHECK(strcmp(tensor_file_find(&f, t->name)->name, t->name) == 0);
        double *x = malloc((t->n + 1) * sizeof *x);
        int64_t *w = malloc((t->n + 1) * sizeof *w);
        CHECK(x != NULL && w != NULL);
        file_tensor_reals(t, x);
        file_tensor_ints(t, w);
        for (size_t k = 0; k < t->n && t->type == DT_BOOL; k++)
            CHECK(w[k] == 0 || w[k] == 1);
        free(x);
        free(w);
    }
    tensor_file_free(&f);
}

/* What is shown is text without control characters. */
static void check_shown(json_line *out)
{
    line_text(out, "", 1);
    CHECK(!out->failed && strlen(out->bytes) + 1 == out->size);
    for (const char *p = out->bytes; *p != '\0'; p++)
        CHECK(*p == '\n' || (unsigned char)*p >= ' ');
    out->size = 0;
}

static void check_show(const uint8_t *bytes, size_t n)
{
    show_model m;
    nn_error err = {0};
    json_line out = {.bytes = NULL};
    if (show_model_bytes(&m, bytes, n, "f", NULL, &err) != NN_OK) {
        CHECK(err.message[0] != '\0');
        return;
    }
    show_text(&out, &m, "f");
    check_shown(&out);
    show_dot(&out, &m, "f");
    check_shown(&out);
    CHECK(show_svg(&out, &m, "f", true, &err) != NN_ERR_NOMEM);
    check_shown(&out);
    nn_free(out.bytes);
    show_model_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    onnx_view v;
    nn_error err = {0};
    char why[200];
    if (size == 0)
        return 0;
    size_t n = size - 1;
    uint8_t *bytes = malloc(n > 0 ? n : 1); /* a block of its own, so that a read past the end is seen */
    CHECK(bytes != NULL);
    memcpy(bytes, data + 1, n);
    if (data[0] == 'F' || data[0] == 'S') {
        (data[0] == 'F' ? check_tensors : check_show)(bytes, n);
        free(bytes);
        return 0;
    }
    nn_status s =
        data[0] == 'T' ? onnx_view_chains(&v, (const char *)bytes, n, "f", &err) : onnx_view_read(&v, bytes, n, "f", &err);
    if (s == NN_OK) {
        check_view(&v);
        check_paths(&v);
        check_sequences(&v);
        check_coverage(&v);
        if (data[0] != 'T' && v.n_bodies == 0)
            (void)onnx_is_sound(bytes, n, v.n_nodes, why, sizeof why);
        onnx_view_free(&v);
    } else {
        CHECK(err.message[0] != '\0' && err.status == s && v.nodes == NULL);
    }
    free(bytes);
    return 0;
}
