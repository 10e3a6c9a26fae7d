/* The gpu delegate: what it fuses, what it says of itself, and how it fails. On whatever OpenCL device
   there is; without one the tests are skipped. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delegates/delegate.h"
#include "profiler/sink.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"
#include "tests/gpu/opencl_shim.h"
#include "tests/unit/delegates/net.h"

#define SAME_CONV                                                                               \
    TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 0), TB_OPT_INT(conv_2d, stride_w, 1), \
                    TB_OPT_INT(conv_2d, stride_h, 1))

enum { SIDE = 5, CHANNELS = 6 };

/* A file or folder beside the test program. */
static const char *beside(const char *name, size_t capacity, char *path)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_os_executable_path(capacity - 64, &err, path), TB_OK, "%s", err.text);
    strcpy(strrchr(path, '/') + 1, name);
    return path;
}

/* Drivers and the delegate keep what they compile there, so that the tests compile it once. */
static const char *cache_folder(void)
{
    static char path[4096], driver[4096];
    mkdir(beside("gpu-driver-cache", sizeof driver, driver), 0777);
    setenv("POCL_CACHE_DIR", driver, 1);
    return beside("gpu-cache", sizeof path, path);
}

static void need_device(void)
{
    tb_error err = TB_ERROR_NONE;
    tb_buf found = {0};
    cache_folder();
    const tb_status status = tb_delegate_find("gpu")->probe(&err, &found);
    tb_buf_free(&found);
    if (status != TB_OK)
        cr_skip("%s", err.text);
}

/* conv + RELU, conv + ADD of the input's own convolution, softmax. */
static void make_net(net *n)
{
    net_begin(n);
    const int32_t in = net_tensor(n, TB_INTS(1, SIDE, SIDE, CHANNELS), NULL);
    const int32_t filter = net_filled(n, TB_INTS(CHANNELS, 3, 3, CHANNELS), 0.03f);
    const int32_t bias = net_filled(n, TB_INTS(CHANNELS), -0.5f);
    int32_t t[5];
    for (size_t i = 0; i < TB_COUNT_OF(t); i++)
        t[i] = net_tensor(n, TB_INTS(1, SIDE, SIDE, CHANNELS), NULL);
    net_op(n, kTfLiteBuiltinConv2d, TB_INTS(in, filter, bias), t[0], SAME_CONV);
    net_op(n, kTfLiteBuiltinRelu, TB_INTS(t[0]), t[1], TB_OPTIONS_ABSENT);
    net_op(n, kTfLiteBuiltinConv2d, TB_INTS(t[1], filter, bias), t[2], SAME_CONV);
    net_op(n, kTfLiteBuiltinAdd, TB_INTS(t[2], t[1]), t[3], TB_OPTIONS_DEFAULT(add));
    net_op(n, kTfLiteBuiltinLogistic, TB_INTS(t[3]), t[4], TB_OPTIONS_ABSENT);
    net_open(n, TB_INTS(in), TB_INTS(t[4]), 1);
}

static void fill_input(net *n)
{
    TfLiteTensor *in = tb_interpreter_input(n->interpreter, 0);
    for (size_t i = 0; i < in->bytes / sizeof(float); i++)
        in->data.f[i] = (float)(i % 17) * 0.1f - 0.4f;
}

/* What the portable kernels make of it. */
static void reference(float out[SIDE * SIDE * CHANNELS])
{
    net n;
    tb_error err = TB_ERROR_NONE;
    make_net(&n);
    cr_assert_eq(tb_interpreter_allocate(n.interpreter, &err), TB_OK, "%s", err.text);
    fill_input(&n);
    cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
    memcpy(out, tb_interpreter_output(n.interpreter, 0)->data.f,
           SIDE * SIDE * CHANNELS * sizeof *out);
    net_end(&n);
}

static void compare(net *n, double tolerance)
{
    float expected[SIDE * SIDE * CHANNELS];
    reference(expected);
    const float *got = tb_interpreter_output(n->interpreter, 0)->data.f;
    for (size_t i = 0; i < TB_COUNT_OF(expected); i++)
        cr_assert_float_eq(got[i], expected[i], tolerance, "element %zu is %g, not %g", i,
                           (double)got[i], (double)expected[i]);
}

static TfLiteDelegate *create(const char *precision)
{
    TfLiteDelegate *delegate = NULL;
    tb_error err = TB_ERROR_NONE;
    const tb_delegate_option options[] = {{"precision", precision}, {"cache", cache_folder()}};
    cr_assert_eq(tb_delegate_find("gpu")->create(options, 2, 1, &err, &delegate), TB_OK, "%s",
                 err.text);
    return delegate;
}

