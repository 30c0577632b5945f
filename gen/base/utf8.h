/* Texts of unknown origin, such as names of files: any bytes but NUL. */
#ifndef NN_UTF8_H
#define NN_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that a text begins with; 0: none, the first byte is no UTF-8 there. */
size_t utf8_length(const char *s);
/* The same for characters that can be shown in a line: 0 also for control characters, of C0 and C1. */
size_t utf8_shown(const char *s);

#endif
