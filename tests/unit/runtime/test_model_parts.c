/* The rarer parts of models, built table by table: bytes behind the FlatBuffer, sparse constants,
   quantisation by other tensors, external buffers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/fb_builder.h"
#include "runtime/base/size.h"
#include "runtime/model.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- a model of one constant tensor and one custom operator -------------------------------------- */

typedef struct parts {
    int8_t schema_type;
    int32_t shape[4];
    size_t rank;
    const void *data; /* of buffer 1; NULL: it lies behind the FlatBuffer */
    size_t data_size;
    size_t data_shift;     /* how far from alignment */
    uint64_t offset, size; /* of buffer 1 */
    uint64_t options_offset, options_size;
    int32_t code;            /* of the operator; 0 is ADD */
    bool is_read, is_output; /* the tensor: by the operator, of the subgraph */
    tb_fbb_ref (*sparsity)(tb_fbb *fb, const struct parts *parts);
    tb_fbb_ref (*quantization)(tb_fbb *fb, const struct parts *parts);
    const int32_t *numbers; /* for these two */
    uint32_t external;      /* the tensor's external buffer; its buffer is then 0 */
    uint32_t group;
    const char *group_name; /* NULL: weights.bin */
    const char *packing;
} parts;

static const parts plain = {.code = kTfLiteBuiltinCustom,
                            .schema_type = 2,
                            .shape = {2, 2},
                            .rank = 2,
                            .data = (const int32_t[]){1, 2, 3, 4},
                            .data_size = 16};

typedef struct file {
    uint8_t *bytes;
    size_t size;
} file;

static tb_fbb_ref one_table_vector(tb_fbb *fb, tb_fbb_ref table)
{
    return tb_fbb_ref_vector(fb, &table, 1);
}

static tb_fbb_ref add_buffers(tb_fbb *fb, const parts *p)
{
    tb_fbb_table_begin(fb);
    tb_fbb_ref empty = tb_fbb_table_end(fb);
    tb_fbb_ref data = TB_FBB_NONE;
    if (p->data && p->data_shift) {
        /* A vector of bytes whose first lies `shift` words behind a multiple of 16; the count that
           belongs to it is one of its own elements. */
        uint32_t words[16] = {0};
        words[p->data_shift - 1] = (uint32_t)p->data_size;
        memcpy(words + p->data_shift, p->data, p->data_size);
        data = tb_fbb_vector(fb, words, 16, 4, 16);
    } else if (p->data) {
        data = tb_fbb_vector(fb, p->data, p->data_size, 1, 16);
    }
    tb_fbb_table_begin(fb);
    tb_fbb_field_ref(fb, tb_schema_buffer_data_id, data);
    tb_fbb_field_u64(fb, tb_schema_buffer_offset_id, p->offset);
    tb_fbb_field_u64(fb, tb_schema_buffer_size_id, p->size);
    tb_fbb_ref buffers[] = {empty, tb_fbb_table_end(fb)};
    return tb_fbb_ref_vector(fb, buffers, 2);
}

static tb_fbb_ref add_tensor(tb_fbb *fb, const parts *p)
{
    tb_fbb_ref shape = tb_fbb_vector(fb, p->shape, p->rank, 4, 0);
    tb_fbb_ref sparsity = p->sparsity ? p->sparsity(fb, p) : TB_FBB_NONE;
    tb_fbb_ref quantization = p->quantization ? p->quantization(fb, p) : TB_FBB_NONE;
    tb_fbb_ref name = tb_fbb_string(fb, "t");
    tb_fbb_table_begin(fb);
    tb_fbb_field_ref(fb, tb_schema_tensor_shape_id, shape);
    tb_fbb_field_u8(fb, tb_schema_tensor_type_id, (uint8_t)p->schema_type);
    tb_fbb_field_u32(fb, tb_schema_tensor_buffer_id, p->external ? 0 : 1);
    tb_fbb_field_ref(fb, tb_schema_tensor_name_id, name);
    tb_fbb_field_ref(fb, tb_schema_tensor_quantization_id, quantization);
    tb_fbb_field_ref(fb, tb_schema_tensor_sparsity_id, sparsity);
    tb_fbb_field_u32(fb, tb_schema_tensor_external_buffer_id, p->external);
    return tb_fbb_table_end(fb);
}

