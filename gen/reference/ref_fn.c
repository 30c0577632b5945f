/* The functions of the rules, as a table. */
#include "reference/ref_rules.h"

#include <string.h>

static const struct {
    const char *word;
    int lo, hi;
    ref_form form;
} functions[] = {
#define X(id, word, lo, hi, form) {word, lo, hi, FORM_##form},
    REF_FUNCTIONS(X)
#undef X
};

int ref_find_function(const char *word)
{
    for (int i = 0; i < RF_COUNT_; i++)
        if (strcmp(functions[i].word, word) == 0)
            return i;
    return -1;
}

ref_form ref_function_form(int fn)
{
    return functions[fn].form;
}

const char *ref_function_word(int fn)
{
    return functions[fn].word;
}

void ref_function_arguments(int fn, int *fewest, int *most)
{
    *fewest = functions[fn].lo;
    *most = functions[fn].hi;
}
