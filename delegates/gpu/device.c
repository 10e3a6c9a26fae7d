/* Choosing and opening a device; see device.h. */
#include "delegates/gpu/device.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLATFORMS = 16, MAX_DEVICES = 32 };

/* A text that the driver gives, owned by the caller; NULL where it gives none. */
static char *ask_text(const tb_cl *cl, cl_device_id id, cl_device_info what)
{
    size_t size = 0;
    if (cl->GetDeviceInfo(id, what, 0, NULL, &size) != CL_SUCCESS || size == 0)
        return NULL;
    char *text = calloc(1, size + 1);
    if (text && cl->GetDeviceInfo(id, what, size, text, NULL) != CL_SUCCESS) {
        free(text);
        return NULL;
    }
    return text;
}

static bool ask(const tb_cl *cl, cl_device_id id, cl_device_info what, size_t size, void *out)
{
    return cl->GetDeviceInfo(id, what, size, out, NULL) == CL_SUCCESS;
}

static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; at && (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* ---- choosing ---------------------------------------------------------------------------------------- */

typedef struct candidate {
    cl_platform_id platform;
    cl_device_id id;
} candidate;

static tb_status list_devices(const tb_cl *cl, tb_error *err, candidate found[MAX_DEVICES],
                              int *count)
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint platform_count = 0;
    cl_int code = cl->GetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count);
    if (code != CL_SUCCESS)
        return tb_cl_fail(err, code, "asking OpenCL for its platforms");
    *count = 0;
    if (platform_count > MAX_PLATFORMS)
        platform_count = MAX_PLATFORMS;
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id ids[MAX_DEVICES];
        cl_uint id_count = 0;
        code = cl->GetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, ids, &id_count);
        for (cl_uint d = 0; code == CL_SUCCESS && d < id_count && d < MAX_DEVICES; d++)
            if (*count < MAX_DEVICES)
                found[(*count)++] = (candidate){platforms[p], ids[d]};
    }
    if (*count > 0)
        return TB_OK;
    if (code != CL_SUCCESS)
        return tb_cl_fail(err, code, "asking OpenCL for its devices");
    return tb_fail(err, TB_UNAVAILABLE, "OpenCL has %u platforms and no device",
                   (unsigned)platform_count);
}

static int rank_of(const tb_cl *cl, cl_device_id id)
{
    cl_device_type type = 0;
    ask(cl, id, CL_DEVICE_TYPE, sizeof type, &type);
    return type & CL_DEVICE_TYPE_GPU ? 0 : type & CL_DEVICE_TYPE_ACCELERATOR ? 1 : 2;
}

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; *text; text++) {
        size_t k = 0;
        while (k < length && text[k] &&
               tolower((unsigned char)text[k]) == tolower((unsigned char)part[k]))
            k++;
        if (k == length)
            return true;
    }
    return length == 0;
}

static int by_name(const tb_cl *cl, const candidate *found, int count, const char *part)
{
    for (int i = 0; i < count; i++) {
        char *name = ask_text(cl, found[i].id, CL_DEVICE_NAME);
        const bool fits = name && contains(name, part);
        free(name);
        if (fits)
            return i;
    }
    return -1;
}

