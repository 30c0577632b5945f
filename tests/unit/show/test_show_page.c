/* Links and escaped texts of pages. */
#include "show/show_page.h"
#include "show/show_svg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(json_line *out, const char *expected)
{
    line_text(out, "", 1);
    assert_false(out->failed);
    assert_string_equal(out->bytes, expected);
    nn_free(out->bytes);
    *out = (json_line){.bytes = NULL};
}

static void links_lead_from_the_page_to_the_model(void **state)
{
    (void)state;
    static const struct {
        const char *page, *file, *href;
    } cases[] = {
        {NULL, "out/corpus/a/model.onnx", "out/corpus/a/model.onnx"},
        {"index.html", "./out/a.onnx", "out/a.onnx"},
        {"out/corpus/index.html", "out/corpus/a/model.onnx", "a/model.onnx"},
        {"./out//index.html", "out/a.onnx", "a.onnx"},
        {"pages//x//index.html", "out/a.onnx", "../../out/a.onnx"},
        {"../index.html", "out/a.onnx", "out/a.onnx"},
        {"pages/x/index.html", "out/a.onnx", "../../out/a.onnx"},
        {"out/index.html", "/data/a.onnx", "/data/a.onnx"},
        {"/data/pages/i.html", "/data/c/a.onnx", "../c/a.onnx"},
        {NULL, "c/50% & \"x\".onnx", "c/50%25%20%26%20%22x%22.onnx"},
        {NULL, "c/\xc3\xa9.onnx", "c/%C3%A9.onnx"},
    };
    json_line out = {.bytes = NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        show_href(&out, cases[i].page, cases[i].file);
        assert_text(&out, cases[i].href);
    }
}

static void markup_is_escaped(void **state)
{
    (void)state;
    json_line out = {.bytes = NULL};
    show_escaped(&out, "<b a=\"1\">&\xc3\xa9\xef\xbf\xbe.\xef\xbf\xbd</b>");
    assert_text(&out, "&lt;b a=&quot;1&quot;&gt;&amp;\xc3\xa9?.\xef\xbf\xbd&lt;/b&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_lead_from_the_page_to_the_model),
        cmocka_unit_test(markup_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
