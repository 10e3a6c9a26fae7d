/*
 * opcheck --bench: single layers under the cpu delegate, one thread, against this machine's measured
 * peaks: multiply-adds for products; for depthwise layers what their input and output take to be
 * copied, and, where that is more, their multiply-adds. Figures are the fastest of many runs, so that
 * other work on the machine disturbs little.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/roof/peak.h"
#include "delegates/delegate.h"
#include "runtime/base/clock.h"
#include "runtime/base/cpu_features.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"
#include "tests/opcheck/network.h"
#include "tests/opcheck/opcheck.h"

enum { BENCH_MS = 60 };

/* Sizes of copies: what both sides of a layer take is held to the next larger one. */
static const size_t copy_bytes[] = {256 << 10, 2 << 20, 64 << 20};

typedef struct limits {
    double f32_gflops, q8_gops; /* 0: not measured */
    double copy_gbps[3];        /* read and written bytes of a copy, by size */
} limits;

static double best_rate(tb_peak_fn fn)
{
    const size_t rounds = 20000;
    double best = 0;
    float sink = 0;
    const uint64_t end = tb_clock_ns() + BENCH_MS * 1000000u;
    while (tb_clock_ns() < end) {
        const uint64_t begin = tb_clock_ns();
        const size_t ops = fn(rounds, &sink);
        const double rate = (double)(rounds * ops) / (double)(tb_clock_ns() - begin);
        best = rate > best ? rate : best;
    }
    return best;
}

/* Bytes read and written a nanosecond by a copy between two blocks of `bytes`. */
static double copy_rate(size_t bytes)
{
    char *from = aligned_alloc(64, bytes), *to = aligned_alloc(64, bytes);
    if (!from || !to)
        abort();
    memset(from, 1, bytes);
    memset(to, 2, bytes);
    double best = 0;
    const uint64_t end = tb_clock_ns() + BENCH_MS * 1000000u;
    while (tb_clock_ns() < end) {
        const uint64_t begin = tb_clock_ns();
        memcpy(to, from, bytes);
        __asm__ volatile("" : : "r"(to) : "memory");
        const double rate = (double)(2 * bytes) / (double)(tb_clock_ns() - begin);
        best = rate > best ? rate : best;
    }
    free(from);
    free(to);
    return best;
}

static limits measure(void)
{
    limits m = {0};
    const uint32_t features = tb_cpu_features();
    for (const tb_peak_row *row = tb_peak_rows(); row->name; row++) {
        if ((features & row->feature) != row->feature)
            continue;
        const double rate = best_rate(row->f32 ? row->f32 : row->q8);
        printf("peak of %-16s %8.1f %s\n", row->name, rate, row->f32 ? "GFLOP/s" : "GOP/s");
        *(row->f32 ? &m.f32_gflops : &m.q8_gops) = rate;
    }
    for (int i = 0; i < 3; i++) {
        m.copy_gbps[i] = copy_rate(copy_bytes[i]);
        printf("copy of %6zu KiB       %8.1f GB/s\n", copy_bytes[i] >> 10, m.copy_gbps[i]);
    }
    printf("\n");
    return m;
}

/* Keeps the last step of an invoke. */
typedef struct last_step {
    tb_sink sink;
    tb_event event;
} last_step;

static void keep_step(tb_sink *sink, const tb_event *event)
{
    if (event->kind == TB_EVENT_STEP)
        ((last_step *)(void *)sink)->event = *event;
}

/* The fastest run of the model's last step, nanoseconds; its kernel's name goes into `kernel`. */
static double time_model(const uint8_t *bytes, size_t size, char *kernel, size_t kernel_size)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    tb_interpreter *interpreter;
    TfLiteDelegate *delegate;
    const tb_delegate_row *row = tb_delegate_find("cpu");
    if (tb_model_from_memory(bytes, size, "layer", &err, &model) != TB_OK ||
        tb_interpreter_create(model, NULL, &err, &interpreter) != TB_OK ||
        row->create(NULL, 0, 1, &err, &delegate) != TB_OK ||
        tb_interpreter_apply_delegate(interpreter, delegate, row->bind, &err) != TB_OK ||
        tb_interpreter_allocate(interpreter, &err) != TB_OK) {
        fprintf(stderr, "opcheck: %s\n", err.text);
        exit(1);
    }
    last_step last = {.sink = {.emit = keep_step}};
    tb_interpreter_set_sink(interpreter, &last.sink);
    TfLiteTensor *input = tb_interpreter_input(interpreter, 0);
    oc_random r = {1};
    if (input->type == kTfLiteFloat32)
        oc_fill_floats(&r, input->data.f, input->bytes / sizeof(float), -1.0f, 1.0f);
    else
        oc_fill_bytes(&r, input->data.raw, input->bytes);
    double best = 1e30;
    const uint64_t end = tb_clock_ns() + BENCH_MS * 1000000u;
    while (tb_clock_ns() < end) {
        if (tb_interpreter_invoke(interpreter, &err) != TB_OK)
            exit(1);
        const double ns = (double)(last.event.end_ns - last.event.begin_ns);
        best = ns < best ? ns : best;
    }
    const tb_step *step = last.event.step;
    snprintf(kernel, kernel_size, "%s", !step ? "" : step->kernel ? step->kernel : step->name);
    if (step && strstr(step->name, "winograd"))
        snprintf(kernel, kernel_size, "%s", step->name);
    tb_interpreter_destroy(interpreter);
    row->destroy(delegate);
    tb_model_release(model);
    return best;
}