static void apply(net *n, TfLiteDelegate *delegate)
{
    tb_error err = TB_ERROR_NONE;
    make_net(n);
    cr_assert_eq(tb_interpreter_apply_delegate(n->interpreter, delegate,
                                               tb_delegate_find("gpu")->bind, &err),
                 TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(n->interpreter, &err), TB_OK, "%s", err.text);
    fill_input(n);
}

Test(gpu, fuses_and_computes)
{
    need_device();
    net n;
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = create("fp32");
    apply(&n, delegate);
    cr_expect_str_eq(tb_interpreter_plan_text(n.interpreter, 0), "copy to the device\n"
                                                                 "conv_2d conv nodes 0,1\n"
                                                                 "conv_2d conv nodes 2,3\n"
                                                                 "logistic unary nodes 4\n"
                                                                 "copy to the host\n");
    cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
    compare(&n, 1e-5);
    net_end(&n);
    tb_delegate_find("gpu")->destroy(delegate);
}

Test(gpu, stores_halves)
{
    need_device();
    net n;
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = create("fp16");
    apply(&n, delegate);
    cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
    compare(&n, 1e-2);
    net_end(&n);
    tb_delegate_find("gpu")->destroy(delegate);
}

typedef struct watcher {
    tb_sink sink;
    uint64_t first_ns, last_ns, node_ns, told_ns;
    int steps, copies;
    bool has_hole;
} watcher;

static void watch(tb_sink *sink, const tb_event *event)
{
    watcher *w = (watcher *)sink;
    if (event->kind == TB_EVENT_NODE)
        w->node_ns += event->end_ns - event->begin_ns;
    if (event->kind != TB_EVENT_STEP && event->kind != TB_EVENT_COPY &&
        event->kind != TB_EVENT_SYNC)
        return;
    w->steps += event->kind == TB_EVENT_STEP;
    w->copies += event->kind == TB_EVENT_COPY;
    w->has_hole = w->has_hole || (w->last_ns && event->begin_ns != w->last_ns);
    w->last_ns = event->end_ns;
    w->told_ns += event->end_ns - event->begin_ns;
}

Test(gpu, rows_have_no_holes)
{
    need_device();
    net n;
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = create("fp32");
    apply(&n, delegate);
    watcher w = {.sink = {.emit = watch}};
    tb_interpreter_set_sink(n.interpreter, &w.sink);
    cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(w.steps, 3);
    cr_expect_eq(w.copies, 2);
    cr_expect_not(w.has_hole);
    cr_expect(w.told_ns > 0 && w.told_ns <= w.node_ns);
    compare(&n, 1e-5);
    net_end(&n);
    tb_delegate_find("gpu")->destroy(delegate);
}

Test(gpu, refuses_options_by_name)
{
    const tb_delegate_row *row = tb_delegate_find("gpu");
    static const struct {
        tb_delegate_option option;
        tb_status status;
        const char *says;
    } cases[] = {
        {{"colour", "red"}, TB_USAGE, "the gpu delegate has no option 'colour'"},
        {{"precision", "fp8"}, TB_USAGE, "fp32, fp16 or auto, not 'fp8'"},
        {{"tune", "maybe"}, TB_USAGE, "on, off or auto, not 'maybe'"},
        {{"min-partition", "none"}, TB_USAGE, "from 1, not 'none'"},
        {{"library", "libno-such-opencl.so"}, TB_UNAVAILABLE, "libno-such-opencl.so"},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_error err = TB_ERROR_NONE;
        TfLiteDelegate *delegate = NULL;
        cr_expect_eq(row->create(&cases[i].option, 1, 1, &err, &delegate), cases[i].status);
        cr_expect(strstr(err.text, cases[i].says), "says: %s", err.text);
        cr_expect_null(delegate);
    }
}

/* ---- failures ---------------------------------------------------------------------------------------- */

typedef struct shim {
    char path[4096];
    tb_shim_fail_fn fail;
    tb_shim_calls_fn calls;
    tb_shim_live_fn live;
} shim;

