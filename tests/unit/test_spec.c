/* The assignment file: what a good one becomes, and that each mistake is refused with its place. */
#include "assignments/spec.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/fdio.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A small assignment that uses every key. Single quotes stand for double ones. */
static const char good[] =
    "{'format': 1, 'name': 'tiny', 'title': 'Tiny', 'title_zh': '小', 'function': 'tiny_f',\n"
    " 'devices': ['cpu', 'gpu'],\n"
    " 'arguments': [\n"
    "  {'name': 'n', 'role': 'size', 'min': 0, 'max': 64, 'help': 'rows'},\n"
    "  {'name': 'd', 'role': 'size', 'min': 1, 'max': 8},\n"
    "  {'name': 'x', 'role': 'input', 'type': 'f32', 'shape': ['n', '2*d'], 'index': 'ij'},\n"
    "  {'name': 'mode', 'role': 'option', 'type': 'i32', 'values': [0, 3]},\n"
    "  {'name': 'steps', 'role': 'option', 'min': -1, 'max': 9},\n"
    "  {'name': 'lr', 'role': 'scalar', 'type': 'f32'},\n"
    "  {'name': 'w', 'role': 'inout', 'type': 'i32', 'shape': [4], 'index': 'j'},\n"
    "  {'name': 'y', 'role': 'output', 'type': 'i8', 'shape': ['n'], 'index': 'i'}],\n"
    " 'compare': {'y': {'rule': 'equal', 'from': 'o.c', 'words': 'TASK.md'}},\n"
    " 'inputs': {\n"
    "  'kind': {'default': 'all', 'values': ['none', 'all', 'some'], 'help': 'which'},\n"
    "  'peak': {'default': 4, 'min': 1, 'max': 300}},\n"
    " 'groups': [{'name': 'basics', 'points': 59.5, 'help': 'small'},\n"
    "            {'name': 'speed', 'points': 40.5}],\n"
    " 'cases': [\n"
    "  {'name': 'one', 'group': 'basics', 'sizes': {'n': 1, 'd': 2}, 'mode': 0, 'steps': 1},\n"
    "  {'name': 'two', 'group': 'basics', 'sizes': {'n': 3, 'd': 8}, 'mode': 3, 'steps': -1,\n"
    "   'kind': 'some', 'peak': 2.5, 'hidden': true, 'load_bearing': true, 'kills': 'tails'},\n"
    "  {'name': 'big', 'group': 'speed', 'sizes': {'n': 64, 'd': 8}, 'mode': 3, 'steps': 9,\n"
    "   'flops': '2*n*d', 'bytes': '8*n*d'}],\n"
    " 'gpu_cases': [\n"
    "  {'name': 'huge', 'group': 'speed', 'sizes': {'n': 1048576, 'd': 512}, 'mode': 3,\n"
    "   'steps': 9, 'rows_checked': 256, 'flops': '2*n*d'}],\n"
    " 'limits': {'threads': 2, 'cpu_ms': 500, 'wall_ms': 700},\n"
    " 'speed': {'classes': {'cpu:x86-64-v3': {'target': null}, 'cpu:x86-64-v4': {'target': 16}},\n"
    "           'curve': 'log', 'floor': 1, 'cache': 'warm', 'pairs_min': 15, 'pairs_max': 200}}\n";

static struct spec spec;

/* Parses the good file with the first `from` replaced by `to`. */
static struct err parse_changed(const char *from, const char *to)
{
    auto_buf struct buf text = buf_of(1 << 20);
    const char *at = strstr(good, from);

    assert_non_null(at);
    buf_append(&text, good, (size_t)(at - good));
    buf_text(&text, to);
    buf_text(&text, at + strlen(from));
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] == '\'')
            text.at[i] = '"';
    return spec_parse(&spec, text.at, text.size, "tiny.json");
}

static void parse_good(void)
{
    struct err err = parse_changed("tiny", "tiny");
    assert_string_equal(err.text, "");
    assert_false(err_is(err));
}

