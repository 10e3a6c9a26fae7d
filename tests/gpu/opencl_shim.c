/* The failing OpenCL of tests; see opencl_shim.h. */
#include "tests/gpu/opencl_shim.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "delegates/gpu/cl.h"
#include "runtime/base/library.h"

#define EXPORT __attribute__((visibility("default")))

static atomic_int calls, live;
static int fail_first, fail_period;

EXPORT void tb_shim_fail(int first, int period);
EXPORT int tb_shim_calls(void);
EXPORT int tb_shim_live(void);
void tb_shim_fail(int first, int period)
{
    fail_first = first;
    fail_period = period;
    atomic_store(&calls, 0);
}
int tb_shim_calls(void)
{
    return atomic_load(&calls);
}
int tb_shim_live(void)
{
    return atomic_load(&live);
}

static const tb_cl *real(void)
{
    static const tb_cl *functions;
    tb_error err = TB_ERROR_NONE;
    const char *path = getenv("TB_SHIM_OPENCL");
    if (!functions && tb_cl_load(path ? path : "libOpenCL.so.1", &err, &functions) != TB_OK)
        abort();
    return functions;
}

/* TB_SHIM_FAIL=FIRST:PERIOD, for programs that do not know the shim. */
static void read_environment(void)
{
    static atomic_flag was_read = ATOMIC_FLAG_INIT;
    const char *text = atomic_flag_test_and_set(&was_read) ? NULL : getenv("TB_SHIM_FAIL");
    char *end;
    if (!text)
        return;
    fail_first = (int)strtol(text, &end, 10);
    fail_period = *end == ':' ? (int)strtol(end + 1, NULL, 10) : 0;
}

static int fails(void)
{
    read_environment();
    const int call = atomic_fetch_add(&calls, 1) + 1;
    if (fail_first <= 0 || call < fail_first)
        return 0;
    return call == fail_first || (fail_period > 0 && (call - fail_first) % fail_period == 0);
}

static void count(cl_int code, int made)
{
    if (code == CL_SUCCESS)
        atomic_fetch_add(&live, made);
}

/* Asks for something; a refusal changes nothing. */
#define ASK(name, parameters, arguments)                               \
    EXPORT cl_int CL_API_CALL cl##name parameters                      \
    {                                                                  \
        return fails() ? CL_OUT_OF_RESOURCES : real()->name arguments; \
    }
/* Makes an object. */
#define MAKE(type, name, parameters, arguments)       \
    EXPORT type CL_API_CALL cl##name parameters       \
    {                                                 \
        if (fails()) {                                \
            *code = CL_MEM_OBJECT_ALLOCATION_FAILURE; \
            return NULL;                              \
        }                                             \
        type made = real()->name arguments;           \
        count(*code, 1);                              \
        return made;                                  \
    }
/* Gives one back, and says in vain that it failed. */
#define RELEASE(type, name)                          \
    EXPORT cl_int CL_API_CALL cl##name(type object)  \
    {                                                \
        const int failing = fails();                 \
        const cl_int code = real()->name(object);    \
        count(code, -1);                             \
        return failing ? CL_OUT_OF_RESOURCES : code; \
    }
/* Enqueues, and makes an event where one is wanted. */
#define ENQUEUE(name, parameters, arguments)        \
    EXPORT cl_int CL_API_CALL cl##name parameters   \
    {                                               \
        if (fails())                                \
            return CL_OUT_OF_RESOURCES;             \
        const cl_int code = real()->name arguments; \
        count(code, event ? 1 : 0);                 \
        return code;                                \
    }

ASK(GetPlatformIDs, (cl_uint n, cl_platform_id *ids, cl_uint *found), (n, ids, found))
ASK(GetPlatformInfo, (cl_platform_id id, cl_platform_info what, size_t n, void *out, size_t *size),
    (id, what, n, out, size))
ASK(GetDeviceIDs,
    (cl_platform_id platform, cl_device_type type, cl_uint n, cl_device_id *ids, cl_uint *found),
    (platform, type, n, ids, found))