static tb_fbb_ref add_externals(tb_fbb *fb, const parts *p)
{
    tb_fbb_ref tables[3];
    tb_fbb_ref packing = p->packing ? tb_fbb_string(fb, p->packing) : TB_FBB_NONE;
    for (uint32_t k = 0; k < 3; k++) {
        tb_fbb_table_begin(fb);
        tb_fbb_field_ref(fb, tb_schema_external_buffer_packing_id, packing);
        tb_fbb_field_u32(fb, tb_schema_external_buffer_id_id, 30 - 10 * k);
        tb_fbb_field_u32(fb, tb_schema_external_buffer_group_id, p->group);
        tb_fbb_field_u64(fb, tb_schema_external_buffer_offset_id, 1000 + k);
        tb_fbb_field_u64(fb, tb_schema_external_buffer_length_id, 16);
        tables[k] = tb_fbb_table_end(fb);
    }
    return tb_fbb_ref_vector(fb, tables, 3);
}

static file make(const parts *p)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref buffers = add_buffers(&fb, p);
    tb_fbb_ref tensors = one_table_vector(&fb, add_tensor(&fb, p));
    tb_fbb_ref inputs = p->is_read ? tb_fbb_vector(&fb, &(int32_t){0}, 1, 4, 0) : TB_FBB_NONE;
    tb_fbb_ref outputs = p->is_output ? tb_fbb_vector(&fb, &(int32_t){0}, 1, 4, 0) : TB_FBB_NONE;
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, tb_schema_operator_inputs_id, inputs);
    tb_fbb_field_u64(&fb, tb_schema_operator_large_custom_options_offset_id, p->options_offset);
    tb_fbb_field_u64(&fb, tb_schema_operator_large_custom_options_size_id, p->options_size);
    tb_fbb_ref operators = one_table_vector(&fb, tb_fbb_table_end(&fb));
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, tb_schema_subgraph_tensors_id, tensors);
    tb_fbb_field_ref(&fb, tb_schema_subgraph_operators_id, operators);
    tb_fbb_field_ref(&fb, tb_schema_subgraph_outputs_id, outputs);
    tb_fbb_ref subgraphs = one_table_vector(&fb, tb_fbb_table_end(&fb));
    tb_fbb_ref custom = tb_fbb_string(&fb, "Mine");
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, tb_schema_operator_code_custom_code_id, custom);
    tb_fbb_field_i32(&fb, tb_schema_operator_code_builtin_code_id, p->code);
    tb_fbb_ref codes = one_table_vector(&fb, tb_fbb_table_end(&fb));
    tb_fbb_ref group_name = tb_fbb_string(&fb, p->group_name ? p->group_name : "weights.bin");
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, tb_schema_external_buffer_group_name_id, group_name);
    tb_fbb_ref groups = one_table_vector(&fb, tb_fbb_table_end(&fb));
    tb_fbb_ref externals = p->external ? add_externals(&fb, p) : TB_FBB_NONE;
    tb_fbb_table_begin(&fb);
    tb_fbb_field_u32(&fb, tb_schema_model_version_id, 3);
    tb_fbb_field_ref(&fb, tb_schema_model_operator_codes_id, codes);
    tb_fbb_field_ref(&fb, tb_schema_model_subgraphs_id, subgraphs);
    tb_fbb_field_ref(&fb, tb_schema_model_buffers_id, buffers);
    tb_fbb_field_ref(&fb, tb_schema_model_external_buffer_groups_id, groups);
    tb_fbb_field_ref(&fb, tb_schema_model_external_buffers_id, externals);
    file f = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_fbb_finish_take(&fb, tb_fbb_table_end(&fb), "TFL3", &err, &f.bytes, &f.size),
                 TB_OK, "%s", err.text);
    tb_fbb_free(&fb);
    if (p->data_shift) {
        tb_fb_table root = tb_fb_table_at(f.bytes + tb_fb_load_u32(f.bytes));
        tb_fb_table buffer = tb_fb_tables_get(tb_schema_model_buffers(root), 1);
        uint8_t *offset = f.bytes + (tb_fb_field(buffer, tb_schema_buffer_data_id) - f.bytes);
        uint32_t shifted = tb_fb_load_u32(offset) + 4 * (uint32_t)p->data_shift;
        memcpy(offset, &shifted, 4);
    }
    return f;
}

