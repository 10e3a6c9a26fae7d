/*
 * Random numbers that are the same on every machine: integers from SplitMix64 (Steele, Lea, Flood:
 * "Fast splittable pseudorandom number generators", 2014), floats from them by exact conversions,
 * additions and one multiplication. No libm.
 */
#ifndef TB_MODELS_NOISE_H
#define TB_MODELS_NOISE_H

#include <stddef.h>
#include <stdint.h>

typedef struct tb_noise {
    uint64_t state;
} tb_noise;

/* A stream of its own for each pair: what one name draws does not depend on the others. */
tb_noise tb_noise_stream(uint64_t seed, const char *name);

uint64_t tb_noise_u64(tb_noise *noise);
/* Evenly in [0, 1), a multiple of 2^-24. */
float tb_noise_unit(tb_noise *noise);
/* Evenly in [0, limit); limit >= 1. */
uint32_t tb_noise_below(tb_noise *noise, uint32_t limit);
/*
 * Bell-shaped: mean 0, standard deviation 1, within +-3.47 (the sum of four even ones, centred and
 * scaled; Irwin-Hall).
 */
float tb_noise_bell(tb_noise *noise);

#endif
