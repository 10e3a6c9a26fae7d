/* Trying work groups; see tune.h. */
#include "delegates/gpu/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/gpu/ops.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"

enum { REPEATS = 3, PATH_SIZE = 4096, MOST_ENTRIES = 1 << 20 };

static const uint16_t shapes[][3] = {{64, 1, 1}, {32, 1, 1}, {16, 4, 1}, {16, 1, 1}, {8, 8, 1},
                                     {4, 16, 1}, {4, 4, 4},  {1, 64, 1}, {32, 4, 1}, {8, 4, 4},
                                     {16, 8, 1}, {32, 8, 1}, {256, 1, 1}};

/* A kernel with its numbers, and the shape that suits it. */
typedef struct entry {
    char key[TB_SHA256_HEX_SIZE];
    uint8_t shape;
} entry;

/* A file: this, then entries. */
typedef struct file_head {
    char magic[8];
    char device[TB_SHA256_HEX_SIZE];
    char checksum[TB_SHA256_HEX_SIZE]; /* of the entries */
    uint8_t zero[6];
    uint64_t count;
} file_head;

static const char magic[8] = {'t', 'b', 'g', 'p', 'u', 't', '1', '\n'};

struct tb_gpu_tuning {
    char device[TB_SHA256_HEX_SIZE];
    char *path; /* NULL: nothing is kept */
    entry *entries;
    size_t count, capacity;
    bool is_new;
};

static void checksum_of(const entry *entries, size_t count, char hex[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, entries, count * sizeof *entries);
    tb_sha256_end(&hash, hex);
}

static bool put(tb_gpu_tuning *tuning, const entry *e)
{
    if (tuning->count == tuning->capacity) {
        const size_t capacity = tuning->capacity ? 2 * tuning->capacity : 64;
        entry *grown = realloc(tuning->entries, capacity * sizeof *grown);
        if (!grown)
            return false;
        tuning->entries = grown;
        tuning->capacity = capacity;
    }
    tuning->entries[tuning->count++] = *e;
    return true;
}

/* A file that does not hold together is as good as none. */
static void read_file(tb_gpu_tuning *tuning)
{
    tb_mapping file = {0};
    tb_error ignored = TB_ERROR_NONE;
    file_head head;
    char checksum[TB_SHA256_HEX_SIZE];
    if (tb_os_map_file(tuning->path, &ignored, &file) != TB_OK)
        return;
    if (file.size >= sizeof head) {
        memcpy(&head, file.data, sizeof head);
        const entry *entries = (const entry *)(const void *)((const char *)file.data + sizeof head);
        const bool fits = memcmp(head.magic, magic, sizeof magic) == 0 &&
                          memcmp(head.device, tuning->device, sizeof head.device) == 0 &&
                          head.count <= MOST_ENTRIES &&
                          file.size == sizeof head + head.count * sizeof *entries;
        if (fits)
            checksum_of(entries, head.count, checksum);
        if (fits && memcmp(checksum, head.checksum, sizeof checksum) == 0)
            for (size_t i = 0; i < head.count && entries[i].shape < TB_COUNT_OF(shapes); i++)
                put(tuning, &entries[i]);
    }
    tb_os_unmap(&file);
}

tb_status tb_gpu_tuning_create(const tb_gpu_device *device, const char *folder, tb_error *err,
                               tb_gpu_tuning **out)
{
    tb_gpu_tuning *tuning = calloc(1, sizeof *tuning);
    char path[PATH_SIZE];
    if (!tuning)
        return tb_fail(err, TB_NO_MEMORY, "tuning the gpu delegate");
    tb_gpu_device_key(device, tuning->device);
    const int length =
        folder ? snprintf(path, sizeof path, "%s/%s.tune", folder, tuning->device) : -1;
    if (length > 0 && (size_t)length < sizeof path && (tuning->path = strdup(path)))
        read_file(tuning);
    *out = tuning;
    return TB_OK;
}

void tb_gpu_tuning_destroy(tb_gpu_tuning *tuning)
{
    if (!tuning)
        return;
    if (tuning->path && tuning->is_new) {
        file_head head = {.count = tuning->count};
        memcpy(head.magic, magic, sizeof magic);
        memcpy(head.device, tuning->device, sizeof head.device);
        checksum_of(tuning->entries, tuning->count, head.checksum);
        tb_gpu_cache_write(tuning->path, &head, sizeof head, tuning->entries,
                           tuning->count * sizeof *tuning->entries);
    }
    free(tuning->entries);
    free(tuning->path);
    free(tuning);
}

