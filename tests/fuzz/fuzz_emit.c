/* Fuzz target of `nngen emit`. The first byte says what follows: P: the entries of a program in YAML, with which a small model is
 * written; O, T, F: a model that is written for onnx, torch or tensorflow. */
#define _GNU_SOURCE /* memfd_create */
#include "emit/emit.h"
#include "emit/emit_body.h"
#include "emit/emit_file.h"
#include "emit/emit_samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a model ---- */

static void write_all(int fd, const uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, data + done, size - done);
        if (n <= 0)
            abort();
        done += (size_t)n;
    }
}

static void hear(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static void emit_model(const char *as, const uint8_t *data, size_t size)
{
    char path[40];
    int fd = memfd_create("model", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    write_all(fd, data, size);
    char *argv[] = {path, (char *)(uintptr_t) "--as", (char *)(uintptr_t)as};
    json_line text = {.bytes = NULL};
    nn_error err;
    (void)emit_run_command(3, argv, &text, hear, NULL, &err);
    nn_free(text.bytes);
    (void)close(fd);
}

/* ---- a program ---- */

static eval_model model;
static emit_samples samples;

/* y = Reshape(Concat(MaxPool(Relu(x)), the same; axis 1), [-1]), with x of shape [1, c, 4, 4]. The bytes are shorter than what
 * makes them. */
static const uint8_t model_bytes[] = {
    8,   8,   58,  176, 1,  10,  12,  10,  1,   120, 18,  1,   97,  34,  4,   82, 101, 108, 117, 10,  38,  10,  1,  97,
    18,  1,   98,  34,  7,  77,  97,  120, 80,  111, 111, 108, 42,  21,  10,  12, 107, 101, 114, 110, 101, 108, 95, 115,
    104, 97,  112, 101, 64, 2,   64,  2,   160, 1,   7,   10,  30,  10,  1,   98, 10,  1,   98,  18,  1,   99,  34, 6,
    67,  111, 110, 99,  97, 116, 42,  11,  10,  4,   97,  120, 105, 115, 24,  1,  160, 1,   2,   10,  18,  10,  1,  99,
    10,  1,   115, 18,  1,  121, 34,  7,   82,  101, 115, 104, 97,  112, 101, 18, 1,   103, 42,  17,  8,   1,   16, 7,
    66,  1,   115, 74,  8,  255, 255, 255, 255, 255, 255, 255, 255, 90,  28,  10, 1,   120, 18,  23,  10,  21,  8,  1,
    18,  17,  10,  2,   8,  1,   10,  3,   18,  1,   99,  10,  2,   8,   4,   10, 2,   8,   4,   98,  16,  10,  1,  121,
    18,  11,  10,  9,   8,  1,   18,  5,   10,  3,   18,  1,   110, 66,  4,   10, 0,   16,  17,
};

static void open_model(void)
{
    static float x[32];
    static file_tensor value = {
        .name = "x", .type = DT_FLOAT32, .rank = 4, .dims = {1, 2, 4, 4}, .n = 32, .data = (const uint8_t *)x};
    static const emit_stored in = {.name = "x", .value = &value};
    const eval_source from = {.unsupported = NULL};
    nn_error err;
    if (eval_model_open(&model, model_bytes, sizeof model_bytes, &from, "model", &err) != NN_OK ||
        emit_samples_open(&samples, &model, &in, 1, -1, &err) != NN_OK || emit_samples_compute(&samples, &err) != NN_OK)
        abort();
}

static void emit_with(const uint8_t *data, size_t size)
{
    static const char head[] = "program: p\ndoc: d\nfile: |\n  @body\n";
    char *text = malloc(sizeof head + size);
    emit_program p;
    emit_body b = {.program = NULL};
    emit_arrays arrays;
    arena a;
    nn_error err;
    if (text == NULL)
        abort();
    if (model.file == NULL)
        open_model();
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1, data, size);
    const spec_file file = {.name = "p.yaml", .bytes = text, .size = sizeof head - 1 + size};
    arena_init(&a, 0);
    nn_status s = emit_program_read(&p, "p", &file, 1, &a, &err);
    if (s == NN_OK && emit_arrays_open(&arrays, 64, &a, &err) == NN_OK) {
        if (emit_body_open(&b, &p, &samples, &arrays, &err) == NN_OK && emit_body_write(&b) == NN_OK) {
            json_line helpers = {.bytes = NULL};
            emit_helpers(&helpers, &p, &b.body);
            nn_free(helpers.bytes);
        }
        emit_body_close(&b);
        emit_arrays_close(&arrays);
    }
    arena_free(&a);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'P':
        emit_with(data + 1, size - 1);
        break;
    case 'T':
    case 'F':
    case 'O':
        emit_model(data[0] == 'T' ? "torch" : data[0] == 'F' ? "tensorflow" : "onnx", data + 1, size - 1);
        break;
    default:
        break;
    }
    return 0;
}
