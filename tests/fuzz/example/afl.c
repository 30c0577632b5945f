/* The example as a program that reads a model file, as AFL++ runs it. */
#include "consumer.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static uint8_t model[1 << 22];
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    const size_t n = f ? fread(model, 1, sizeof model, f) : 0;
    if (f)
        (void)fclose(f);
    (void)printf("%zu nodes\n", consume(model, n));
    return 0;
}