static void a_good_file_is_read_in_full(void **state)
{
    (void)state;
    parse_good();
    assert_string_equal(spec.name, "tiny");
    assert_string_equal(spec.function, "tiny_f");
    assert_true(spec.on_cpu && spec.on_gpu);
    assert_int_equal(spec.arguments_count, 8);
    assert_int_equal(spec.arguments[2].role, SPEC_INPUT);
    assert_int_equal(spec.arguments[2].rank, 2);
    assert_string_equal(spec.arguments[2].index, "ij");
    assert_int_equal(spec.arguments[3].values_count, 2);
    assert_int_equal(spec.arguments[3].values[1], 3);
    assert_int_equal(spec.arguments[4].min, -1);
    assert_int_equal(spec.arguments[5].element, SPEC_F32);
    assert_int_equal(spec.arguments[6].element, SPEC_I32);
    assert_int_equal(spec.parameters_count, 2);
    assert_true(spec.parameters[0].is_word && spec.parameters[0].preset == 1.0);
    assert_int_equal(spec.groups[0].points, 5950);
    assert_true(!spec.groups[0].is_speed && spec.groups[1].is_speed);
    assert_int_equal(spec.cases_count, 3); /* without those for the GPU */
    assert_int_equal(spec.gpu_cases_count, 1);
    assert_string_equal(spec.gpu_cases[0].name, "huge");
    assert_int_equal(spec.gpu_cases[0].rows_checked, 256);
    assert_true(spec.cases[1].hidden && spec.cases[1].load_bearing);
    assert_int_equal(spec.cases[1].values[0], 3);
    assert_int_equal(spec.cases[1].values[4], -1);
    assert_true(spec.cases[1].parameters[0] == 2.0 && spec.cases[1].parameters[1] == 2.5);
    assert_true(spec.cases[0].parameters[1] == 4.0);
    assert_int_equal(spec.limits.threads, 2);
    assert_int_equal(spec.limits.source_bytes, 262144); /* the default */
    assert_int_equal(spec.pairs_min, 15);
}

static void look_ups_answer_by_name(void **state)
{
    (void)state;
    parse_good();
    assert_int_equal(spec_argument_index(&spec, "lr"), 5);
    assert_int_equal(spec_argument_index(&spec, "nothing"), -1);
    assert_int_equal(spec_group_index(&spec, "speed"), 1);
    assert_int_equal(spec_group_index(&spec, ""), -1);
    assert_int_equal(spec_case_index(&spec, "big"), 2);
    assert_int_equal(spec_case_index(&spec, "huge"), -1);
    assert_true(spec_target(&spec, "cpu:x86-64-v4") == 16.0);
    assert_true(spec_target(&spec, "cpu:x86-64-v3") == 0.0);
    assert_true(spec_target(&spec, "gpu:sm_90") == 0.0);
}

static void shapes_give_elements_and_bytes(void **state)
{
    (void)state;
    parse_good();
    assert_int_equal(spec_elements(&spec, &spec.cases[1], 2), 3 * 2 * 8);
    assert_int_equal(spec_tensor_bytes(&spec, &spec.cases[1], 2), 4 * 3 * 2 * 8);
    assert_int_equal(spec_elements(&spec, &spec.cases[1], 6), 4);
    assert_int_equal(spec_tensor_bytes(&spec, &spec.cases[1], 7), 3);
    assert_int_equal(spec_tensor_bytes(&spec, &spec.cases[1], 0), 0); /* no tensor */
}

static void the_words_of_a_case_say_what_differs(void **state)
{
    char words[128], few[8];
    (void)state;

    parse_good();
    spec_case_words(&spec, &spec.cases[0], words, sizeof words);
    assert_string_equal(words, "n=1 d=2  mode=0  steps=1");
    spec_case_words(&spec, &spec.cases[1], words, sizeof words);
    assert_string_equal(words, "n=3 d=8  mode=3  steps=-1  kind=some  peak=2.5");
    spec_case_words(&spec, &spec.cases[0], few, sizeof few);
    assert_string_equal(few, "n=1 d=2");
}

static void the_hash_changes_with_every_byte(void **state)
{
    char first[65];
    (void)state;

    parse_good();
    memcpy(first, spec.hash, sizeof first);
    parse_good();
    assert_string_equal(first, spec.hash);
    assert_int_equal(strlen(spec.hash), 64);
    assert_false(err_is(parse_changed("'Tiny'", "'Tiny '")));
    assert_string_not_equal(first, spec.hash);
}

