/* Outputs as a whole; see outputs.h. */
#include "bench/outputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/compare_rules.h"
#include "runtime/base/os.h"

#define MAGIC               "tflbench outputs 3\n"
#define FLOAT_TOLERANCE     5e-3 /* of the largest expected magnitude */
#define QUANTISED_TOLERANCE 0.1 /* of another engine on real inputs: of magnitude or type's range */
#define GROSS_INTEGER_PART  0.25

/* What precedes an output's bytes in the file. */
typedef struct output_head {
    int32_t type;
    int32_t rank;
    int32_t dims[TB_MAX_RANK];
    float scale; /* 0: not quantised per tensor */
    int32_t zero_point;
    uint64_t bytes;
    int32_t position;
    int32_t rule_count; /* 0: as the terms say; 2: another one for other engines than ours */
    tb_rule rules[2];
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

void tb_outputs_begin(FILE *file)
{
    fputs(MAGIC, file);
}

void tb_outputs_put(FILE *file, int position, const tb_io *io, const tb_rule *rule,
                    const tb_rule *lenient)
{
    output_head head;
    /* Padding is written, too. */
    memset(&head, 0, sizeof head);
    head.type = (int32_t)io->type;
    head.rank = io->rank;
    memcpy(head.dims, io->dims, sizeof head.dims);
    head.scale = io->scale;
    head.zero_point = io->zero_point;
    head.bytes = io->bytes;
    head.position = position;
    if (rule)
        head.rules[head.rule_count++] = *rule;
    if (rule && lenient)
        head.rules[head.rule_count++] = *lenient;
    fwrite(&head, sizeof head, 1, file);
    if (io->data && io->bytes)
        fwrite(io->data, 1, io->bytes, file);
}

static tb_status write_outputs(const tb_engine *engine, tb_session *session, FILE *file,
                               tb_error *err)
{
    tb_outputs_begin(file);
    for (int k = 0; k < engine->output_count(session); k++) {
        tb_io io;
        tb_status status = engine->output(session, k, err, &io);
        if (status != TB_OK)
            return status;
        tb_outputs_put(file, k, &io, NULL, NULL);
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
    tb_check_terms terms;
    bool failed, unsure;
    double worst_part; /* largest part of what a float may be off by */
    int floats;
    int approximate; /* outputs that are as near as another engine's have to be */
    int by_rule[2];  /* outputs that were held to a rule of their own */
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

/* What a difference proves where no rule was given. */
typedef enum weight { PROOF, NO_PROOF, NEAR_ENOUGH } weight;

static weight weigh(const tb_check_terms *terms, bool is_float, double worst, double magnitude,
                    double range)
{
    if (terms->ours || !isfinite(worst) || (is_float ? !terms->quantised : range == 0))
        return PROOF;
    double part = worst / (is_float ? magnitude : range);
    if (terms->real_inputs)
        return part <= QUANTISED_TOLERANCE ? NEAR_ENOUGH : PROOF;
    return is_float || part <= GROSS_INTEGER_PART ? NO_PROOF : PROOF;
}

/* Whose rule: that of the file for this output, or the one for its type. */
static tb_rule choose_rule(comparison *c, const tb_io *io, const output_head *head, double largest)
{
    if (head->rule_count) {
        int which = c->terms.ours ? 0 : head->rule_count - 1;
        c->by_rule[which]++;
        return head->rules[which];
    }
    if (io->type == kTfLiteFloat32)
        return (tb_rule){
            .kind = TB_RULE_FLOAT, .elements = -1, .abs = FLOAT_TOLERANCE * largest + 1e-30};
    return (tb_rule){.kind = TB_RULE_SAME_VALUE, .elements = -1};
}

static void compare_output(comparison *c, const tb_io *io, const output_head *head,
                           const void *expected)
{
    int dims[TB_MAX_RANK];
    for (int i = 0; i < TB_MAX_RANK; i++)
        dims[i] = head->dims[i];
    tb_values want = {(TfLiteType)head->type, head->rank, dims, expected, (size_t)head->bytes};
    tb_values got = {io->type, io->rank, io->dims, io->data, io->bytes};
    bool is_float = io->type == kTfLiteFloat32, ruled = head->rule_count > 0;
    double largest = is_float ? magnitude(expected, (size_t)head->bytes) : 0;
    tb_rule rule = choose_rule(c, io, head, largest);
    tb_difference difference;
    tb_rule_compare(&rule, &want, &got, &difference);
    if (is_float && !ruled && isfinite(difference.of_allowed)) {
        c->floats++;
        c->worst_part = fmax(c->worst_part, difference.of_allowed * FLOAT_TOLERANCE);
    }
    if (difference.matches)
        return;
    weight proves =
        ruled ? PROOF : weigh(&c->terms, is_float, difference.worst, largest, range_of(io->type));
    if (proves == NEAR_ENOUGH)
        c->approximate++;
    else
        fail_output(c, proves == NO_PROOF, head->position, io->name, difference.text);
}

static tb_status compare_all(const tb_engine *engine, tb_session *session, const char *data,
                             size_t size, comparison *c, tb_error *err)
{
    for (size_t at = sizeof MAGIC - 1; at < size;) {
        output_head head;
        if (size - at < sizeof head)
            return tb_fail(err, TB_CORRUPT, "it ends inside an output's head");
        memcpy(&head, data + at, sizeof head);
        at += sizeof head;
        if (size - at < head.bytes || head.rank < 0 || head.rank > TB_MAX_RANK ||
            head.rule_count < 0 || head.rule_count > 2)
            return tb_fail(err, TB_CORRUPT, "it ends inside output %d", head.position);
        tb_io io;
        tb_status status = engine->output(session, head.position, err, &io);
        if (status != TB_OK)
            return status;
        compare_output(c, &io, &head, data + at);
        at += (size_t)head.bytes;
    }
    return TB_OK;
}

static void conclude(const comparison *c, tb_verdict *out)
{
    out->verdict = c->failed ? TB_VERDICT_WRONG : c->unsure ? TB_VERDICT_UNSURE : TB_VERDICT_OK;
    if (c->failed || c->unsure)
        return;
    if (c->by_rule[0] || c->by_rule[1])
        snprintf(out->detail, sizeof out->detail, "within the case's %s",
                 !c->by_rule[1]   ? "rule"
                 : !c->by_rule[0] ? "lenient rule"
                                  : "rule, or lenient rule where an output has one");
    else if (c->approximate)
        snprintf(out->detail, sizeof out->detail,
                 "near the reference kernels: within %g %% of the range, as other kernels for "
                 "integers are",
                 100 * QUANTISED_TOLERANCE);
    else if (c->floats)
        snprintf(out->detail, sizeof out->detail,
                 "as the reference kernels: floats within %.2g %% of the largest, %.2g %% allowed",
                 100 * c->worst_part, 100 * FLOAT_TOLERANCE);
    else
        snprintf(out->detail, sizeof out->detail, "as the reference kernels, bit by bit");
}

tb_status tb_outputs_check(const tb_engine *engine, tb_session *session, const char *path,
                           const tb_check_terms *terms, tb_error *err, tb_verdict *out)
{
    *out = (tb_verdict){.verdict = TB_VERDICT_NOT_CHECKED};
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    comparison c = {.terms = *terms, .out = out};
    if (file.size < sizeof MAGIC - 1 || memcmp(file.data, MAGIC, sizeof MAGIC - 1) != 0)
        status = tb_fail(err, TB_CORRUPT, "not a file of outputs");
    else
        status = compare_all(engine, session, file.data, file.size, &c, err);
    tb_os_unmap(&file);
    if (status != TB_OK)
        return tb_in(err, "expected outputs %s", path);
    conclude(&c, out);
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
