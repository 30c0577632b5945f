#include "base/help_row.h"

#include <string.h>

#define LEFT 28 /* columns before the text */

void help_row(json_line *out, const char *left, const char *text)
{
    char margin[LEFT + 1];
    size_t n = strlen(left) + 2, at = LEFT;
    memset(margin, ' ', LEFT);
    margin[LEFT] = '\0';
    line_raw(out, "  ");
    line_raw(out, left);
    if (n + 2 <= LEFT) {
        line_raw(out, margin + n);
    } else {
        line_raw(out, "\n");
        line_raw(out, margin);
    }
    for (const char *p = text; *p != '\0';) {
        size_t word = strcspn(p, " ");
        if (at > LEFT && at + 1 + word > HELP_COLUMNS) {
            line_raw(out, "\n");
            line_raw(out, margin);
            at = LEFT;
        } else if (at > LEFT) {
            line_raw(out, " ");
            at++;
        }
        line_text(out, p, word);
        at += word;
        p += word;
        p += strspn(p, " ");
    }
    line_raw(out, "\n");
}