static tb_model *open_parts(const parts *p, file *f)
{
    *f = make(p);
    tb_model *model = NULL;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_model_from_memory(f->bytes, f->size, "parts", &err, &model), TB_OK, "%s",
                 err.text);
    return model;
}

static void expect_refused(const parts *p, tb_status status, const char *message)
{
    file f = make(p);
    tb_model *model = NULL;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_model_from_memory(f.bytes, f.size, "parts", &err, &model), status,
                 "expected: %s, got: %s", message, err.text);
    cr_expect(strstr(err.text, message), "'%s' does not say '%s'", err.text, message);
    free(f.bytes);
}

static void close_parts(tb_model *model, file *f)
{
    tb_model_release(model);
    free(f->bytes);
}

/* ---- bytes behind the FlatBuffer ----------------------------------------------------------------- */

Test(model_parts, a_buffer_may_lie_anywhere_in_the_file)
{
    parts p = plain;
    p.data = NULL;
    p.offset = 16;
    p.size = 16;
    file f;
    tb_model *model = open_parts(&p, &f);
    tb_bytes constant = tb_model_tensor(model, 0, 0).constant;
    cr_expect_eq(constant.data, f.bytes + 16);
    cr_expect_eq(constant.size, 16);
    close_parts(model, &f);
}

Test(model_parts, a_buffer_outside_the_file_is_refused)
{
    parts p = plain;
    p.data = NULL;
    p.offset = 16;
    p.size = 16;
    file whole = make(&p);
    free(whole.bytes);
    const struct {
        uint64_t offset, size;
    } faults[] = {{whole.size, 1},      {whole.size + 1, 0}, {whole.size - 16, 17},
                  {16, UINT64_MAX - 8}, {UINT64_MAX, 2},     {UINT64_MAX, 0}};
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        p.offset = faults[k].offset;
        p.size = faults[k].size;
        expect_refused(&p, TB_CORRUPT, "lie outside the file's");
    }
}

Test(model_parts, an_offset_of_one_is_none)
{
    parts p = plain;
    p.data = NULL;
    p.offset = 1;
    p.size = 16;
    file f;
    tb_model *model = open_parts(&p, &f);
    cr_expect_null(tb_model_tensor(model, 0, 0).constant.data);
    close_parts(model, &f);
}

Test(model_parts, custom_options_may_lie_anywhere_in_the_file)
{
    parts p = plain;
    p.options_offset = 4;
    p.options_size = 4;
    file f;
    tb_model *model = open_parts(&p, &f);
    tb_bytes options = tb_model_operator(model, 0, 0).custom_options;
    cr_assert_eq(options.size, 4);
    cr_expect_eq(memcmp(options.data, "TFL3", 4), 0);
    close_parts(model, &f);
    p.options_size = 1 << 20;
    expect_refused(&p, TB_CORRUPT, "node 0 Mine: 1048576 bytes of custom options at offset 4 lie");
    p.options_offset = UINT64_MAX;
    p.options_size = 2;
    expect_refused(&p, TB_CORRUPT, "2 bytes of custom options at offset 18446744073709551615 lie");
}

Test(model_parts, a_constant_is_aligned_for_its_element)
{
    static const int64_t longs[] = {-1, 1LL << 40};
    for (size_t shift = 1; shift < 4; shift++) {
        parts p = plain;
        p.schema_type = 4;
        p.shape[0] = 1;
        p.data = longs;
        p.data_shift = shift;
        file f;
        tb_model *model = open_parts(&p, &f);
        tb_tensor_def tensor = tb_model_tensor(model, 0, 0);
        cr_assert_eq(tensor.constant.size, sizeof longs);
        cr_expect_eq((uintptr_t)tensor.constant.data % 8, 0);
        cr_expect_eq(memcmp(tensor.constant.data, longs, sizeof longs), 0);
        bool in_file = tensor.constant.data > f.bytes && tensor.constant.data < f.bytes + f.size;
        cr_expect_eq(in_file, shift == 2, "shift %zu", shift);
        close_parts(model, &f);
    }
}

/* ---- sparse constants ---------------------------------------------------------------------------- */

/* numbers: traversal count, order...; blocks count, map...; then for each level its format, dense
   size, segment count, segments..., index count, indices... */