static void bench_layer(const limits *m, TfLiteType type, const oc_layer_spec *spec,
                        const char *filter)
{
    oc_random r = {1};
    char what[128], kernel[64];
    size_t size;
    uint8_t *bytes = oc_layer(&r, type, spec, &size, what, sizeof what);
    const double ns = time_model(bytes, size, kernel, sizeof kernel);
    free(bytes);
    if (filter && !strstr(kernel, filter) && !strstr(what, filter))
        return;
    const bool is_float = type == kTfLiteFloat32;
    const double out_side = (double)((spec->side + spec->stride - 1) / spec->stride);
    const double pixels = out_side * out_side;
    const double depth = spec->depthwise ? 1.0 : (double)spec->in_c;
    const double ops = 2.0 * pixels * spec->out_c * spec->taps * spec->taps * depth;
    const double element = is_float ? 4.0 : 1.0;
    const double moved =
        element * ((double)spec->side * spec->side * spec->in_c + pixels * spec->out_c);
    if (spec->depthwise) {
        int k = 0;
        while (k < 2 && moved > 2.0 * (double)copy_bytes[k])
            k++;
        const double copy_ns = moved / m->copy_gbps[k];
        const double peak = is_float ? m->f32_gflops : m->q8_gops;
        const double compute_ns = peak > 0 ? ops / peak : 0.0;
        printf("%-44s %-28s %9.1f us %8.1f GB/s  %5.1f %% of the copy, %5.1f %% of the %s\n", what,
               kernel, ns / 1e3, moved / ns, 100.0 * copy_ns / ns,
               100.0 * (compute_ns > copy_ns ? compute_ns : copy_ns) / ns,
               compute_ns > copy_ns ? "multiply-adds" : "copy, the bound");
    } else {
        const double peak = is_float ? m->f32_gflops : m->q8_gops;
        printf("%-44s %-28s %9.1f us %8.1f GOP/s %5.1f %% of peak\n", what, kernel, ns / 1e3,
               ops / ns, peak > 0 ? 100.0 * ops / ns / peak : 0.0);
    }
}

bool oc_bench(const char *filter)
{
    /* the layers of MobileNet v1 and v2, the first of an image network, dense 3x3 ones */
    static const oc_layer_spec layers[] = {
        {false, 224, 3, 32, 3, 2},    {false, 112, 32, 64, 1, 1},  {false, 56, 64, 128, 1, 1},
        {false, 56, 128, 128, 1, 1},  {false, 28, 128, 256, 1, 1}, {false, 28, 256, 256, 1, 1},
        {false, 14, 256, 512, 1, 1},  {false, 14, 512, 512, 1, 1}, {false, 7, 512, 1024, 1, 1},
        {false, 7, 1024, 1024, 1, 1}, {false, 112, 16, 96, 1, 1},  {false, 56, 24, 144, 1, 1},
        {false, 56, 144, 24, 1, 1},   {false, 28, 192, 32, 1, 1},  {false, 14, 576, 96, 1, 1},
        {false, 7, 160, 960, 1, 1},   {false, 7, 960, 320, 1, 1},  {false, 32, 16, 16, 3, 1},
        {false, 32, 64, 64, 3, 1},    {false, 14, 128, 128, 3, 1}, {false, 8, 256, 256, 3, 1},
        {true, 112, 32, 32, 3, 1},    {true, 112, 64, 64, 3, 2},   {true, 56, 128, 128, 3, 1},
        {true, 28, 256, 256, 3, 1},   {true, 14, 512, 512, 3, 1},  {true, 7, 1024, 1024, 3, 1},
        {true, 56, 144, 144, 3, 2},   {true, 14, 576, 576, 3, 1},  {true, 28, 120, 120, 5, 1},
        {true, 14, 672, 672, 5, 2},
    };
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8};
    const limits m = measure();
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
            bench_layer(&m, types[t], &layers[i], filter);
    return true;
}
