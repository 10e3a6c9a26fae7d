/*
 * Fingerprint64. Short inputs (up to 16, 32 and 64 bytes) have a formula each over words from both
 * ends; longer ones go through a state of 56 bytes, 64 bytes at a time, the last 64 of them again.
 */
#include "runtime/ops/fingerprint.h"

#define K0 0xc3a5c85c97cb3127u
#define K1 0xb492b66fbe98f273u
#define K2 0x9ae16a3b2f90404fu

static uint64_t little_endian(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static uint64_t word(const uint8_t *at)
{
    return little_endian(at, 8);
}

static uint64_t rotate(uint64_t x, int right)
{
    return x >> right | x << (64 - right);
}

static uint64_t fold(uint64_t x)
{
    return x ^ x >> 47;
}

static uint64_t mix(uint64_t low, uint64_t high, uint64_t factor)
{
    uint64_t a = fold((low ^ high) * factor);
    return fold((high ^ a) * factor) * factor;
}

static uint64_t up_to_16(const uint8_t *s, size_t count)
{
    const uint64_t factor = K2 + count * 2;
    if (count >= 8) {
        uint64_t a = word(s) + K2, b = word(s + count - 8);
        return mix(rotate(b, 37) * factor + a, (rotate(a, 25) + b) * factor, factor);
    }
    if (count >= 4)
        return mix(count + (little_endian(s, 4) << 3), little_endian(s + count - 4, 4), factor);
    if (count == 0)
        return K2;
    uint32_t y = s[0] + ((uint32_t)s[count / 2] << 8);
    uint32_t z = (uint32_t)count + ((uint32_t)s[count - 1] << 2);
    return fold(y * K2 ^ z * K0) * K2;
}

/* The words at both ends, from 17 bytes on. */
typedef struct ends {
    uint64_t a, b, c, d;
} ends;

static uint64_t mix_ends(const ends *e, uint64_t factor, uint64_t *sum)
{
    *sum = rotate(e->a + e->b, 43) + rotate(e->c, 30) + e->d;
    return mix(*sum, e->a + rotate(e->b + K2, 18) + e->c, factor);
}

static uint64_t up_to_32(const uint8_t *s, size_t count)
{
    const uint64_t factor = K2 + count * 2;
    const ends e = {word(s) * K1, word(s + 8), word(s + count - 8) * factor,
                    word(s + count - 16) * K2};
    uint64_t sum;
    return mix_ends(&e, factor, &sum);
}

static uint64_t up_to_64(const uint8_t *s, size_t count)
{
    const uint64_t factor = K2 + count * 2;
    const ends outer = {word(s) * K2, word(s + 8), word(s + count - 8) * factor,
                        word(s + count - 16) * K2};
    uint64_t y, z = mix_ends(&outer, factor, &y);
    uint64_t e = word(s + 16) * factor, f = word(s + 24);
    uint64_t g = (y + word(s + count - 32)) * factor, h = (z + word(s + count - 24)) * factor;
    return mix(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + outer.a, 18) + g, factor);
}

/* ---- longer ------------------------------------------------------------------------------------ */

typedef struct pair {
    uint64_t first, second;
} pair;

typedef struct state {
    uint64_t x, y, z;
    pair v, w;
} state;

static pair mix_32(const uint8_t *s, uint64_t a, uint64_t b)
{
    a += word(s);
    b = rotate(b + a + word(s + 24), 21);
    uint64_t sum = a + word(s + 8) + word(s + 16);
    return (pair){sum + word(s + 24), b + rotate(sum, 44) + a};
}

/* 64 bytes; `weight` is 1 but for the last ones. */
static void take_64(state *t, const uint8_t *s, uint64_t factor, uint64_t weight)
{
    t->x = rotate(t->x + t->y + t->v.first + word(s + 8), 37) * factor;
    t->y = rotate(t->y + t->v.second + word(s + 48), 42) * factor;
    t->x ^= t->w.second * weight;
    t->y += t->v.first * weight + word(s + 40);
    t->z = rotate(t->z + t->w.first, 33) * factor;
    t->v = mix_32(s, t->v.second * factor, t->x + t->w.first);
    t->w = mix_32(s + 32, t->z + t->w.second, t->y + word(s + 16));
    uint64_t swap = t->z;
    t->z = t->x;
    t->x = swap;
}

uint64_t tb_fingerprint64(const void *bytes, size_t count)
{
    const uint8_t *s = bytes;
    if (count <= 16)
        return up_to_16(s, count);
    if (count <= 32)
        return up_to_32(s, count);
    if (count <= 64)
        return up_to_64(s, count);
    const uint64_t seed = 81;
    state t = {.x = seed * K2 + word(s), .y = seed * K1 + 113};
    t.z = fold(t.y * K2 + 113) * K2;
    const size_t rest = (count - 1) % 64; /* of the bytes behind whole blocks, less 1 */
    for (size_t at = 0; at < count - 1 - rest; at += 64)
        take_64(&t, s + at, K1, 1);
    const uint64_t factor = K1 + ((t.z & 0xff) << 1);
    t.w.first += rest;
    t.v.first += t.w.first;
    t.w.first += t.v.first;
    take_64(&t, s + count - 64, factor, 9);
    return mix(mix(t.v.first, t.w.first, factor) + fold(t.y) * K0 + t.z,
               mix(t.v.second, t.w.second, factor) + t.x, factor);
}