static tb_fbb_ref add_indices(tb_fbb *fb, const int32_t **at, int width)
{
    size_t count = (size_t) * (*at)++;
    const int32_t *numbers = *at;
    *at += count;
    uint16_t halves[16];
    uint8_t bytes[16];
    for (size_t k = 0; k < count; k++) {
        halves[k] = (uint16_t)numbers[k];
        bytes[k] = (uint8_t)numbers[k];
    }
    tb_fbb_ref list = width == 4   ? tb_fbb_vector(fb, numbers, count, 4, 0)
                      : width == 2 ? tb_fbb_vector(fb, halves, count, 2, 0)
                                   : tb_fbb_vector(fb, bytes, count, 1, 0);
    tb_fbb_table_begin(fb);
    tb_fbb_field_ref(fb, 0, list);
    return tb_fbb_table_end(fb);
}

static tb_fbb_ref add_sparsity(tb_fbb *fb, const parts *p)
{
    const int32_t *at = p->numbers;
    size_t levels = (size_t)*at++;
    tb_fbb_ref order = tb_fbb_vector(fb, at, levels, 4, 0);
    at += levels;
    size_t blocks = (size_t)*at++;
    tb_fbb_ref map = tb_fbb_vector(fb, at, blocks, 4, 0);
    at += blocks;
    tb_fbb_ref dims[8];
    for (size_t k = 0; k < levels; k++) {
        int32_t format = *at++;
        int32_t dense = *at++;
        tb_fbb_ref segments = add_indices(fb, &at, 4 >> (k % 3));
        tb_fbb_ref indices = add_indices(fb, &at, 4 >> (k % 3));
        uint8_t type = (uint8_t)(1 + k % 3);
        tb_fbb_table_begin(fb);
        tb_fbb_field_u8(fb, tb_schema_sparse_dim_format_id, (uint8_t)format);
        tb_fbb_field_i32(fb, tb_schema_sparse_dim_dense_size_id, dense);
        tb_fbb_field_u8(fb, tb_schema_sparse_dim_array_segments_id, type);
        tb_fbb_field_ref(fb, tb_schema_sparse_dim_array_segments_id + 1, segments);
        tb_fbb_field_u8(fb, tb_schema_sparse_dim_array_indices_id, type);
        tb_fbb_field_ref(fb, tb_schema_sparse_dim_array_indices_id + 1, indices);
        dims[k] = tb_fbb_table_end(fb);
    }
    tb_fbb_ref metadata = tb_fbb_ref_vector(fb, dims, levels);
    tb_fbb_table_begin(fb);
    tb_fbb_field_ref(fb, tb_schema_sparsity_traversal_order_id, order);
    tb_fbb_field_ref(fb, tb_schema_sparsity_block_map_id, map);
    tb_fbb_field_ref(fb, tb_schema_sparsity_dim_metadata_id, metadata);
    return tb_fbb_table_end(fb);
}

/* [[1,0,0,2],[0,0,3,4]]: rows dense, columns compressed. */
#define CSR_ORDER 2, 0, 1, 0
#define CSR_ROWS  0, 2, 0, 0
#define CSR_COLS  1, 0, 3, 0, 2, 4, 4, 0, 3, 2, 3
static parts sparse(const int32_t *numbers)
{
    parts p = plain;
    p.shape[1] = 4;
    p.sparsity = add_sparsity;
    p.numbers = numbers;
    return p;
}

Test(model_parts, gives_a_sparse_constant)
{
    parts p = sparse((const int32_t[]){CSR_ORDER, CSR_ROWS, CSR_COLS});
    file f;
    tb_model *model = open_parts(&p, &f);
    tb_sparsity_def sparsity = tb_model_tensor(model, 0, 0).sparsity;
    cr_assert(sparsity.present);
    cr_assert_eq(sparsity.dim_count, 2);
    cr_expect_eq(tb_sparsity_dim(&sparsity, 0).format, kTfLiteDimDense);
    cr_expect_eq(tb_sparsity_dim(&sparsity, 0).dense_size, 2);
    tb_sparse_dim_def columns = tb_sparsity_dim(&sparsity, 1);
    cr_expect_eq(columns.format, kTfLiteDimSparseCSR);
    cr_assert_eq(tb_sparse_index_count(&columns.segments), 3);
    cr_assert_eq(tb_sparse_index_count(&columns.indices), 4);
    cr_expect_eq(tb_sparse_index_get(&columns.segments, 2), 4);
    cr_expect_eq(tb_sparse_index_get(&columns.indices, 1), 3);
    close_parts(model, &f);
}

