/* Outputs as a whole; see outputs.h. */
#include "bench/outputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/compare_rules.h"
#include "runtime/base/os.h"

#define MAGIC              "tflbench outputs 2\n"
#define FLOAT_TOLERANCE    5e-3 /* of the largest expected magnitude */
#define GROSS_INTEGER_PART 0.25

/* What precedes an output's bytes in the file. */
typedef struct output_head {
    int32_t type;
    int32_t rank;
    int32_t dims[TB_MAX_RANK];
    float scale; /* 0: not quantised per tensor */
    int32_t zero_point;
    uint64_t bytes;
} output_head;

tb_status tb_outputs_checksum(const tb_engine *engine, tb_session *session, tb_error *err,
                              char hex[TB_SHA256_HEX_SIZE])
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    for (int k = 0; k < engine->output_count(session); k++) {
        tb_io io;
        tb_status status = engine->output(session, k, err, &io);
        if (status != TB_OK)
            return status;
        uint64_t size = io.bytes;
        tb_sha256_add(&hash, &size, sizeof size);
        if (io.data)
            tb_sha256_add(&hash, io.data, io.bytes);
    }
    tb_sha256_end(&hash, hex);
    return TB_OK;
}

static tb_status write_outputs(const tb_engine *engine, tb_session *session, FILE *file,
                               tb_error *err)
{
    fputs(MAGIC, file);
    for (int k = 0; k < engine->output_count(session); k++) {
        tb_io io;
        tb_status status = engine->output(session, k, err, &io);
        if (status != TB_OK)
            return status;
        output_head head = {.type = (int32_t)io.type,
                            .rank = io.rank,
                            .scale = io.scale,
                            .zero_point = io.zero_point,
                            .bytes = io.bytes};
        memcpy(head.dims, io.dims, sizeof head.dims);
        fwrite(&head, sizeof head, 1, file);
        if (io.data && io.bytes)
            fwrite(io.data, 1, io.bytes, file);
    }
    return TB_OK;
}

tb_status tb_outputs_write(const tb_engine *engine, tb_session *session, const char *path,
                           tb_error *err)
{
    FILE *file = fopen(path, "wbe");
    if (!file)
        return tb_fail_errno(err, "cannot write outputs to %s", path);
    tb_status status = write_outputs(engine, session, file, err);
    bool written = !ferror(file);
    if (fclose(file) != 0 || !written)
        return status == TB_OK ? tb_fail_errno(err, "cannot write outputs to %s", path) : status;
    return status;
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* Largest finite magnitude of floats. */
static double magnitude(const void *data, size_t bytes)
{
    double largest = 0;
    for (size_t at = 0; at + sizeof(float) <= bytes; at += sizeof(float)) {
        float value;
        memcpy(&value, (const char *)data + at, sizeof value);
        if (isfinite(value) && fabs((double)value) > largest)
            largest = fabs((double)value);
    }
    return largest;
}

static double range_of(TfLiteType type)
{
    switch (type) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
        return 255;
    case kTfLiteInt16:
    case kTfLiteUInt16:
        return 65535;
    default:
        return 0;
    }
}

typedef struct comparison {
    tb_check_mode mode;
    bool failed, unsure;
    double worst_part; /* largest part of what a float may be off by */
    int floats;
    tb_verdict *out;
} comparison;

static void fail_output(comparison *c, bool unsure, int k, const char *name, const char *text)
{
    if (c->failed || (unsure && c->unsure))
        return;
    if (unsure)
        c->unsure = true;
    else
        c->failed = true;
    snprintf(c->out->detail, sizeof c->out->detail, "output %d '%.80s': %.380s", k, name, text);
}

static void compare_output(comparison *c, int k, const tb_io *io, const output_head *head,
                           const void *expected)
{
    int dims[TB_MAX_RANK];
    for (int i = 0; i < TB_MAX_RANK; i++)
        dims[i] = head->dims[i];
    tb_values want = {(TfLiteType)head->type, head->rank, dims, expected, (size_t)head->bytes};
    tb_values got = {io->type, io->rank, io->dims, io->data, io->bytes};
    bool is_float = io->type == kTfLiteFloat32;
    tb_rule rule = {.kind = is_float ? TB_RULE_FLOAT : TB_RULE_SAME_VALUE, .elements = -1};
    if (is_float)
        rule.abs = FLOAT_TOLERANCE * magnitude(expected, (size_t)head->bytes) + 1e-30;
    tb_difference difference;
    tb_rule_compare(&rule, &want, &got, &difference);
    if (is_float && isfinite(difference.of_allowed)) {
        c->floats++;
        c->worst_part = fmax(c->worst_part, difference.of_allowed * FLOAT_TOLERANCE);
    }
    if (difference.matches)
        return;
    bool small = range_of(io->type) > 0 && isfinite(difference.worst) &&
                 difference.worst <= GROSS_INTEGER_PART * range_of(io->type);
    bool unsure = is_float ? c->mode == TB_CHECK_QUANTISED_NOISE && isfinite(difference.worst)
                           : c->mode != TB_CHECK_STRICT && small;
    fail_output(c, unsure, k, io->name, difference.text);
}

