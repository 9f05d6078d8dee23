/* A call: reading it by name, allocating it, poisoning what the student has to write. And the
 * adapter, which unpacks the same arrays. */
#include "assignments/adapter.h"
#include "assignments/call.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <string.h>

static const char text[] =
    "{\"format\": 1, \"name\": \"tiny\", \"title\": \"Tiny\", \"function\": \"tiny\",\n"
    " \"devices\": [\"cpu\"],\n"
    " \"arguments\": [\n"
    "  {\"name\": \"n\", \"role\": \"size\", \"min\": 0, \"max\": 64},\n"
    "  {\"name\": \"x\", \"role\": \"input\", \"type\": \"f32\", \"shape\": [\"n\", 2], \"index\": "
    "\"ij\"},\n"
    "  {\"name\": \"mode\", \"role\": \"option\", \"values\": [0, 3]},\n"
    "  {\"name\": \"lr\", \"role\": \"scalar\", \"type\": \"f32\"},\n"
    "  {\"name\": \"zero\", \"role\": \"scalar\", \"type\": \"i32\"},\n"
    "  {\"name\": \"w\", \"role\": \"inout\", \"type\": \"f32\", \"shape\": [\"n\"], \"index\": "
    "\"i\"},\n"
    "  {\"name\": \"y\", \"role\": \"output\", \"type\": \"f32\", \"shape\": [\"n\"], \"index\": "
    "\"i\"},\n"
    "  {\"name\": \"acc\", \"role\": \"output\", \"type\": \"i32\", \"shape\": [\"n\"], \"index\": "
    "\"i\"},\n"
    "  {\"name\": \"c\", \"role\": \"output\", \"type\": \"i8\", \"shape\": [\"n+1\"], \"index\": "
    "\"i\"}],\n"
    " \"inputs\": {\"kind\": {\"default\": \"all\", \"values\": [\"none\", \"all\"]},\n"
    "            \"peak\": {\"default\": 4, \"min\": 1, \"max\": 300}},\n"
    " \"groups\": [{\"name\": \"basics\", \"points\": 100}],\n"
    " \"cases\": [\n"
    "  {\"name\": \"one\", \"group\": \"basics\", \"sizes\": {\"n\": 5}, \"mode\": 3, \"peak\": "
    "2.5},\n"
    "  {\"name\": \"nil\", \"group\": \"basics\", \"sizes\": {\"n\": 0}, \"mode\": 0, \"kind\": "
    "\"none\"}],\n"
    " \"speed\": {\"classes\": {}}}\n";

static const char header[] =
    "/* void tiny(int wrong); a comment is no prototype */\n"
    "#define TINY void tiny(int wrong)\n"
    "#include <stdint.h>\n"
    "void tiny(int n, const float *restrict x /* n 2 */, int mode, float lr, int zero,\n"
    "          float w[restrict n], float *y, // the output\n"
    "          int32_t *restrict acc, int8_t c[n + (n > 0 ? 1 : 0)]);\n";

static struct spec spec;
static struct call call;

static int set_up(void **state)
{
    (void)state;
    return err_is(spec_parse(&spec, text, sizeof text - 1, "tiny.json")) ||
           err_is(call_allocate(&call, &spec, &spec.cases[0]));
}

static int tear_down(void **state)
{
    (void)state;
    call_release(&call);
    return 0;
}

static void arguments_are_read_by_name(void **state)
{
    (void)state;
    assert_int_equal(call_size(&call, "n"), 5);
    assert_int_equal(call_size(&call, "mode"), 3);
    assert_int_equal(call_count(&call, "x"), 10);
    assert_int_equal(call_count(&call, "c"), 6);
    assert_ptr_equal(call_f32(&call, "x"), call.tensors[1].at);
    assert_ptr_equal(call_i32(&call, "acc"), call.tensors[7].at);
    assert_ptr_equal(call_i8(&call, "c"), call.tensors[8].at);
}

static void scalars_keep_what_they_are_given(void **state)
{
    (void)state;
    call_set_scalar(&call, "lr", 0.1f);
    call_set_scalar(&call, "zero", -128);
    assert_true((float)call_scalar(&call, "lr") == 0.1f);
    assert_true(call_scalar(&call, "zero") == -128);
}

static void parameters_are_numbers_or_words(void **state)
{
    (void)state;
    assert_true(call_parameter(&call, "peak") == 2.5);
    assert_true(call_parameter(&call, "kind") == 1.0);
    assert_true(call_parameter_is(&call, "kind", "all"));
    assert_false(call_parameter_is(&call, "kind", "none"));
}

static void tensors_are_aligned_and_counted(void **state)
{
    (void)state;
    for (int i = 0; i < spec.arguments_count; i++) {
        bool is_tensor = spec.arguments[i].rank > 0;
        assert_int_equal(call.tensors[i].at != NULL, is_tensor);
        assert_int_equal((uintptr_t)call.tensors[i].at % 64, 0);
        assert_int_equal(call.tensors[i].count,
                         is_tensor ? spec_elements(&spec, &spec.cases[0], i) : 0);
    }
}