/* Each row changes one place of the good file; the error must name the place and the reason. */
static const struct {
    const char *from, *to, *place, *reason;
} mistakes[] = {
    /* the file */
    {"{'format'", "{'format", "file", "no JSON"},
    {"'pairs_max': 200}}", "'pairs_max': 200}} x", "file", "text after the object"},
    {"'format': 1", "'format': 2", "format", "outside 1..1"},
    {"'format': 1, ", "", "format", "expected a number"},
    {"'title': 'Tiny', ", "", "file", "'title' is missing"},
    {"'title': 'Tiny'", "'title': 7", "title", "expected text"},
    {"'title': 'Tiny'", "'title': ''", "title", "empty text"},
    {"'title': 'Tiny'", "'title': 'a\\nb'", "title", "control characters"},
    {"'title': 'Tiny'", "'title': 'Tiny', 'title': 'Two'", "file", "'title' stands twice"},
    {"'title': 'Tiny'", "'titel': 'Tiny'", "file", "'title' is missing"},
    {"'title': 'Tiny'", "'title': 'Tiny', 'owner': 1", "owner", "unknown key"},
    {"'name': 'tiny'", "'name': 'Tiny'", "file", "name 'Tiny'"},
    {"'name': 'tiny'", "'name': 'ti-ny'", "file", "name 'ti-ny'"},
    {"'tiny_f'", "'tiny f'", "file", "no C identifier"},
    {"['cpu', 'gpu']", "['cpu', 'cpu']", "devices", "stands twice"},
    {"['cpu', 'gpu']", "['tpu']", "devices", "neither cpu nor gpu"},
    {"['cpu', 'gpu']", "[]", "devices", "0 elements"},
    {"['cpu', 'gpu']", "['cpu']", "gpu_cases", "has no gpu"},
    /* arguments */
    {"'name': 'd', 'role'", "'name': 'n', 'role'", "arguments[1]", "'n' stands twice"},
    {"'name': 'd', 'role'", "'name': 'I', 'role'", "arguments[1]", "macro of BLAS"},
    {"'name': 'd', 'role'", "'name': '2d', 'role'", "arguments[1]", "no C identifier"},
    {"'name': 'd', 'role': 'size'", "'name': 'd', 'role': 'dim'", "arguments[1]", "role 'dim'"},
    {"'min': 1, 'max': 8}", "'min': 1}", "arguments[1]", "'max' is missing"},
    {"'min': 1, 'max': 8}", "'min': 9, 'max': 8}", "arguments[1]", "larger than 'max'"},
    {"'min': 1, 'max': 8}", "'min': -1, 'max': 8}", "arguments[1]", "never negative"},
    {"'min': 1, 'max': 8}", "'min': 1.5, 'max': 8}", "arguments[1].min", "whole number"},
    {"'min': 1, 'max': 8}", "'min': 1, 'max': 4294967296}", "arguments[1].max", "outside"},
    {"'min': 1, 'max': 8}", "'min': 1, 'max': 8, 'shape': ['n']}", "arguments[1]",
     "'shape' does not belong to role 'size'"},
    {"'type': 'f32', 'shape': ['n', '2*d'], 'index': 'ij'", "'type': 'f32', 'index': 'ij'",
     "arguments[2]", "'shape' is missing"},
    {"'type': 'f32', 'shape'", "'type': 'f16', 'shape'", "arguments[2]", "type 'f16'"},
    {"['n', '2*d']", "['n', '2*k']", "arguments[2].shape", "no size of this name"},
    {"['n', '2*d']", "['n', 'lr']", "arguments[2].shape", "no size of this name"},
    {"['n', '2*d']", "[]", "arguments[2].shape", "0 elements"},
    {"'index': 'ij'", "'index': 'i'", "arguments[2]", "one letter"},
    {"'values': [0, 3]", "'values': [0, 0]", "arguments[3].values", "stands twice"},
    {"'values': [0, 3]", "'values': [0, 3], 'min': 0", "arguments[3]", "either 'values'"},
    {"'role': 'scalar', 'type': 'f32'", "'role': 'scalar', 'type': 'i8'", "arguments[5]",
     "f32 or i32"},
    {"'type': 'i32', 'values'", "'type': 'f32', 'values'", "arguments[3]", "has type i32"},
    /* compare and inputs */
    {"{'y': {'rule'", "{'x': {'rule'", "compare.x", "no output"},
    {"'rule': 'equal', ", "", "compare.y", "'rule' is missing"},
    {"'default': 'all'", "'default': 'any'", "inputs.kind.default", "none of the values"},
    {"'default': 4, ", "", "inputs.peak", "'default' is missing"},
    {"'default': 4", "'default': 400", "inputs.peak", "outside min..max"},
    {"'peak': {", "'group': {", "inputs", "key of every case"},
    {"'peak': {", "'mode': {", "inputs", "'mode' is an option too"},
    {"'peak': {", "'pe ak': {", "inputs.pe ak", "no identifier"},
    /* groups */
    {"'points': 59.5", "'points': 59.4", "groups", "99.90, not to 100"},
    {"'points': 59.5", "'points': -1", "groups[0].points", "outside 0..100"},
    {"'name': 'basics', 'points'", "'name': 'speed', 'points'", "groups[1]", "stands twice"},
    {"{'name': 'speed', 'points': 40.5}",
     "{'name': 'speed', 'points': 40.5}, {'name': 'empty', 'points': 0}", "cases",
     "'empty' has no case"},
    /* cases */
    {"'name': 'two'", "'name': 'one'", "cases[1]", "'one' stands twice"},
    {"'name': 'two'", "'name': 'Two'", "cases[1]", "no name"},
    {"'group': 'basics', 'sizes': {'n': 1", "'group': 'basic', 'sizes': {'n': 1", "cases[0]",
     "no group 'basic'"},
    {"{'n': 1, 'd': 2}", "{'n': 1}", "cases[0].sizes", "'d' is missing"},
    {"{'n': 1, 'd': 2}", "{'n': 1, 'd': 2, 'k': 3}", "cases[0].sizes.k", "no size"},
    {"{'n': 1, 'd': 2}", "{'n': 1, 'd': 2, 'mode': 3}", "cases[0].sizes.mode", "no size"},
    {"{'n': 1, 'd': 2}", "{'n': 65, 'd': 2}", "cases[0].sizes.n", "outside 0..64"},
    {"{'n': 1, 'd': 2}", "{'n': 1, 'n': 2, 'd': 1}", "cases[0].sizes", "'n' stands twice"},
    {"'mode': 0, ", "", "cases[0]", "the option 'mode' is missing"},
    {"'mode': 0, ", "'mode': 1, ", "cases[0].mode", "none of the option's values"},
    {"'steps': 1}", "'steps': 10}", "cases[0].steps", "outside -1..9"},
    {"'kind': 'some'", "'kind': 'many'", "cases[1].kind", "none of the parameter's values"},
    {"'peak': 2.5", "'peak': 301", "cases[1].peak", "outside 1..300"},
    {"'peak': 2.5", "'peek': 2.5", "cases[1].peek", "unknown key"},
    {"'hidden': true", "'hidden': 1", "cases[1].hidden", "true or false"},
    {"'kills': 'tails'", "'kills': 'tails', 'flops': 'n'", "cases[1].flops", "only cases of"},
    {"'kills': 'tails'", "'kills': 'tails', 'rows_checked': 3", "cases[1]", "gpu_cases"},
    {"'flops': '2*n*d', 'bytes'", "'bytes'", "cases[2]", "needs 'flops'"},
    {"'flops': '2*n*d', 'bytes'", "'flops': '0', 'bytes'", "cases[2].flops", "zero"},
    {"'flops': '2*n*d', 'bytes'", "'flops': 'n-1000', 'bytes'", "cases[2].flops", "negative"},
    {"['n', '2*d']", "['n', '2*d*536870912']", "cases[0]", "tensors over 1024 MiB"},
    {"['n', '2*d']", "['n+9', '2000000000*2000000000']", "cases[0]", "overflows"},
    {"['n', '2*d']", "['n', 'd-3']", "cases[0]", "negative"},
    {"'rows_checked': 256", "'rows_checked': 0", "gpu_cases[0].rows_checked", "outside"},
    {"'d': 512}", "'d': 2147483647}", "gpu_cases[0]", "tensors over 65536 MiB"},
    /* limits and speed */
    {"'threads': 2", "'threads': 0", "limits.threads", "outside 1..64"},
    {"'threads': 2", "'source_bytes': 600000", "limits.source_bytes", "outside"}, /* of a frame */
    {"'threads': 2", "'treads': 2", "limits.treads", "unknown key"},
    {"'cpu_ms': 500", "'cpu_ms': 1401", "limits", "never be reached"},
    {"'curve': 'log'", "'curve': 'linear'", "speed", "not log"},
    {"'floor': 1", "'floor': 2", "speed.floor", "outside 1..1"},
    {"'cache': 'warm'", "'cache': 'hot'", "speed", "neither warm nor cold"},
    {"'pairs_min': 15", "'pairs_min': 201", "speed", "larger than pairs_max"},
    {"'target': 16", "'target': 1", "speed.classes.cpu:x86-64-v4.target", "larger than 1"},
    {"'target': 16", "'target': 16, 'expert': 0", "speed.classes.cpu:x86-64-v4.expert", "outside"},
    {"'target': 16", "'target': 0.5", "speed.classes.cpu:x86-64-v4.target", "outside"},
    {"'target': 16", "'goal': 16", "speed.classes.cpu:x86-64-v4.goal", "unknown key"},
    {"'cpu:x86-64-v4'", "'x86-64-v4'", "speed.classes.x86-64-v4", "begins with cpu:"},
};

