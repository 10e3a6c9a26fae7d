/* The table of element types, and the decoding of each; see case_type.h. */
#include "bench/case_type.h"

#include <math.h>
#include <string.h>

#include "runtime/base/size.h"

static const tb_case_type types[] = {
    [kTfLiteNoType] = {"unknown type", TB_NUMBER_NONE, 8, 1},
    [kTfLiteFloat32] = {"float32", TB_NUMBER_FLOAT, 32, 1},
    [kTfLiteInt32] = {"int32", TB_NUMBER_SIGNED, 32, 1},
    [kTfLiteUInt8] = {"uint8", TB_NUMBER_UNSIGNED, 8, 1},
    [kTfLiteInt64] = {"int64", TB_NUMBER_SIGNED, 64, 1},
    [kTfLiteString] = {"string", TB_NUMBER_NONE, 8, 1},
    [kTfLiteBool] = {"bool", TB_NUMBER_UNSIGNED, 8, 1},
    [kTfLiteInt16] = {"int16", TB_NUMBER_SIGNED, 16, 1},
    [kTfLiteComplex64] = {"complex64", TB_NUMBER_FLOAT, 32, 2},
    [kTfLiteInt8] = {"int8", TB_NUMBER_SIGNED, 8, 1},
    [kTfLiteFloat16] = {"float16", TB_NUMBER_FLOAT, 16, 1},
    [kTfLiteFloat64] = {"float64", TB_NUMBER_FLOAT, 64, 1},
    [kTfLiteComplex128] = {"complex128", TB_NUMBER_FLOAT, 64, 2},
    [kTfLiteUInt64] = {"uint64", TB_NUMBER_UNSIGNED, 64, 1},
    [kTfLiteResource] = {"resource", TB_NUMBER_NONE, 8, 1},
    [kTfLiteVariant] = {"variant", TB_NUMBER_NONE, 8, 1},
    [kTfLiteUInt32] = {"uint32", TB_NUMBER_UNSIGNED, 32, 1},
    [kTfLiteUInt16] = {"uint16", TB_NUMBER_UNSIGNED, 16, 1},
    [kTfLiteInt4] = {"int4", TB_NUMBER_SIGNED, 4, 1},
    [kTfLiteBFloat16] = {"bfloat16", TB_NUMBER_FLOAT, 16, 1},
    [kTfLiteInt2] = {"int2", TB_NUMBER_SIGNED, 2, 1},
    [kTfLiteUInt4] = {"uint4", TB_NUMBER_UNSIGNED, 4, 1},
    [kTfLiteFloat8E4M3FN] = {"float8_e4m3fn", TB_NUMBER_FLOAT, 8, 1},
    [kTfLiteFloat8E5M2] = {"float8_e5m2", TB_NUMBER_FLOAT, 8, 1},
};

const tb_case_type *tb_case_type_of(TfLiteType type)
{
    size_t k = (size_t)type;
    return k < TB_COUNT_OF(types) && types[k].name ? &types[k] : &types[kTfLiteNoType];
}

TfLiteType tb_case_type_find(const char *name)
{
    for (size_t k = 1; k < TB_COUNT_OF(types); k++)
        if (types[k].name && !strcmp(types[k].name, name))
            return (TfLiteType)k;
    return kTfLiteNoType;
}

const char *tb_case_type_name(TfLiteType type)
{
    return tb_case_type_of(type)->name;
}

size_t tb_case_type_numbers(TfLiteType type, size_t bytes)
{
    const tb_case_type *row = tb_case_type_of(type);
    return row->bits < 8 ? bytes * (size_t)(8 / row->bits) : bytes / (size_t)(row->bits / 8);
}

/* Small floats: sign, exponent and mantissa as in IEEE 754, any width. `no_infinity`: the highest
   exponent is an ordinary one, and only the pattern of all ones is no number. */
static double small_float(unsigned bits, int exponent_bits, int mantissa_bits, bool no_infinity)
{
    unsigned mantissa_mask = (1u << mantissa_bits) - 1, exponent_mask = (1u << exponent_bits) - 1;
    unsigned mantissa = bits & mantissa_mask;
    unsigned exponent = bits >> mantissa_bits & exponent_mask;
    int bias = (1 << (exponent_bits - 1)) - 1;
    double value;
    if (exponent == exponent_mask && no_infinity && mantissa == mantissa_mask)
        value = NAN;
    else if (exponent == exponent_mask && !no_infinity)
        value = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(mantissa, 1 - bias - mantissa_bits);
    else
        value = ldexp(mantissa | (1u << mantissa_bits), (int)exponent - bias - mantissa_bits);
    return bits >> (exponent_bits + mantissa_bits) & 1 ? -value : value;
}

static double read_float(TfLiteType type, int bits, uint64_t raw)
{
    switch (type) {
    case kTfLiteFloat16:
        return small_float((unsigned)raw, 5, 10, false);
    case kTfLiteFloat8E4M3FN:
        return small_float((unsigned)raw, 4, 3, true);
    case kTfLiteFloat8E5M2:
        return small_float((unsigned)raw, 5, 2, false);
    case kTfLiteBFloat16:
        raw <<= 16;
        bits = 32;
        break;
    default:
        break;
    }
    if (bits == 64) {
        double value;
        memcpy(&value, &raw, sizeof value);
        return value;
    }
    uint32_t word = (uint32_t)raw;
    float value;
    memcpy(&value, &word, sizeof value);
    return (double)value;
}

static uint64_t read_bits(const unsigned char *data, int bits, size_t index)
{
    if (bits < 8) {
        size_t per_byte = (size_t)(8 / bits);
        unsigned shift = (unsigned)(index % per_byte) * (unsigned)bits;
        return (unsigned)data[index / per_byte] >> shift & ((1u << bits) - 1);
    }
    size_t size = (size_t)(bits / 8);
    uint64_t raw = 0;
    for (size_t k = size; k-- > 0;)
        raw = raw << 8 | data[index * size + k];
    return raw;
}

tb_number tb_case_type_read(TfLiteType type, const void *data, size_t index)
{
    const tb_case_type *row = tb_case_type_of(type);
    uint64_t raw = read_bits(data, row->bits, index);
    tb_number number = {0, 0, 0};
    switch (row->kind) {
    case TB_NUMBER_FLOAT:
        number.f = read_float(type, row->bits, raw);
        break;
    case TB_NUMBER_SIGNED: {
        uint64_t sign = (uint64_t)1 << (row->bits - 1);
        uint64_t extended = (raw ^ sign) - sign;
        memcpy(&number.i, &extended, sizeof number.i);
        break;
    }
    case TB_NUMBER_UNSIGNED:
    case TB_NUMBER_NONE:
        number.u = type == kTfLiteBool ? raw != 0 : raw;
        break;
    }
    return number;
}

double tb_number_value(tb_number_kind kind, const tb_number *number)
{
    return kind == TB_NUMBER_FLOAT    ? number->f
           : kind == TB_NUMBER_SIGNED ? (double)number->i
                                      : (double)number->u;
}