Test(model_parts, gives_a_block_sparse_constant)
{
    /* Blocks of 1 x 2 in [2,4]: columns 4 / 2 = 2 of them, one block a row. */
    parts p = sparse((const int32_t[]){3, 0, 1, 2, 1, 1, CSR_ROWS,       /* rows */
                                       1, 0, 3, 0, 1, 2, 2,        1, 0, /* block columns */
                                       0, 2, 0, 0});                     /* inside a block */
    file f;
    tb_model *model = open_parts(&p, &f);
    cr_expect_eq(tb_model_tensor(model, 0, 0).sparsity.block_map.count, 1);
    close_parts(model, &f);
}

Test(model_parts, refuses_sparsity_that_does_not_fit)
{
    const struct {
        const int32_t *numbers;
        const char *message;
    } faults[] = {
        {(const int32_t[]){2, 0, 0, 0, CSR_ROWS, CSR_COLS}, "no permutation of 2 dimensions"},
        {(const int32_t[]){2, 0, 2, 0, CSR_ROWS, CSR_COLS}, "no permutation"},
        {(const int32_t[]){2, -1, 1, 0, CSR_ROWS, CSR_COLS}, "no permutation"},
        {(const int32_t[]){1, 0, 0, CSR_ROWS}, "sparsity has 1 levels for 2 dimensions"},
        {(const int32_t[]){2, 0, 1, 1, 0, CSR_ROWS, CSR_COLS}, "do not agree"},
        {(const int32_t[]){CSR_ORDER, 0, 3, 0, 0, CSR_COLS}, "level 0: its size is 3"},
        {(const int32_t[]){CSR_ORDER, 7, 2, 0, 0, CSR_COLS}, "level 0: its format is 7"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 2, 0, 4, 4, 0, 3, 2, 3},
         "level 1: it has 2 segment bounds for 2 rows"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 0, 4, 0, 3, 2, 3},
         "level 1: it has 0 segment bounds"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 3, 0, 4, 2, 2, 0, 3},
         "segment bound 2 is 2, the one before is 4"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 3, 0, 2, 5, 4, 0, 3, 2, 3},
         "its segments end at 5, it has 4 indices"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 3, 0, 2, 4, 4, 0, 3, 2, 4},
         "its largest index is 4 in a dimension of 4"},
        {(const int32_t[]){CSR_ORDER, CSR_ROWS, 1, 0, 3, 0, 2, 5, 5, 0, 1, 3, 2, 3},
         "it needs 20 bytes, its constant buffer 1 has 16"},
        {(const int32_t[]){3, 0, 1, 2, 1, 5, CSR_ROWS, 1, 0, 3, 0, 1, 2, 2, 1, 0, 0, 2, 0, 0},
         "block 0 lies in dimension 5 of 2"},
        {(const int32_t[]){3, 0, 1, 2, 1, 1, CSR_ROWS, 1, 0, 3, 0, 1, 2, 2, 1, 0, 0, 3, 0, 0},
         "blocks of 3 do not divide dimension 1 of 4"},
        {(const int32_t[]){3, 0, 1, 2, 1, 1, CSR_ROWS, 1, 0, 3, 0, 1, 2, 2, 1, 0, 0, 0, 0, 0},
         "blocks of 0 do not divide"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        parts p = sparse(faults[k].numbers);
        expect_refused(&p, TB_CORRUPT, faults[k].message);
    }
    parts scalar = sparse((const int32_t[]){0, 0});
    scalar.rank = 0;
    expect_refused(&scalar, TB_CORRUPT, "sparsity has 0 levels for 0 dimensions");
}