/* ---- trying ------------------------------------------------------------------------------------------ */

static void key_of(const tb_gpu_step *step, char key[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    if (step->program)
        tb_sha256_add(&hash, step->program, strlen(step->program) + 1);
    tb_sha256_add(&hash, step->info.kernel, strlen(step->info.kernel) + 1);
    tb_sha256_add(&hash, step->wanted, sizeof step->wanted);
    for (int k = 0; k < step->arg_count; k++)
        if (step->args[k].size == sizeof(int32_t))
            tb_sha256_add(&hash, &step->args[k].bits.i, sizeof(int32_t));
    tb_sha256_end(&hash, key);
}

static const entry *find(const tb_gpu_tuning *tuning, const char *key)
{
    for (size_t i = 0; i < tuning->count; i++)
        if (strcmp(tuning->entries[i].key, key) == 0)
            return &tuning->entries[i];
    return NULL;
}

static bool may_use(const tb_gpu_plan *plan, const tb_gpu_step *step, const uint16_t shape[3])
{
    size_t items = 1;
    for (int k = 0; k < 3; k++) {
        /* Groups that lie mostly beside the work are none worth trying. */
        if (shape[k] > plan->gpu->device.max_items[k] ||
            (shape[k] > 1 && shape[k] >= 4 * step->wanted[k]))
            return false;
        items *= shape[k];
    }
    return items <= step->most;
}

static void set_shape(tb_gpu_step *step, const uint16_t shape[3])
{
    const size_t local[3] = {shape[0], shape[1], shape[2]};
    tb_gpu_step_group(step, local);
}

/* The best of some runs, after one that does not count; 0: it cannot be told. */
static uint64_t time_step(const tb_gpu_plan *plan, const tb_gpu_step *step)
{
    const tb_gpu_device *d = &plan->gpu->device;
    uint64_t best = 0;
    for (int i = 0; i <= REPEATS; i++) {
        cl_event event = NULL;
        cl_ulong begin = 0, end = 0;
        if (d->cl->EnqueueNDRangeKernel(d->timed, step->kernel, 3, NULL, step->global, step->local,
                                        0, NULL, &event) != CL_SUCCESS)
            return 0;
        const bool told = d->cl->Finish(d->timed) == CL_SUCCESS &&
                          d->cl->GetEventProfilingInfo(event, CL_PROFILING_COMMAND_START,
                                                       sizeof begin, &begin, NULL) == CL_SUCCESS &&
                          d->cl->GetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end,
                                                       &end, NULL) == CL_SUCCESS;
        d->cl->ReleaseEvent(event);
        if (!told)
            return 0;
        const uint64_t ns = end > begin ? end - begin : 1;
        best = i && (!best || ns < best) ? ns : best;
    }
    return best;
}

/* Leaves the step with the fastest shape; false where none could be timed, and it is as it was. */
static bool try_shapes(const tb_gpu_plan *plan, tb_gpu_step *step, uint8_t *shape)
{
    const size_t usual[3] = {step->local[0], step->local[1], step->local[2]};
    uint64_t best = 0;
    for (size_t i = 0; i < TB_COUNT_OF(shapes); i++) {
        if (!may_use(plan, step, shapes[i]))
            continue;
        set_shape(step, shapes[i]);
        const uint64_t ns = time_step(plan, step);
        if (ns && (!best || ns < best)) {
            best = ns;
            *shape = (uint8_t)i;
        }
    }
    if (best)
        set_shape(step, shapes[*shape]);
    else
        tb_gpu_step_group(step, usual);
    return best > 0;
}

void tb_gpu_tune(tb_gpu_plan *plan)
{
    tb_gpu_tuning *tuning = plan->gpu->tuning;
    tb_error ignored = TB_ERROR_NONE;
    for (tb_gpu_step *s = plan->first_step; s; s = s->next) {
        if (s->kind != TB_GPU_KERNEL)
            continue;
        entry e = {0};
        key_of(s, e.key);
        const entry *known = find(tuning, e.key);
        if (known && may_use(plan, s, shapes[known->shape])) {
            set_shape(s, shapes[known->shape]);
        } else if (tb_gpu_device_timed(&plan->gpu->device, &ignored) == TB_OK &&
                   try_shapes(plan, s, &e.shape)) {
            tuning->is_new |= put(tuning, &e);
        }
    }
}
