/* The cpu delegate as a library, in a runtime that does not bind it: as a stock TFLite has it. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/os.h"
#include "runtime/tflite_abi/external_delegate.h"
#include "tests/unit/delegates/net.h"

typedef struct plugin {
    void *library;
    tflite_plugin_create_delegate_fn create;
    tflite_plugin_destroy_delegate_fn destroy;
} plugin;

static char reported[256];

static void report(const char *message)
{
    snprintf(reported, sizeof reported, "%s", message);
}

/* The library lies beside the test program. */
static plugin open_plugin(void)
{
    char path[4096];
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_os_executable_path(sizeof path - 64, &err, path), TB_OK, "%s", err.text);
    strcpy(strrchr(path, '/') + 1, "libtflbench_cpu_delegate.so");
    plugin p = {.library = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    cr_assert_not_null(p.library, "%s", dlerror());
    *(void **)&p.create = dlsym(p.library, "tflite_plugin_create_delegate");
    *(void **)&p.destroy = dlsym(p.library, "tflite_plugin_destroy_delegate");
    cr_assert(p.create && p.destroy);
    return p;
}

Test(cpu_plugin, runs_without_being_bound)
{
    plugin p = open_plugin();
    const char *const keys[] = {"num_threads"}, *const values[] = {"3"};
    TfLiteDelegate *delegate = p.create(keys, values, 1, report);
    cr_assert_not_null(delegate, "%s", reported);
    net n;
    net_begin(&n);
    int32_t in = net_tensor(&n, TB_INTS(1, 20, 20, 4), NULL);
    int32_t filter = net_filled(&n, TB_INTS(8, 3, 3, 4), 1.0f);
    int32_t out = net_tensor(&n, TB_INTS(1, 20, 20, 8), NULL);
    net_op(&n, kTfLiteBuiltinConv2d, TB_INTS(in, filter, net_filled(&n, TB_INTS(8), 0.0f)), out,
           TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 0),
                           TB_OPT_INT(conv_2d, stride_w, 1), TB_OPT_INT(conv_2d, stride_h, 1)));
    net_open(&n, TB_INTS(in), TB_INTS(out), 1);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_apply_delegate(n.interpreter, delegate, NULL, &err), TB_OK, "%s",
                 err.text);
    cr_assert_eq(tb_interpreter_allocate(n.interpreter, &err), TB_OK, "%s", err.text);
    int nodes;
    tb_interpreter_execution_plan(n.interpreter, 0, &nodes);
    cr_expect_eq(nodes, 1);
    TfLiteTensor *input = tb_interpreter_input(n.interpreter, 0);
    for (int i = 0; i < 20 * 20 * 4; i++)
        input->data.f[i] = 1.0f;
    cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
    const float *got = tb_interpreter_output(n.interpreter, 0)->data.f;
    cr_expect_float_eq(got[0], 16.0f, 1e-5);
    cr_expect_float_eq(got[(20 * 7 + 9) * 8 + 3], 36.0f, 1e-5);
    net_end(&n);
    p.destroy(delegate);
    dlclose(p.library);
}

Test(cpu_plugin, refuses_what_it_does_not_understand)
{
    plugin p = open_plugin();
    const char *const keys[] = {"num_threads"}, *const values[] = {"many"};
    cr_expect_null(p.create(keys, values, 1, report));
    cr_expect_str_eq(reported, "cpu delegate: num_threads is 'many', expected 1 to 1024");
    const char *const other[] = {"colour"};
    cr_expect_null(p.create(other, values, 1, NULL));
    dlclose(p.library);
}
