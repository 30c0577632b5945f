/* Text of unknown origin, such as file names: any bytes but NUL. */
#ifndef NN_UTF8_H
#define NN_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the first character; 0 if the text does not begin with a UTF-8 character. */
size_t utf8_length(const char *s);
/* The same, but 0 also for control characters (C0 and C1), which cannot be shown in a line. */
size_t utf8_shown(const char *s);

#endif