static void every_mistake_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        char start[128];
        struct err err = parse_changed(mistakes[i].from, mistakes[i].to);
        (void)snprintf(start, sizeof start, "tiny.json: %s: ", mistakes[i].place);
        if (err.code != ERR_INPUT || strncmp(err.text, start, strlen(start)) != 0 ||
            strstr(err.text, mistakes[i].reason) == NULL)
            fail_msg("%s -> %s gave '%s', expected '%s...%s'", mistakes[i].from, mistakes[i].to,
                     err.text, start, mistakes[i].reason);
    }
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {{"", 0}, {"\0", 1}, {"{}\0", 3}, {"\xff\xfe", 2}, {"[]", 2}, {"7", 1}, {"null", 4}};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(spec_parse(&spec, rows[i].bytes, rows[i].size, "x").code, ERR_INPUT);
}

static void deep_nesting_is_refused(void **state)
{
    static char text[100000];
    (void)state;
    memset(text, '[', sizeof text);
    assert_int_equal(spec_parse(&spec, text, sizeof text, "deep").code, ERR_INPUT);
}

static void a_long_path_never_hides_the_reason(void **state)
{
    char label[300];
    (void)state;
    memset(label, 'p', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    struct err err = spec_parse(&spec, "[]", 2, label);
    assert_non_null(strstr(err.text, "expected an object"));

    err = spec_parse(&spec, "[]", 2, "/srv/course/a_private_folder/attention/assignment.json");
    assert_string_equal(err.text, ".../attention/assignment.json: file: expected an object");
}

/* -- folders ------------------------------------------------------------------------------------
 */

static char folder[64];

static void add_file(const char *name, const char *file, const char *from, const char *to)
{
    char path[192];
    auto_buf struct buf text = buf_of(1 << 20);
    const char *at = strstr(good, from);

    buf_append(&text, good, (size_t)(at - good));
    buf_text(&text, to);
    buf_text(&text, at + strlen(from));
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] == '\'')
            text.at[i] = '"';
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    assert_false(err_is(fdio_write_file(path, text.at, text.size, 0600)));
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_spec-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void a_folder_gives_its_assignments_sorted_by_name(void **state)
{
    struct spec *specs = NULL;
    size_t count = 0;
    (void)state;

    add_file("zeta", "assignment.json", "'tiny'", "'zeta'");
    add_file("alpha", "assignment.json", "'tiny'", "'alpha'");
    add_file("notes", "README", "'tiny'", "'x'"); /* no assignment.json: passed over */
    assert_false(err_is(spec_load_all(&specs, &count, folder)));
    assert_int_equal(count, 2);
    assert_string_equal(specs[0].name, "alpha");
    assert_string_equal(specs[1].name, "zeta");
    free(specs);
}