Test(model_parts, a_sparse_constant_is_read_only_by_those_who_know)
{
    parts p = sparse((const int32_t[]){CSR_ORDER, CSR_ROWS, CSR_COLS});
    static const int32_t allowed[] = {kTfLiteBuiltinCustom, kTfLiteBuiltinDensify};
    p.is_read = true;
    for (size_t k = 0; k < TB_COUNT_OF(allowed); k++) {
        p.code = allowed[k];
        file f;
        tb_model *model = open_parts(&p, &f);
        close_parts(model, &f);
    }
    p.code = kTfLiteBuiltinFullyConnected; /* as its input; as its filter it may be */
    expect_refused(&p, TB_UNSUPPORTED, "FULLY_CONNECTED: input 0, tensor 0, is a sparse constant");
    p.code = kTfLiteBuiltinAdd;
    expect_refused(&p, TB_UNSUPPORTED, "subgraph 0, node 0 ADD: input 0, tensor 0, is a sparse");
    p.is_read = false;
    p.is_output = true;
    expect_refused(&p, TB_UNSUPPORTED, "subgraph 0: output 0, tensor 0, is a sparse constant");
}

/* ---- quantisation by other tensors ---------------------------------------------------------------- */

/* numbers: type, scales, zero points, block size, dimensions count, dimensions... */
static tb_fbb_ref add_quantization(tb_fbb *fb, const parts *p)
{
    const int32_t *n = p->numbers;
    tb_fbb_ref dimensions = TB_FBB_NONE;
    if (n[0] == tb_schema_quantization_kind_multi_axis_quantization)
        dimensions = tb_fbb_vector(fb, n + 5, (size_t)n[4], 4, 0);
    tb_fbb_table_begin(fb);
    for (unsigned k = 0; k < 3; k++)
        tb_fbb_field_i32(fb, k, n[1 + k]);
    tb_fbb_field_ref(fb, 3, dimensions);
    tb_fbb_ref details = tb_fbb_table_end(fb);
    tb_fbb_table_begin(fb);
    tb_fbb_field_u8(fb, tb_schema_quantization_details_id, (uint8_t)n[0]);
    tb_fbb_field_ref(fb, tb_schema_quantization_details_id + 1, details);
    return tb_fbb_table_end(fb);
}

Test(model_parts, gives_quantisation_by_other_tensors)
{
    parts p = plain;
    p.quantization = add_quantization;
    p.numbers = (const int32_t[]){2, 0, -1, 32, 0};
    file f;
    tb_model *model = open_parts(&p, &f);
    tb_quantization_def q = tb_model_tensor(model, 0, 0).quantization;
    cr_expect_eq(q.type, kTfLiteBlockwiseQuantization);
    cr_expect_eq(q.block_size, 32);
    cr_expect_eq(q.zero_point_tensor, -1);
    close_parts(model, &f);
    p.numbers = (const int32_t[]){3, 0, 0, 0, 2, 1, 0};
    model = open_parts(&p, &f);
    q = tb_model_tensor(model, 0, 0).quantization;
    cr_expect_eq(q.type, kTfLiteMultiAxisQuantization);
    cr_assert_eq(q.quantized_dimensions.count, 2);
    cr_expect_eq(q.quantized_dimensions.data[0], 1);
    close_parts(model, &f);
}

