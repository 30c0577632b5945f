/* Times the phases of a model through the public API. Usage: bench DIR, a directory on a memory file system.
 * Each row is the mean over a family. */
#define _POSIX_C_SOURCE 200809L
#include "nngen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void stop(const nn_error *err)
{
    char text[600];
    nn_error_text(err, text, sizeof text);
    fprintf(stderr, "bench: %s\n", text);
    exit(1);
}

enum { BUILD, SERIALISE, INPUTS, WHOLE, PHASES };

/* What a program pays that opens a table and a family for each model, and one that keeps them. */
static void time_opening(void)
{
    enum { TIMES = 20 };
    double tables = 0, families = 0, first = 0, next = 0;
    nn_error err;
    for (uint64_t i = 0; i < TIMES; i++) {
        nn_table *table = NULL;
        nn_family *family = NULL;
        nn_model *model = NULL;
        const nn_family_config c = {.nodes = 15, .seed = 1};
        double t0 = now();
        if (nn_table_open(&table, NULL, &err) != NN_OK)
            stop(&err);
        double t1 = now();
        if (nn_family_open(&family, table, &c, &err) != NN_OK)
            stop(&err);
        double t2 = now();
        if (nn_model_build(&model, family, i, &err) != NN_OK)
            stop(&err);
        double t3 = now();
        if (nn_model_build(&model, family, i, &err) != NN_OK)
            stop(&err);
        double t4 = now();
        tables += t1 - t0;
        families += t2 - t1;
        first += t3 - t2;
        next += t4 - t3;
        nn_model_free(model);
        nn_family_close(family);
        nn_table_close(table);
    }
    printf(
        "milliseconds to open a table: %.2f, a family: %.2f; to build the first model of 15 nodes: %.2f, the same again: %.2f\n\n",
        tables / TIMES / 1e3, families / TIMES / 1e3, first / TIMES / 1e3, next / TIMES / 1e3);
}

int main(int argc, char **argv)
{
    static const struct {
        uint64_t nodes, models;
    } rows[] = {{15, 2000}, {40, 1000}, {100, 400}, {1000, 40}, {10000, 4}};
    const size_t n = sizeof rows / sizeof *rows;
    if (argc != 2) {
        fprintf(stderr, "usage: bench DIR\n");
        return 2;
    }
    nn_error err;
    nn_table *table = NULL;
    double per_node[sizeof rows / sizeof *rows];
    time_opening();
    if (nn_table_open(&table, &(nn_table_config){0}, &err) != NN_OK)
        stop(&err);
    printf("microseconds a model, one thread; `write` serialises model and inputs and writes them to %s; total: build + write\n",
           argv[1]);
    printf("%6s %7s %9s %10s %8s %9s %9s %9s %9s\n", "nodes", "models", "build", "serialise", "inputs", "write", "total", "kB",
           "us/node");
    for (size_t r = 0; r < n; r++) {
        nn_family *family = NULL;
        nn_model *model = NULL;
        if (nn_family_open(&family, table, &(nn_family_config){.nodes = rows[r].nodes, .count = rows[r].models, .seed = 1}, &err) !=
            NN_OK)
            stop(&err);
        double spent[PHASES] = {0};
        double bytes = 0;
        for (uint64_t i = 0; i < rows[r].models; i++) {
            const void *p;
            size_t size;
            char dir[4096];
            double a = now();
            if (nn_model_build(&model, family, i, &err) != NN_OK)
                stop(&err);
            double b = now();
            if (nn_model_onnx(model, &p, &size, &err) != NN_OK)
                stop(&err);
            bytes += (double)size;
            double c = now();
            for (size_t k = 0; k < nn_model_inputs(model); k++) {
                if (nn_model_input(model, 0, k, &p, &size, &err) != NN_OK)
                    stop(&err);
                bytes += (double)size;
            }
            double d = now();
            snprintf(dir, sizeof dir, "%s/%s-%llu", argv[1], nn_model_name(model), (unsigned long long)rows[r].nodes);
            if (nn_model_write(model, dir, &err) != NN_OK)
                stop(&err);
            double e = now();
            if (i == 0)
                continue; /* the first builds the workspace */
            spent[BUILD] += b - a;
            spent[SERIALISE] += c - b;
            spent[INPUTS] += d - c;
            spent[WHOLE] += e - d;
        }
        double m = (double)rows[r].models - 1;
        for (int k = 0; k < PHASES; k++)
            spent[k] /= m;
        double total = spent[BUILD] + spent[WHOLE];
        printf("%6llu %7llu %9.1f %10.1f %8.1f %9.1f %9.1f %9.1f %9.2f\n", (unsigned long long)rows[r].nodes,
               (unsigned long long)rows[r].models, spent[BUILD], spent[SERIALISE], spent[INPUTS], spent[WHOLE], total,
               bytes / (m + 1) / 1e3, total / (double)rows[r].nodes);
        fflush(stdout);
        per_node[r] = total / (double)rows[r].nodes;
        nn_model_free(model);
        nn_family_close(family);
    }
    printf("time a node, 10000 nodes : 100 nodes  %.2f\n", per_node[4] / per_node[2]);
    nn_table_close(table);
    return 0;
}