static void one_broken_assignment_is_an_error(void **state)
{
    struct spec *specs = NULL;
    size_t count = 77;
    (void)state;

    add_file("alpha", "assignment.json", "'tiny'", "'alpha'");
    add_file("beta", "assignment.json", "'format'", "'fromat'");
    struct err err = spec_load_all(&specs, &count, folder);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "beta/assignment.json"));
    assert_null(specs);
    assert_int_equal(count, 77);
}

static void a_name_must_be_that_of_its_folder(void **state)
{
    struct spec *specs = NULL;
    size_t count = 0;
    (void)state;

    add_file("alpha", "assignment.json", "'tiny'", "'beta'");
    struct err err = spec_load_all(&specs, &count, folder);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "not the folder's"));
}

static void a_file_or_folder_that_is_not_there_is_an_error(void **state)
{
    struct spec *specs = NULL;
    size_t count = 0;
    (void)state;

    assert_int_equal(spec_load(&spec, "/nowhere/assignment.json").code, ERR_SYSTEM);
    assert_int_equal(spec_load_all(&specs, &count, "/nowhere").code, ERR_SYSTEM);
}

/* Else a program that gives up at half of what its header declares gets every point. Ranked cases
 * do not count: only some outputs of a timing are compared. */
static void a_declared_maximum_that_no_case_asks_for_is_named(void **state)
{
    (void)state;
    parse_good(); /* n 64 is for the ranked case alone */
    assert_int_equal(spec_maximum_unasked(&spec), spec_argument_index(&spec, "n"));
    assert_false(err_is(parse_changed("'n': 3, 'd': 8", "'n': 64, 'd': 8")));
    assert_int_equal(spec_maximum_unasked(&spec), spec_argument_index(&spec, "steps"));
    assert_false(err_is(parse_changed("'min': -1, 'max': 9", "'values': [-1, 1, 9]")));
    assert_int_equal(spec_maximum_unasked(&spec), spec_argument_index(&spec, "n"));
}