Test(model_parts, refuses_quantisation_by_tensors_that_are_not_there)
{
    const struct {
        const int32_t *numbers;
        const char *message;
    } faults[] = {
        {(const int32_t[]){2, 1, -1, 32, 0}, "quantization: scales lie in tensor 1"},
        {(const int32_t[]){2, -1, -1, 32, 0}, "scales lie in tensor -1"},
        {(const int32_t[]){2, 0, -2, 32, 0}, "zero points lie in tensor -2"},
        {(const int32_t[]){2, 0, 0, 0, 0}, "its blocks have 0 elements"},
        {(const int32_t[]){3, 0, 0, -1, 1, 0}, "its blocks have -1 elements"},
        {(const int32_t[]){3, 0, 0, 0, 0}, "it has no quantized_dimensions"},
        {(const int32_t[]){3, 0, 0, 0, 1, 2}, "quantized_dimensions 0 is 2, the rank is 2"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        parts p = plain;
        p.quantization = add_quantization;
        p.numbers = faults[k].numbers;
        expect_refused(&p, TB_CORRUPT, faults[k].message);
    }
}

/* ---- external buffers ----------------------------------------------------------------------------- */

Test(model_parts, finds_external_buffers_by_their_id)
{
    for (uint32_t id = 10; id <= 30; id += 10) {
        parts p = plain;
        p.external = id;
        file f;
        tb_model *model = open_parts(&p, &f);
        tb_tensor_def tensor = tb_model_tensor(model, 0, 0);
        cr_assert(tensor.is_external);
        cr_expect_null(tensor.constant.data);
        cr_expect_str_eq(tensor.external.file, "weights.bin");
        cr_expect_eq(tensor.external.offset, 1000 + (30 - id) / 10);
        cr_expect_str_eq(tensor.external.packing, "");
        close_parts(model, &f);
    }
    parts p = plain;
    p.external = 15;
    expect_refused(&p, TB_CORRUPT, "its external buffer 15 does not exist");
    p.external = 10;
    p.group = 1;
    expect_refused(&p, TB_CORRUPT, "external buffer 0 is in group 1, the model has 1 groups");
}

/* The model as a file, beside it (or not) a weights.bin of so many bytes. */
static tb_status open_beside(const parts *p, size_t weights_size, tb_error *err, tb_model **model,
                             char folder[32])
{
    strcpy(folder, "/tmp/tb_external_XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    char path[64];
    file f = make(p);
    snprintf(path, sizeof path, "%s/model.tflite", folder);
    FILE *to = fopen(path, "wb");
    cr_assert(to && fwrite(f.bytes, f.size, 1, to) == 1 && fclose(to) == 0);
    free(f.bytes);
    if (weights_size) {
        char name[64];
        snprintf(name, sizeof name, "%s/weights.bin", folder);
        to = fopen(name, "wb");
        for (size_t k = 0; k < weights_size; k++)
            fputc((int)(k % 251), to);
        cr_assert_eq(fclose(to), 0);
    }
    return tb_model_open(path, err, model);
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"model.tflite", "weights.bin"};
    for (size_t k = 0; k < TB_COUNT_OF(names); k++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        unlink(path);
    }
    rmdir(folder);
}

Test(model_parts, reads_constants_in_a_file_beside_the_model)
{
    parts p = plain;
    p.external = 30; /* 16 bytes at 1000 */
    tb_model *model = NULL;
    tb_error err = TB_ERROR_NONE;
    char folder[32];
    cr_assert_eq(open_beside(&p, 1016, &err, &model, folder), TB_OK, "%s", err.text);
    tb_tensor_def tensor = tb_model_tensor(model, 0, 0);
    cr_assert(tensor.is_external);
    cr_assert_eq(tensor.constant.size, 16);
    for (size_t k = 0; k < 16; k++)
        cr_expect_eq(tensor.constant.data[k], (1000 + k) % 251);
    tb_model_release(model);
    remove_folder(folder);
}

Test(model_parts, refuses_constants_in_other_files_that_it_cannot_read)
{
    static const struct {
        const char *group_name, *packing;
        uint32_t external;
        int32_t rows;
        size_t weights_size;
        tb_status status;
        const char *message;
    } faults[] = {
        {NULL, NULL, 30, 2, 0, TB_NOT_FOUND, "weights.bin"},
        {NULL, NULL, 30, 2, 1015, TB_CORRUPT,
         "16 bytes at offset 1000 lie outside its file's 1015"},
        {NULL, NULL, 20, 2, 2000, TB_UNSUPPORTED, "begin at offset 1001 of 'weights.bin'"},
        {NULL, NULL, 30, 3, 2000, TB_CORRUPT, "it needs 24 bytes"},
        {NULL, "zip", 30, 2, 2000, TB_UNSUPPORTED, "packed as 'zip'"},
        {"/etc/passwd", NULL, 30, 2, 2000, TB_UNSUPPORTED, "only files beside the model"},
        {"../weights.bin", NULL, 30, 2, 2000, TB_UNSUPPORTED, "only files beside the model"},
        {"a/..", NULL, 30, 2, 2000, TB_UNSUPPORTED, "only files beside the model"},
        {"", NULL, 30, 2, 2000, TB_UNSUPPORTED, "only files beside the model"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        parts p = plain;
        p.group_name = faults[k].group_name;
        p.packing = faults[k].packing;
        p.external = faults[k].external;
        p.shape[0] = faults[k].rows;
        tb_model *model = NULL;
        tb_error err = TB_ERROR_NONE;
        char folder[32];
        cr_expect_eq(open_beside(&p, faults[k].weights_size, &err, &model, folder),
                     faults[k].status, "%zu: %s", k, err.text);
        cr_expect(strstr(err.text, faults[k].message), "%zu: '%s'", k, err.text);
        remove_folder(folder);
    }
}
