/* Building and caching programs; see program.h. */
#include "delegates/gpu/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delegates/gpu/sources.h"
#include "runtime/base/os.h"
#include "runtime/base/sha256.h"

typedef struct program {
    struct program *next;
    char key[TB_SHA256_HEX_SIZE]; /* of device, driver, source and options */
    cl_program program;
    bool from_source;
} program;

struct tb_gpu_programs {
    const tb_gpu_device *device;
    char *folder; /* NULL: none */
    program *first;
    int built, loaded;
};

/* A cached file: this, then the driver's binary. */
typedef struct file_head {
    char magic[8];
    char key[TB_SHA256_HEX_SIZE];
    char checksum[TB_SHA256_HEX_SIZE]; /* of the binary */
    uint8_t zero[6];
    uint64_t size; /* of the binary */
} file_head;

static const char magic[8] = {'t', 'b', 'g', 'p', 'u', 'b', '1', '\n'};

tb_status tb_gpu_programs_create(const tb_gpu_device *device, const char *folder, tb_error *err,
                                 tb_gpu_programs **out)
{
    tb_gpu_programs *programs = calloc(1, sizeof *programs);
    char *copy = folder ? strdup(folder) : NULL;
    if (!programs || (folder && !copy)) {
        free(programs);
        free(copy);
        return tb_fail(err, TB_NO_MEMORY, "programs of the gpu delegate");
    }
    programs->device = device;
    programs->folder = copy;
    if (folder && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        tb_status status = tb_fail_errno(err, "the delegate cache %s cannot be made", folder);
        tb_gpu_programs_destroy(programs);
        return status;
    }
    *out = programs;
    return TB_OK;
}

void tb_gpu_programs_destroy(tb_gpu_programs *programs)
{
    if (!programs)
        return;
    while (programs->first) {
        program *p = programs->first;
        programs->first = p->next;
        programs->device->cl->ReleaseProgram(p->program);
        free(p);
    }
    free(programs->folder);
    free(programs);
}

void tb_gpu_programs_count(const tb_gpu_programs *programs, int *built, int *loaded)
{
    *built = programs->built;
    *loaded = programs->loaded;
}

/* ---- keys -------------------------------------------------------------------------------------------- */

static void add_text(tb_sha256 *hash, const char *text)
{
    tb_sha256_add(hash, text, strlen(text) + 1);
}

static void add_device(tb_sha256 *hash, const tb_gpu_device *device)
{
    add_text(hash, device->vendor);
    add_text(hash, device->name);
    add_text(hash, device->version);
    add_text(hash, device->driver);
}

void tb_gpu_device_key(const tb_gpu_device *device, char key[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    add_device(&hash, device);
    tb_gpu_sources_hash(&hash);
    tb_sha256_end(&hash, key);
}

static void make_key(const tb_gpu_device *device, const char *const parts[2], const char *options,
                     char key[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    add_device(&hash, device);
    add_text(&hash, parts[0]);
    add_text(&hash, parts[1]);
    add_text(&hash, options);
    tb_sha256_end(&hash, key);
}

static void checksum_of(const void *data, size_t size, char hex[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, data, size);
    tb_sha256_end(&hash, hex);
}

static bool path_of(const tb_gpu_programs *programs, const char *key, char *path, size_t capacity)
{
    const int length = snprintf(path, capacity, "%s/%s.gpu", programs->folder, key);
    return length > 0 && (size_t)length < capacity;
}

/* ---- the folder -------------------------------------------------------------------------------------- */

enum { PATH_SIZE = 4096 };

/* The binary in a cached file's bytes, or NULL where they do not hold together. */
static const unsigned char *check_file(const tb_mapping *file, const char *key, size_t *size)
{
    file_head head;
    if (file->size < sizeof head)
        return NULL;
    memcpy(&head, file->data, sizeof head);
    *size = file->size - sizeof head;
    const unsigned char *binary = (const unsigned char *)file->data + sizeof head;
    char checksum[TB_SHA256_HEX_SIZE];
    if (memcmp(head.magic, magic, sizeof magic) != 0 ||
        memcmp(head.key, key, sizeof head.key) != 0 || head.size != *size || *size == 0)
        return NULL;
    checksum_of(binary, *size, checksum);
    return memcmp(checksum, head.checksum, sizeof checksum) == 0 ? binary : NULL;
}

/* NULL where there is none that the driver takes. */
static cl_program load(const tb_gpu_programs *programs, const char *key, const char *options)
{
    const tb_gpu_device *d = programs->device;
    char path[PATH_SIZE];
    tb_mapping file = {0};
    tb_error ignored = TB_ERROR_NONE;
    if (!programs->folder || !path_of(programs, key, path, sizeof path) ||
        tb_os_map_file(path, &ignored, &file) != TB_OK)
        return NULL;
    size_t size;
    cl_program made = NULL;
    const unsigned char *binary = check_file(&file, key, &size);
    if (binary) {
        cl_int each = CL_SUCCESS, code;
        made = d->cl->CreateProgramWithBinary(d->context, 1, &d->id, &size, &binary, &each, &code);
        if (code != CL_SUCCESS)
            made = NULL;
        if (made && (each != CL_SUCCESS ||
                     d->cl->BuildProgram(made, 1, &d->id, options, NULL, NULL) != CL_SUCCESS)) {
            d->cl->ReleaseProgram(made);
            made = NULL;
        }
    }
    tb_os_unmap(&file);
    return made;
}

static bool write_all(FILE *file, const void *head, size_t head_bytes, const void *body,
                      size_t body_bytes)
{
    const bool written = fwrite(head, 1, head_bytes, file) == head_bytes &&
                         fwrite(body, 1, body_bytes, file) == body_bytes && fflush(file) == 0;
    return fclose(file) == 0 && written;
}

void tb_gpu_cache_write(const char *path, const void *head, size_t head_bytes, const void *body,
                        size_t body_bytes)
{
    char temporary[PATH_SIZE + 8];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    const int descriptor = mkstemp(temporary);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!file) {
        if (descriptor >= 0) {
            close(descriptor);
            unlink(temporary);
        }
        return;
    }
    if (!write_all(file, head, head_bytes, body, body_bytes) || rename(temporary, path) != 0)
        unlink(temporary);
}

static void write_file(const tb_gpu_programs *programs, const char *key, const void *binary,
                       size_t size)
{
    char path[PATH_SIZE];
    if (!path_of(programs, key, path, sizeof path))
        return;
    file_head head = {.size = size};
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.key, key, sizeof head.key);
    checksum_of(binary, size, head.checksum);
    tb_gpu_cache_write(path, &head, sizeof head, binary, size);
}

