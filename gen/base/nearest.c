#include "base/nearest.h"

#include <string.h>

#define LONGEST 63

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Optimal string alignment (F. Damerau, "A technique for computer detection and correction of spelling errors", 1964); keeps
 * three rows of the matrix. */
size_t word_distance(const char *a, const char *b, size_t most)
{
    size_t la = strnlen(a, LONGEST), lb = strnlen(b, LONGEST), row[3][LONGEST + 1];
    for (size_t j = 0; j <= lb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            size_t d = before[j - 1] + (x != y);
            d = before[j] + 1 < d ? before[j] + 1 : d;
            d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]) && earlier[j - 2] + 1 < d)
                d = earlier[j - 2] + 1;
            now[j] = d;
        }
    }
    size_t d = row[la % 3][lb];
    return d > most ? most + 1 : d;
}

void nearest_offer(nearest *n, const char *unknown, const char *candidate)
{
    size_t length = strlen(unknown), most = length < 3 ? 1 : (length + 2) / 3;
    size_t d = word_distance(unknown, candidate, most);
    if (d <= most && (n->word == NULL || d < n->distance)) {
        n->word = candidate;
        n->distance = d;
    }
}
