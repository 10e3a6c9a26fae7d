/* Buffers and constants; see memory.h. */
#include "delegates/gpu/memory.h"

#include <stdlib.h>
#include <string.h>

struct tb_gpu_constant {
    tb_gpu_constant *next;
    tb_gpu_buffer buffer;
    size_t key_size;
    unsigned char key[];
};

static bool account(tb_gpu_memory *memory, int64_t delta)
{
    if (memory->host && !memory->host->account(memory->host, TB_MEMORY_DEVICE, delta))
        return false;
    memory->bytes = (uint64_t)((int64_t)memory->bytes + delta);
    return true;
}

tb_status tb_gpu_buffer_create(tb_gpu_memory *memory, cl_mem_flags flags, size_t bytes,
                               const void *data, const char *what, tb_error *err,
                               tb_gpu_buffer *out)
{
    const tb_gpu_device *d = memory->device;
    *out = (tb_gpu_buffer){NULL, bytes};
    if (bytes > d->max_buffer_bytes)
        return tb_fail(err, TB_NO_MEMORY, "%s has %zu bytes, a buffer of %s at most %llu", what,
                       bytes, d->name, (unsigned long long)d->max_buffer_bytes);
    if (!account(memory, (int64_t)bytes))
        return tb_fail(err, TB_NO_MEMORY, "%s of %zu bytes is over the memory limit", what, bytes);
    if (data)
        flags |= CL_MEM_COPY_HOST_PTR;
    cl_int code;
    /* The driver only reads what it copies. */
    out->mem = d->cl->CreateBuffer(d->context, flags, bytes, (void *)(uintptr_t)data, &code);
    if (code == CL_SUCCESS)
        return TB_OK;
    out->mem = NULL;
    account(memory, -(int64_t)bytes);
    return tb_cl_fail(err, code, "%s: a buffer of %zu bytes on %s", what, bytes, d->name);
}

void tb_gpu_buffer_release(tb_gpu_memory *memory, tb_gpu_buffer *buffer)
{
    if (!buffer->mem)
        return;
    memory->device->cl->ReleaseMemObject(buffer->mem);
    account(memory, -(int64_t)buffer->bytes);
    *buffer = (tb_gpu_buffer){0};
}

cl_mem tb_gpu_constant_find(const tb_gpu_memory *memory, const void *key, size_t key_size)
{
    for (const tb_gpu_constant *c = memory->constants; c; c = c->next)
        if (c->key_size == key_size && memcmp(c->key, key, key_size) == 0)
            return c->buffer.mem;
    return NULL;
}

tb_status tb_gpu_constant_put(tb_gpu_memory *memory, const void *key, size_t key_size,
                              const void *data, size_t bytes, tb_error *err, cl_mem *out)
{
    tb_gpu_constant *c = malloc(sizeof *c + key_size);
    if (!c)
        return tb_fail(err, TB_NO_MEMORY, "keeping a constant of %zu bytes", bytes);
    tb_status status =
        tb_gpu_buffer_create(memory, CL_MEM_READ_ONLY, bytes, data, "a constant", err, &c->buffer);
    if (status != TB_OK) {
        free(c);
        return status;
    }
    memcpy(c->key, key, key_size);
    c->key_size = key_size;
    c->next = memory->constants;
    memory->constants = c;
    *out = c->buffer.mem;
    return TB_OK;
}

void tb_gpu_memory_clear(tb_gpu_memory *memory)
{
    while (memory->constants) {
        tb_gpu_constant *c = memory->constants;
        memory->constants = c->next;
        tb_gpu_buffer_release(memory, &c->buffer);
        free(c);
    }
}