static void open_shim(shim *s)
{
    beside("libopencl_shim.so", sizeof s->path, s->path);
    void *library = dlopen(s->path, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(library, "%s", dlerror());
    *(void **)&s->fail = dlsym(library, "tb_shim_fail");
    *(void **)&s->calls = dlsym(library, "tb_shim_calls");
    *(void **)&s->live = dlsym(library, "tb_shim_live");
    cr_assert(s->fail && s->calls && s->live);
}

static bool names_the_error(const char *text)
{
    return text && (strstr(text, "CL_OUT_OF_RESOURCES") ||
                    strstr(text, "CL_MEM_OBJECT_ALLOCATION_FAILURE") ||
                    strstr(text, "does not say what it is"));
}

/* Every node left behind says so. */
static void check_reasons(net *n, int call)
{
    const int nodes = tb_interpreter_node_count(n->interpreter, 0);
    for (int k = 0; k < nodes && k < 5; k++) {
        tb_node_info info = {0};
        tb_interpreter_node(n->interpreter, 0, k, &info);
        if (info.delegated_to < 0)
            cr_expect(names_the_error(info.reason), "call %d, node %d: %s", call, k,
                      info.reason ? info.reason : "no reason");
    }
}

/* A start and two runs, the second one watched, with failures; the result is right where there is one. */
static void run_failing(const shim *s, int first, int period)
{
    const tb_delegate_row *row = tb_delegate_find("gpu");
    const tb_delegate_option options[] = {
        {"precision", "fp32"}, {"cache", cache_folder()}, {"library", s->path}};
    TfLiteDelegate *delegate = NULL;
    tb_error err = TB_ERROR_NONE;
    net n;
    s->fail(first, period);
    if (row->create(options, 3, 1, &err, &delegate) != TB_OK) {
        cr_expect(names_the_error(err.text), "call %d: %s", first, err.text);
        cr_expect_eq(s->live(), 0, "call %d leaves %d objects", first, s->live());
        return;
    }
    make_net(&n);
    cr_expect_eq(tb_interpreter_apply_delegate(n.interpreter, delegate, row->bind, &err), TB_OK,
                 "call %d: %s", first, err.text);
    cr_assert_eq(tb_interpreter_allocate(n.interpreter, &err), TB_OK, "%s", err.text);
    check_reasons(&n, first);
    for (int run = 0; run < 2; run++) {
        watcher w = {.sink = {.emit = watch}};
        tb_interpreter_set_sink(n.interpreter, run ? &w.sink : NULL);
        fill_input(&n);
        err = (tb_error)TB_ERROR_NONE;
        if (tb_interpreter_invoke(n.interpreter, &err) == TB_OK)
            compare(&n, 1e-5);
        else
            cr_expect(names_the_error(err.text), "call %d: %s", first, err.text);
    }
    net_end(&n);
    row->destroy(delegate);
    cr_expect_eq(s->live(), 0, "call %d leaves %d objects", first, s->live());
}

Test(gpu, survives_every_failing_call)
{
    need_device();
    shim s;
    open_shim(&s);
    run_failing(&s, 0, 0); /* fills the cache */
    run_failing(&s, 0, 0);
    const int calls = s.calls();
    cr_assert_gt(calls, 40);
    for (int call = 1; call <= calls; call++)
        run_failing(&s, call, 0);
}

Test(gpu, survives_a_driver_that_keeps_failing)
{
    need_device();
    shim s;
    open_shim(&s);
    for (int period = 1; period <= 31; period += 3)
        run_failing(&s, period, period);
    /* a lost device: nothing works from some point on */
    for (int first = 20; first <= 120; first += 20)
        run_failing(&s, first, 1);
}

/* ---- the cache --------------------------------------------------------------------------------------- */

static void damage(const char *folder, size_t keep_bytes)
{
    char command[8192];
    snprintf(command, sizeof command,
             "for f in '%s'/*; do head -c %zu \"$f\" > \"$f.new\" && printf x >> \"$f.new\" && "
             "mv \"$f.new\" \"$f\"; done",
             folder, keep_bytes);
    cr_assert_eq(system(command), 0);
}

Test(gpu, damaged_cache_is_made_anew)
{
    need_device();
    char folder[4096];
    const tb_delegate_row *row = tb_delegate_find("gpu");
    beside("gpu-cache-damaged", sizeof folder, folder);
    const tb_delegate_option options[] = {{"precision", "fp32"}, {"cache", folder}, {"tune", "on"}};
    static const size_t keeps[] = {SIZE_MAX / 2, 0, 100, 1000};
    for (size_t i = 0; i < TB_COUNT_OF(keeps); i++) {
        tb_error err = TB_ERROR_NONE;
        TfLiteDelegate *delegate = NULL;
        net n;
        if (i)
            damage(folder, keeps[i]);
        cr_assert_eq(row->create(options, 3, 1, &err, &delegate), TB_OK, "%s", err.text);
        apply(&n, delegate);
        cr_assert_eq(tb_interpreter_invoke(n.interpreter, &err), TB_OK, "%s", err.text);
        compare(&n, 1e-5);
        net_end(&n);
        row->destroy(delegate);
    }
}