/* The driver's binary of the one device; NULL where it gives none. The caller frees. */
static unsigned char *binary_of(const tb_gpu_device *d, cl_program made, size_t *size)
{
    *size = 0;
    if (d->cl->GetProgramInfo(made, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL) !=
            CL_SUCCESS ||
        *size == 0)
        return NULL;
    unsigned char *binary = malloc(*size);
    if (binary && d->cl->GetProgramInfo(made, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) !=
                      CL_SUCCESS) {
        free(binary);
        binary = NULL;
    }
    return binary;
}

void tb_gpu_programs_save(tb_gpu_programs *programs)
{
    for (program *p = programs->first; programs->folder && p; p = p->next) {
        if (!p->from_source)
            continue;
        size_t size;
        unsigned char *binary = binary_of(programs->device, p->program, &size);
        if (binary)
            write_file(programs, p->key, binary, size);
        free(binary);
    }
}

/* ---- building ---------------------------------------------------------------------------------------- */

static tb_status fail_build(const tb_gpu_device *d, cl_program made, cl_int code,
                            const char *source, tb_error *err)
{
    char log[512] = "", text[48];
    size_t size = 0;
    char *whole = NULL;
    if (d->cl->GetProgramBuildInfo(made, d->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) ==
            CL_SUCCESS &&
        size > 0 && (whole = calloc(1, size + 1)) &&
        d->cl->GetProgramBuildInfo(made, d->id, CL_PROGRAM_BUILD_LOG, size, whole, NULL) ==
            CL_SUCCESS)
        snprintf(log, sizeof log, ": %s", whole);
    free(whole);
    return tb_fail(err, TB_UNAVAILABLE, "%s does not build %s.cl (%s)%s", d->name, source,
                   tb_cl_error_text(code, text), log);
}

static tb_status build(const tb_gpu_programs *programs, const char *source, const char *parts[2],
                       const char *options, tb_error *err, cl_program *out)
{
    const tb_gpu_device *d = programs->device;
    cl_int code;
    cl_program made = d->cl->CreateProgramWithSource(d->context, 2, parts, NULL, &code);
    if (code != CL_SUCCESS)
        return tb_cl_fail(err, code, "a program of %s.cl", source);
    code = d->cl->BuildProgram(made, 1, &d->id, options, NULL, NULL);
    if (code == CL_SUCCESS) {
        *out = made;
        return TB_OK;
    }
    tb_status status = fail_build(d, made, code, source, err);
    d->cl->ReleaseProgram(made);
    return status;
}

static tb_status get(tb_gpu_programs *programs, const char *source, const char *options,
                     tb_error *err, cl_program *out)
{
    const char *parts[2] = {tb_gpu_source("common"), tb_gpu_source(source)};
    char key[TB_SHA256_HEX_SIZE];
    if (!parts[0] || !parts[1])
        return tb_fail(err, TB_INTERNAL, "there is no kernels/%s.cl", source);
    make_key(programs->device, parts, options, key);
    for (const program *p = programs->first; p; p = p->next)
        if (strcmp(p->key, key) == 0) {
            *out = p->program;
            return TB_OK;
        }
    program *made = calloc(1, sizeof *made);
    if (!made)
        return tb_fail(err, TB_NO_MEMORY, "a program of %s.cl", source);
    memcpy(made->key, key, sizeof key);
    made->program = load(programs, key, options);
    made->from_source = !made->program;
    if (made->from_source) {
        tb_status status = build(programs, source, parts, options, err, &made->program);
        if (status != TB_OK) {
            free(made);
            return status;
        }
    }
    programs->built += made->from_source;
    programs->loaded += !made->from_source;
    made->next = programs->first;
    programs->first = made;
    *out = made->program;
    return TB_OK;
}

tb_status tb_gpu_kernel_create(tb_gpu_programs *programs, const char *source, const char *options,
                               const char *function, tb_error *err, cl_kernel *out)
{
    cl_program made = NULL;
    tb_status status = get(programs, source, options, err, &made);
    if (status != TB_OK)
        return status;
    cl_int code;
    *out = programs->device->cl->CreateKernel(made, function, &code);
    if (code == CL_SUCCESS)
        return TB_OK;
    *out = NULL;
    return tb_cl_fail(err, code, "kernel %s of %s.cl", function, source);
}
