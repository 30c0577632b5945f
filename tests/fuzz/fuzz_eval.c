/* Fuzz target of nn_eval: a model and its inputs, each after its length in two bytes. Built with FUZZ_SEED it is a program that
 * puts files together in this form. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "nngen.h"

enum { PART = 65535 };

#ifdef FUZZ_SEED
int main(int argc, char **argv)
{
    static unsigned char bytes[PART + 1];
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t n = f != NULL ? fread(bytes, 1, sizeof bytes, f) : 0;
        if (f == NULL || n > PART)
            return 1;
        (void)fclose(f);
        (void)putchar((int)(n & 255));
        (void)putchar((int)(n >> 8));
        (void)fwrite(bytes, 1, n, stdout);
    }
    return 0;
}
#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST = 13, LAST = 28 };
/* A model of each opset, whose table the others use. */
static nn_eval *tables[LAST + 1];

/* A model without nodes and outputs. */
static nn_eval *table_of(int opset)
{
    static const uint8_t graph[] = {0x3a, 0x05, 0x5a, 0x03, 0x0a, 0x01, 'x', 0x42, 0x02, 0x10};
    uint8_t model[sizeof graph + 1];
    for (size_t i = 0; i < sizeof graph; i++)
        model[i] = graph[i];
    model[sizeof graph] = (uint8_t)opset;
    nn_error err;
    nn_eval *e = NULL;
    if (nn_eval_open(&e, model, sizeof model, NULL, &err) != NN_OK)
        return NULL;
    return e;
}

static size_t take(const uint8_t **data, size_t *size)
{
    if (*size < 2)
        return 0;
    size_t n = (size_t)(*data)[0] | (size_t)(*data)[1] << 8;
    *data += 2;
    *size -= 2;
    return n < *size ? n : *size;
}

static void read_all(nn_eval *e, nn_error *err)
{
    const void *bytes;
    size_t n;
    for (size_t i = 0; nn_eval_output(e, i) != NULL; i++)
        if (nn_eval_value(e, nn_eval_output(e, i), &bytes, &n, err) != NN_OK ||
            nn_eval_bound(e, nn_eval_output(e, i), &bytes, &n, err) != NN_OK)
            abort(); /* every output is known after a run */
}

static void evaluate(const uint8_t *model, size_t n, const uint8_t *rest, size_t left, const nn_eval *like)
{
    nn_error err;
    nn_eval *e = NULL;
    if (nn_eval_open(&e, model, n, &(nn_eval_config){.like = like, .max_bytes = 16 << 20, .max_work = 300000}, &err) != NN_OK)
        return;
    for (size_t i = 0; nn_eval_input(e, i) != NULL && left > 0; i++) {
        size_t size = take(&rest, &left);
        (void)nn_eval_set(e, nn_eval_input(e, i), rest, size, &err);
        rest += size;
        left -= size;
    }
    for (int k = 0; k < 2; k++) /* a second run sees the inputs again */
        if (nn_eval_run(e, &err) == NN_OK)
            read_all(e, &err);
    nn_eval_close(e);
}

/* Finds what is the opset in most models, so that the tables are loaded once. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = take(&data, &size);
    int opset = 0;
    for (size_t i = n; i-- > 1 && opset == 0;)
        if (data[i - 1] == 0x10 && data[i] >= FIRST && data[i] <= LAST)
            opset = data[i];
    if (opset == 0)
        return 0;
    if (tables[opset] == NULL)
        tables[opset] = table_of(opset);
    if (tables[opset] == NULL)
        abort();
    evaluate(data, n, data + n, size - n, tables[opset]);
    return 0;
}
#endif
