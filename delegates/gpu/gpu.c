/* The gpu delegate's row: its options, and what it is made of. */
#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "delegates/gpu/apply.h"
#include "delegates/gpu/ops.h"
#include "delegates/gpu/tune.h"

typedef struct options {
    tb_gpu_choice choice;
    const char *precision, *cache, *tune;
    int min_partition;
} options;

static tb_status read_option(const tb_delegate_option *option, tb_error *err, options *out)
{
    if (strcmp(option->key, "device") == 0) {
        out->choice.device = option->value;
    } else if (strcmp(option->key, "library") == 0) {
        out->choice.library = option->value;
    } else if (strcmp(option->key, "cache") == 0) {
        out->cache = option->value;
    } else if (strcmp(option->key, "tune") == 0) {
        out->tune = option->value;
        if (strcmp(option->value, "on") != 0 && strcmp(option->value, "off") != 0 &&
            strcmp(option->value, "auto") != 0)
            return tb_fail(err, TB_USAGE,
                           "the gpu delegate's option tune is on, off or auto, not '%s'",
                           option->value);
    } else if (strcmp(option->key, "precision") == 0) {
        out->precision = option->value;
        if (strcmp(option->value, "fp32") != 0 && strcmp(option->value, "fp16") != 0 &&
            strcmp(option->value, "auto") != 0)
            return tb_fail(err, TB_USAGE,
                           "the gpu delegate's option precision is fp32, fp16 or auto, not '%s'",
                           option->value);
    } else if (strcmp(option->key, "min-partition") == 0) {
        char *end;
        const long count = strtol(option->value, &end, 10);
        const bool is_auto = strcmp(option->value, "auto") == 0;
        if (!is_auto && (end == option->value || *end || count < 1 || count > 1 << 20))
            return tb_fail(err, TB_USAGE,
                           "the gpu delegate's option min-partition is auto or a number of nodes "
                           "from 1, not '%s'",
                           option->value);
        out->min_partition = is_auto ? 0 : (int)count;
    } else {
        return tb_fail(err, TB_USAGE, "the gpu delegate has no option '%s'", option->key);
    }
    return TB_OK;
}

static tb_status probe(tb_error *err, tb_buf *what_found)
{
    tb_gpu_device device;
    const tb_gpu_choice choice = {0};
    tb_status status = tb_gpu_device_find(&choice, err, &device);
    if (status != TB_OK)
        return status;
    tb_gpu_device_describe(&device, what_found);
    tb_gpu_device_close(&device);
    return TB_OK;
}

static void destroy(TfLiteDelegate *base)
{
    if (!base)
        return;
    tb_gpu_delegate *delegate = tb_gpu_delegate_of(base);
    delegate->gpu.memory.host = NULL; /* may be gone, and its accounts with it */
    tb_gpu_memory_clear(&delegate->gpu.memory);
    if (delegate->gpu.programs)
        tb_gpu_programs_save(delegate->gpu.programs);
    tb_gpu_tuning_destroy(delegate->gpu.tuning);
    tb_gpu_programs_destroy(delegate->gpu.programs);
    tb_gpu_device_close(&delegate->gpu.device);
    tb_packs_destroy(delegate->gpu.packs);
    free(delegate);
}

static tb_status open_gpu(const options *o, tb_error *err, tb_gpu *gpu)
{
    gpu->packs = tb_packs_create();
    if (!gpu->packs)
        return tb_fail(err, TB_NO_MEMORY, "creating the gpu delegate");
    tb_status status = tb_gpu_device_find(&o->choice, err, &gpu->device);
    if (status == TB_OK)
        status = tb_gpu_device_open(&gpu->device, err);
    if (status == TB_OK)
        status = tb_gpu_programs_create(&gpu->device, o->cache, err, &gpu->programs);
    const bool tunes = strcmp(o->tune, "on") == 0 ||
                       (strcmp(o->tune, "auto") == 0 && gpu->device.type & CL_DEVICE_TYPE_GPU);
    if (status == TB_OK && tunes)
        status = tb_gpu_tuning_create(&gpu->device, o->cache, err, &gpu->tuning);
    gpu->memory.device = &gpu->device;
    gpu->half = strcmp(o->precision, "fp16") == 0 ||
                (strcmp(o->precision, "auto") == 0 && gpu->device.has_half);
    return status;
}

static tb_status create(const tb_delegate_option *given, int given_count, int threads,
                        tb_error *err, TfLiteDelegate **out)
{
    (void)threads;
    options o = {.precision = "auto", .tune = "auto"};
    for (int i = 0; i < given_count; i++) {
        tb_status status = read_option(&given[i], err, &o);
        if (status != TB_OK)
            return status;
    }
    tb_gpu_delegate *delegate = calloc(1, sizeof *delegate);
    if (!delegate)
        return tb_fail(err, TB_NO_MEMORY, "creating the gpu delegate");
    delegate->base = TfLiteDelegateCreate();
    delegate->base.data_ = delegate;
    delegate->base.Prepare = tb_gpu_apply;
    delegate->min_partition = o.min_partition;
    tb_status status = open_gpu(&o, err, &delegate->gpu);
    if (status != TB_OK) {
        destroy(&delegate->base);
        return status;
    }
    *out = &delegate->base;
    return TB_OK;
}

static TfLiteStatus bind(TfLiteDelegate *base, const tb_host *host)
{
    tb_gpu *gpu = &tb_gpu_delegate_of(base)->gpu;
    if (host->version != TB_HOST_VERSION || host->size < sizeof *host)
        return kTfLiteError;
    gpu->host = gpu->memory.host = host;
    tb_packs_bind(gpu->packs, host);
    return kTfLiteOk;
}

static const tb_delegate_option_spec option_specs[] = {
    {"device", "auto|N|NAME",
     "the OpenCL device: by its number or a part of its name; auto is the first GPU, else what "
     "there is"},
    {"precision", "auto|fp32|fp16",
     "how floats are stored: fp16 in halves; auto is fp16 where the device computes in it"},
    {"min-partition", "auto|N",
     "the fewest nodes worth a copy to the device and back; 1 takes whatever it can, auto weighs "
     "the copies against the work"},
    {"tune", "auto|on|off",
     "tries sizes of work groups for each kernel and keeps the fastest; auto: on GPUs"},
    {"cache", "DIR", "keeps compiled programs and what tuning found there (--delegate-cache)"},
    {"library", "FILE", "the OpenCL library, instead of the usual places"},
    {0},
};

const tb_delegate_row tb_delegate_gpu = {
    .name = "gpu",
    .what = "an OpenCL device, 1.2 or later",
    .options = option_specs,
    .off_cpu = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .bind = bind,
    .op = tb_gpu_op_list,
};