static tb_status compare_all(const tb_engine *engine, tb_session *session, const char *data,
                             size_t size, comparison *c, tb_error *err)
{
    size_t at = sizeof MAGIC - 1;
    for (int k = 0; k < engine->output_count(session); k++) {
        tb_io io;
        tb_status status = engine->output(session, k, err, &io);
        if (status != TB_OK)
            return status;
        output_head head;
        if (size - at < sizeof head)
            return tb_fail(err, TB_CORRUPT, "it ends before output %d", k);
        memcpy(&head, data + at, sizeof head);
        at += sizeof head;
        if (size - at < head.bytes || head.rank < 0 || head.rank > TB_MAX_RANK)
            return tb_fail(err, TB_CORRUPT, "it ends inside output %d", k);
        compare_output(c, k, &io, &head, data + at);
        at += (size_t)head.bytes;
    }
    return TB_OK;
}

tb_status tb_outputs_check(const tb_engine *engine, tb_session *session, const char *path,
                           tb_check_mode mode, tb_error *err, tb_verdict *out)
{
    *out = (tb_verdict){.verdict = TB_VERDICT_NOT_CHECKED};
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    comparison c = {.mode = mode, .out = out};
    if (file.size < sizeof MAGIC - 1 || memcmp(file.data, MAGIC, sizeof MAGIC - 1) != 0)
        status = tb_fail(err, TB_CORRUPT, "not a file of outputs");
    else
        status = compare_all(engine, session, file.data, file.size, &c, err);
    tb_os_unmap(&file);
    if (status != TB_OK)
        return tb_in(err, "expected outputs %s", path);
    out->verdict = c.failed ? TB_VERDICT_WRONG : c.unsure ? TB_VERDICT_UNSURE : TB_VERDICT_OK;
    if (c.failed || c.unsure)
        return TB_OK;
    if (c.floats)
        snprintf(out->detail, sizeof out->detail,
                 "as the reference kernels: floats within %.2g %% of the largest, %.2g %% allowed",
                 100 * c.worst_part, 100 * FLOAT_TOLERANCE);
    else
        snprintf(out->detail, sizeof out->detail, "as the reference kernels, bit by bit");
    return TB_OK;
}

/* ---- reading ----------------------------------------------------------------------------------- */

tb_status tb_outputs_read(const void *data, size_t size, int capacity, tb_error *err, tb_io *out,
                          int *count)
{
    size_t at = sizeof MAGIC - 1;
    *count = 0;
    if (size < at || memcmp(data, MAGIC, at) != 0)
        return tb_fail(err, TB_CORRUPT, "not a file of outputs");
    while (at < size) {
        output_head head;
        if (size - at < sizeof head)
            return tb_fail(err, TB_CORRUPT, "it ends before output %d", *count);
        memcpy(&head, (const char *)data + at, sizeof head);
        at += sizeof head;
        if (size - at < head.bytes || head.rank < 0 || head.rank > TB_MAX_RANK)
            return tb_fail(err, TB_CORRUPT, "it ends inside output %d", *count);
        if (*count == capacity)
            return tb_fail(err, TB_CORRUPT, "more outputs than %d", capacity);
        tb_io *io = &out[(*count)++];
        *io = (tb_io){.name = "",
                      .type = (TfLiteType)head.type,
                      .rank = head.rank,
                      .scale = head.scale,
                      .zero_point = head.zero_point,
                      .data = (char *)(uintptr_t)data + at,
                      .bytes = (size_t)head.bytes};
        for (int k = 0; k < TB_MAX_RANK; k++)
            io->dims[k] = head.dims[k];
        at += (size_t)head.bytes;
    }
    return TB_OK;
}