static void every_shipped_assignment_asks_for_its_declared_maxima(void **state)
{
    struct spec *specs = NULL;
    size_t count = 0;
    (void)state;

    assert_false(err_is(spec_load_all(&specs, &count, "assignments")));
    assert_true(count >= 5);
    for (size_t i = 0; i < count; i++) {
        int unasked = spec_maximum_unasked(&specs[i]);
        if (unasked >= 0)
            fail_msg("%s: no case has %s %lld", specs[i].name, specs[i].arguments[unasked].name,
                     (long long)specs[i].arguments[unasked].max);
    }
    free(specs);
}

/* Ranked cases of a GPU in place of the others, and nothing else changes its place. */
static void a_gpu_meets_its_own_ranked_cases(void **state)
{
    static const char *const names[] = {"attention", "gradient_descent", "lstm_cell", "pca",
                                        "quantized_matmul"};
    static struct spec whole, view, again;
    (void)state;
    for (size_t n = 0; n < COUNT(names); n++) {
        char path[128];
        int next = 0;
        (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", names[n]);
        struct err err = spec_load(&whole, path);
        assert_string_equal(err.text, "");
        spec_for_gpu(&view, &whole);
        for (int i = 0; i < whole.cases_count; i++)
            if (!whole.groups[whole.cases[i].group].is_speed)
                assert_string_equal(view.cases[next++].name, whole.cases[i].name);
        assert_int_equal(view.cases_count, next + whole.gpu_cases_count);
        for (int i = 0; i < whole.gpu_cases_count; i++) {
            assert_string_equal(view.cases[next + i].name, whole.gpu_cases[i].name);
            assert_true(view.groups[view.cases[next + i].group].is_speed);
        }
        assert_string_equal(view.hash, whole.hash);
        spec_for_gpu(&again, &view); /* once more changes nothing */
        assert_int_equal(again.cases_count, view.cases_count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gpu_meets_its_own_ranked_cases),
        cmocka_unit_test(a_good_file_is_read_in_full),
        cmocka_unit_test(look_ups_answer_by_name),
        cmocka_unit_test(shapes_give_elements_and_bytes),
        cmocka_unit_test(the_words_of_a_case_say_what_differs),
        cmocka_unit_test(the_hash_changes_with_every_byte),
        cmocka_unit_test(every_mistake_is_refused_with_its_place),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_long_path_never_hides_the_reason),
        cmocka_unit_test_setup_teardown(a_folder_gives_its_assignments_sorted_by_name, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(one_broken_assignment_is_an_error, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_name_must_be_that_of_its_folder, make_folder,
                                        remove_folder),
        cmocka_unit_test(a_file_or_folder_that_is_not_there_is_an_error),
        cmocka_unit_test(a_declared_maximum_that_no_case_asks_for_is_named),
        cmocka_unit_test(every_shipped_assignment_asks_for_its_declared_maxima),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