ASK(GetDeviceInfo, (cl_device_id id, cl_device_info what, size_t n, void *out, size_t *size),
    (id, what, n, out, size))
MAKE(cl_context, CreateContext,
     (const cl_context_properties *properties, cl_uint n, const cl_device_id *ids,
      void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data,
      cl_int *code),
     (properties, n, ids, notify, data, code))
RELEASE(cl_context, ReleaseContext)
MAKE(cl_command_queue, CreateCommandQueue,
     (cl_context context, cl_device_id id, cl_command_queue_properties properties, cl_int *code),
     (context, id, properties, code))
RELEASE(cl_command_queue, ReleaseCommandQueue)
MAKE(cl_mem, CreateBuffer,
     (cl_context context, cl_mem_flags flags, size_t size, void *data, cl_int *code),
     (context, flags, size, data, code))
MAKE(cl_mem, CreateSubBuffer,
     (cl_mem buffer, cl_mem_flags flags, cl_buffer_create_type type, const void *info,
      cl_int *code),
     (buffer, flags, type, info, code))
RELEASE(cl_mem, ReleaseMemObject)
MAKE(cl_program, CreateProgramWithSource,
     (cl_context context, cl_uint n, const char **texts, const size_t *sizes, cl_int *code),
     (context, n, texts, sizes, code))
MAKE(cl_program, CreateProgramWithBinary,
     (cl_context context, cl_uint n, const cl_device_id *ids, const size_t *sizes,
      const unsigned char **binaries, cl_int *each, cl_int *code),
     (context, n, ids, sizes, binaries, each, code))
ASK(BuildProgram,
    (cl_program program, cl_uint n, const cl_device_id *ids, const char *options,
     void(CL_CALLBACK *notify)(cl_program, void *), void *data),
    (program, n, ids, options, notify, data))
ASK(GetProgramInfo, (cl_program program, cl_program_info what, size_t n, void *out, size_t *size),
    (program, what, n, out, size))
ASK(GetProgramBuildInfo,
    (cl_program program, cl_device_id id, cl_program_build_info what, size_t n, void *out,
     size_t *size),
    (program, id, what, n, out, size))
RELEASE(cl_program, ReleaseProgram)
MAKE(cl_kernel, CreateKernel, (cl_program program, const char *name, cl_int *code),
     (program, name, code))
RELEASE(cl_kernel, ReleaseKernel)
ASK(SetKernelArg, (cl_kernel kernel, cl_uint k, size_t size, const void *value),
    (kernel, k, size, value))
ASK(GetKernelWorkGroupInfo,
    (cl_kernel kernel, cl_device_id id, cl_kernel_work_group_info what, size_t n, void *out,
     size_t *size),
    (kernel, id, what, n, out, size))
ENQUEUE(EnqueueNDRangeKernel,
        (cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *offset,
         const size_t *global, const size_t *local, cl_uint n, const cl_event *before,
         cl_event *event),
        (queue, kernel, dims, offset, global, local, n, before, event))
ENQUEUE(EnqueueReadBuffer,
        (cl_command_queue queue, cl_mem buffer, cl_bool waits, size_t offset, size_t size,
         void *data, cl_uint n, const cl_event *before, cl_event *event),
        (queue, buffer, waits, offset, size, data, n, before, event))
ENQUEUE(EnqueueWriteBuffer,
        (cl_command_queue queue, cl_mem buffer, cl_bool waits, size_t offset, size_t size,
         const void *data, cl_uint n, const cl_event *before, cl_event *event),
        (queue, buffer, waits, offset, size, data, n, before, event))
ASK(GetEventProfilingInfo,
    (cl_event event, cl_profiling_info what, size_t n, void *out, size_t *size),
    (event, what, n, out, size))
RELEASE(cl_event, ReleaseEvent)
ASK(Flush, (cl_command_queue queue), (queue))

/* Waits in any case: buffers of the caller's are in use until then. */
EXPORT cl_int CL_API_CALL clFinish(cl_command_queue queue)
{
    const int failing = fails();
    const cl_int code = real()->Finish(queue);
    return failing ? CL_OUT_OF_RESOURCES : code;
}