static tb_status choose(const tb_cl *cl, const char *wish, const candidate *found, int count,
                        tb_error *err, int *out)
{
    *out = -1;
    if (!wish || strcmp(wish, "auto") == 0) {
        for (int rank = 0; rank < 3 && *out < 0; rank++)
            for (int i = 0; i < count && *out < 0; i++)
                if (rank_of(cl, found[i].id) == rank)
                    *out = i;
        return TB_OK;
    }
    char *end;
    const long number = strtol(wish, &end, 10);
    if (end != wish && !*end && number >= 0 && number < count)
        *out = (int)number;
    else
        *out = by_name(cl, found, count, wish);
    if (*out >= 0)
        return TB_OK;
    return tb_fail(err, TB_UNAVAILABLE,
                   "no OpenCL device is number %s or has that in its name; there are %d", wish,
                   count);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

static tb_status ask_all(tb_gpu_device *d, tb_error *err)
{
    const tb_cl *cl = d->cl;
    d->name = ask_text(cl, d->id, CL_DEVICE_NAME);
    d->vendor = ask_text(cl, d->id, CL_DEVICE_VENDOR);
    d->driver = ask_text(cl, d->id, CL_DRIVER_VERSION);
    d->version = ask_text(cl, d->id, CL_DEVICE_VERSION);
    char *extensions = ask_text(cl, d->id, CL_DEVICE_EXTENSIONS);
    d->has_half = has_word(extensions, "cl_khr_fp16");
    free(extensions);
    cl_bool available = CL_FALSE, compiler = CL_FALSE, unified = CL_FALSE;
    cl_ulong memory = 0, buffer = 0;
    cl_uint bits = 0, units = 0;
    size_t items[16] = {0}; /* of as many dimensions as the device has, at least 3 */
    const bool told =
        d->name && d->vendor && d->driver && d->version &&
        ask(cl, d->id, CL_DEVICE_TYPE, sizeof d->type, &d->type) &&
        ask(cl, d->id, CL_DEVICE_AVAILABLE, sizeof available, &available) &&
        ask(cl, d->id, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler) &&
        ask(cl, d->id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof d->max_group, &d->max_group) &&
        ask(cl, d->id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items) &&
        ask(cl, d->id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory) &&
        ask(cl, d->id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof buffer, &buffer) &&
        ask(cl, d->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof bits, &bits) &&
        ask(cl, d->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units);
    if (!told)
        return tb_fail(err, TB_UNAVAILABLE, "the OpenCL device %s does not say what it is",
                       d->name ? d->name : "(without a name)");
    memcpy(d->max_items, items, sizeof d->max_items);
    ask(cl, d->id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified);
    d->shares_memory = unified;
    d->memory_bytes = memory;
    d->max_buffer_bytes = buffer;
    d->buffer_alignment = bits / 8 >= 64 ? bits / 8 : 64;
    d->compute_units = units;
    if (!available || !compiler)
        return tb_fail(err, TB_UNAVAILABLE, "the OpenCL device %s %s", d->name,
                       available ? "has no compiler" : "is not available");
    int major = 0, minor = 0;
    const char *number = strncmp(d->version, "OpenCL ", 7) == 0 ? d->version + 7 : "";
    for (; isdigit((unsigned char)*number); number++)
        major = major < 1000 ? major * 10 + (*number - '0') : major;
    for (number += *number == '.'; isdigit((unsigned char)*number); number++)
        minor = minor < 1000 ? minor * 10 + (*number - '0') : minor;
    if (major < 1 || (major == 1 && minor < 2))
        return tb_fail(err, TB_UNAVAILABLE, "the device %s speaks \"%s\", and OpenCL 1.2 is needed",
                       d->name, d->version);
    return TB_OK;
}

tb_status tb_gpu_device_find(const tb_gpu_choice *choice, tb_error *err, tb_gpu_device *out)
{
    *out = (tb_gpu_device){0};
    tb_status status = tb_cl_load(choice->library, err, &out->cl);
    candidate found[MAX_DEVICES];
    int count = 0, chosen = 0;
    if (status == TB_OK)
        status = list_devices(out->cl, err, found, &count);
    if (status == TB_OK)
        status = choose(out->cl, choice->device, found, count, err, &chosen);
    if (status != TB_OK)
        return status;
    out->platform = found[chosen].platform;
    out->id = found[chosen].id;
    status = ask_all(out, err);
    if (status != TB_OK)
        tb_gpu_device_close(out);
    return status;
}

tb_status tb_gpu_device_open(tb_gpu_device *d, tb_error *err)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)d->platform, 0};
    cl_int code;
    d->context = d->cl->CreateContext(properties, 1, &d->id, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        d->context = NULL;
        return tb_cl_fail(err, code, "a context of %s", d->name);
    }
    d->queue = d->cl->CreateCommandQueue(d->context, d->id, 0, &code);
    if (code != CL_SUCCESS) {
        d->queue = NULL;
        return tb_cl_fail(err, code, "a queue of %s", d->name);
    }
    return TB_OK;
}

tb_status tb_gpu_device_timed(tb_gpu_device *d, tb_error *err)
{
    if (d->timed)
        return TB_OK;
    cl_int code;
    d->timed = d->cl->CreateCommandQueue(d->context, d->id, CL_QUEUE_PROFILING_ENABLE, &code);
    if (code == CL_SUCCESS)
        return TB_OK;
    d->timed = NULL;
    return tb_cl_fail(err, code, "a queue of %s that keeps times", d->name);
}

void tb_gpu_device_close(tb_gpu_device *d)
{
    if (d->timed)
        d->cl->ReleaseCommandQueue(d->timed);
    if (d->queue)
        d->cl->ReleaseCommandQueue(d->queue);
    if (d->context)
        d->cl->ReleaseContext(d->context);
    free(d->name);
    free(d->vendor);
    free(d->driver);
    free(d->version);
    *d = (tb_gpu_device){0};
}

void tb_gpu_device_describe(const tb_gpu_device *d, tb_buf *out)
{
    const char *kind = d->type & CL_DEVICE_TYPE_GPU           ? "GPU"
                       : d->type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator"
                                                              : "processor";
    tb_buf_printf(out, "%s %s (%s, driver %s, %u compute units, %.1f GiB%s)", kind, d->name,
                  d->version, d->driver, d->compute_units,
                  (double)d->memory_bytes / (1024.0 * 1024.0 * 1024.0),
                  d->has_half ? ", half arithmetic" : "");
}
