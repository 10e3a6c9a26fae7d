/* Memory figures of this process; see memuse.h. */
#include "profiler/memuse.h"

#include <stddef.h>
#include <unistd.h>

#include "profiler/device_memory.h"
#include "profiler/proc_file.h"
#include "runtime/base/os_process.h"

static const char *const names[] = {
#define X(code, name) name,
    TB_MEMUSE_LIST(X)
#undef X
};

const char *tb_memuse_name(tb_memuse_metric metric)
{
    return names[metric];
}

static void set(tb_memuse *out, tb_memuse_metric metric, uint64_t bytes)
{
    out->metric[metric].known = true;
    out->metric[metric].bytes = bytes;
    out->metric[metric].reason = NULL;
}

static void set_kib(tb_memuse *out, tb_memuse_metric metric, const char *text, const char *key)
{
    int64_t kib;
    if (tb_proc_find(text, key, &kib) && kib >= 0)
        set(out, metric, (uint64_t)kib * 1024);
}

static void set_device(tb_memuse *out, tb_memuse_metric metric, const tb_device_bytes *device)
{
    if (device->known)
        set(out, metric, device->bytes);
    else
        out->metric[metric].reason = device->reason;
}

void tb_memuse_read(tb_memuse *out)
{
    for (int k = 0; k < TB_MEMUSE_COUNT; k++) {
        out->metric[k].known = false;
        out->metric[k].bytes = 0;
        out->metric[k].reason = "this kernel does not say";
    }
    /* status first: what the rollup has too is more exact there and replaces it. */
    char text[4096];
    if (tb_proc_read("/proc/self/status", sizeof text, text)) {
        set_kib(out, TB_MEMUSE_RSS, text, "VmRSS:");
        set_kib(out, TB_MEMUSE_ANON, text, "RssAnon:");
        set_kib(out, TB_MEMUSE_FILE, text, "RssFile:");
        set_kib(out, TB_MEMUSE_SWAP, text, "VmSwap:");
        set_kib(out, TB_MEMUSE_PEAK_RSS, text, "VmHWM:");
    }
    if (tb_proc_read("/proc/self/smaps_rollup", sizeof text, text)) {
        set_kib(out, TB_MEMUSE_RSS, text, "Rss:");
        set_kib(out, TB_MEMUSE_PSS, text, "Pss:");
        set_kib(out, TB_MEMUSE_ANON, text, "Anonymous:");
        set_kib(out, TB_MEMUSE_SWAP, text, "Swap:");
        int64_t clean, dirty;
        if (tb_proc_find(text, "Private_Clean:", &clean) && clean >= 0 &&
            tb_proc_find(text, "Private_Dirty:", &dirty) && dirty >= 0)
            set(out, TB_MEMUSE_USS, (uint64_t)(clean + dirty) * 1024);
    }
    tb_device_memory device;
    tb_device_memory_read("", getpid(), &device);
    set_device(out, TB_MEMUSE_DMABUF, &device.dmabuf);
    set_device(out, TB_MEMUSE_GPU, &device.gpu);
    uint64_t heap_bytes;
    if (tb_os_heap_bytes(&heap_bytes))
        set(out, TB_MEMUSE_HEAP, heap_bytes);
    else
        out->metric[TB_MEMUSE_HEAP].reason = "the allocator in use does not say";
}
