/* Reproducible random numbers; see noise.h. */
#include "models/noise.h"

tb_noise tb_noise_stream(uint64_t seed, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    tb_noise noise = {hash ^ (seed * UINT64_C(0x9e3779b97f4a7c15))};
    tb_noise_u64(&noise);
    return noise;
}

uint64_t tb_noise_u64(tb_noise *noise)
{
    uint64_t z = noise->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

float tb_noise_unit(tb_noise *noise)
{
    return (float)(tb_noise_u64(noise) >> 40) * 0x1p-24f;
}

uint32_t tb_noise_below(tb_noise *noise, uint32_t limit)
{
    return (uint32_t)(((tb_noise_u64(noise) >> 32) * limit) >> 32);
}

float tb_noise_bell(tb_noise *noise)
{
    /* Four 16-bit numbers of one draw: their sum has mean 2 * 65535 and variance (65536^2 - 1) / 3,
       and every integer up to it is exact in a float. */
    uint64_t bits = tb_noise_u64(noise);
    int32_t sum =
        (int32_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return (float)(sum - 2 * 65535) * 2.6428998e-5f;
}