static void a_tensor_without_elements_still_has_an_address(void **state)
{
    struct call empty;
    (void)state;
    assert_false(err_is(call_allocate(&empty, &spec, &spec.cases[1])));
    assert_non_null(empty.tensors[1].at);
    assert_int_equal(empty.tensors[1].count, 0);
    call_poison_outputs(&empty);
    call_release(&empty);
    assert_null(empty.tensors[1].at);
    call_release(&empty); /* twice harms nobody */
}

static void only_outputs_are_poisoned(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        call_f32(&call, "w")[i] = 1.5f;
    call_poison_outputs(&call);
    for (int i = 0; i < 5; i++) {
        assert_true(call_f32(&call, "w")[i] == 1.5f);
        const float *y = &call_f32(&call, "y")[i];
        const float sum = *(const volatile float *)y + 1;
        assert_true(isnan(*y));
        assert_true(call_is_unwritten(y));
        assert_true(isnan(sum));
        assert_false(call_is_unwritten(&sum)); /* computed from it is not unwritten */
        assert_int_equal(call_i32(&call, "acc")[i], CALL_CANARY_I32);
        assert_int_equal(call_i8(&call, "c")[i], CALL_CANARY_I8);
    }
}

static void the_adapter_casts_every_argument(void **state)
{
    auto_buf struct buf out = buf_of(1 << 16);
    (void)state;

    adapter_generate(&spec, &out);
    assert_false(out.failed);
    assert_non_null(strstr(out.at, "#include \"tiny.h\""));
    assert_non_null(strstr(out.at, "const int adapter_arguments_count = 9;"));
    assert_non_null(strstr(out.at, "tiny((int)values[0],"));
    assert_non_null(strstr(out.at, "(const float *)tensors[1],"));
    assert_non_null(strstr(out.at, "(int)values[2],"));
    assert_non_null(strstr(out.at, "(float)scalars[3],"));
    assert_non_null(strstr(out.at, "(int)scalars[4],"));
    assert_non_null(strstr(out.at, " (float *)tensors[5],"));
    assert_non_null(strstr(out.at, "(int32_t *)tensors[7],"));
    assert_non_null(strstr(out.at, "(int8_t *)tensors[8]);"));
}

static void a_header_that_agrees_is_accepted(void **state)
{
    (void)state;
    struct err err = adapter_check(&spec, header, sizeof header - 1, "tiny.h");
    assert_string_equal(err.text, "");
}

static void a_header_that_differs_is_refused_with_the_difference(void **state)
{
    static const struct {
        const char *from, *to, *reason;
    } rows[] = {
        {"void tiny(int n", "void teny(int n", "no prototype 'void tiny('"},
        {"int mode", "int mood", "argument 3 is 'mood', expected 'mode'"},
        {"int mode", "float mode", "'mode' is of type 'float', expected 'int'"},
        {"float lr", "double lr", "'lr' is of type 'double', expected 'float'"},
        {"float lr", "float *lr", "'lr' must not be a pointer"},
        {"const float *restrict x", "float *restrict x", "'x' must be const"},
        {"float *y", "const float *y", "'y' must not be const"},
        {"float *y", "float y", "'y' must be a pointer"},
        {"int32_t *restrict acc", "uint32_t *restrict acc", "'acc' is of type 'uint32_t'"},
        {"float *y, // the output\n", "// the output\n", "argument 7 is 'acc', expected 'y'"},
        {", int8_t c[n + (n > 0 ? 1 : 0)])", ")", "ends after 'acc', but 'c' is next"},
        {"1 : 0)])", "1 : 0)], int more)", "goes on after 'c'"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        auto_buf struct buf changed = buf_of(1 << 16);
        const char *at = strstr(header, rows[i].from);
        assert_non_null(at);
        buf_append(&changed, header, (size_t)(at - header));
        buf_text(&changed, rows[i].to);
        buf_text(&changed, at + strlen(rows[i].from));
        struct err err = adapter_check(&spec, changed.at, changed.size, "tiny.h");
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, rows[i].reason) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, rows[i].reason);
    }
}

/* Whatever is cut off, nothing is read past the end. */
static void a_header_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof header - 3; size++) {
        char *cut = test_malloc(size + 1);
        memcpy(cut, header, size);
        assert_true(err_is(adapter_check(&spec, cut, size, "tiny.h")));
        test_free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_read_by_name),
        cmocka_unit_test(scalars_keep_what_they_are_given),
        cmocka_unit_test(parameters_are_numbers_or_words),
        cmocka_unit_test(tensors_are_aligned_and_counted),
        cmocka_unit_test(a_tensor_without_elements_still_has_an_address),
        cmocka_unit_test(only_outputs_are_poisoned),
        cmocka_unit_test(the_adapter_casts_every_argument),
        cmocka_unit_test(a_header_that_agrees_is_accepted),
        cmocka_unit_test(a_header_that_differs_is_refused_with_the_difference),
        cmocka_unit_test(a_header_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
