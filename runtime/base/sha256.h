/* SHA-256 (FIPS 180-4): names models, plans and builds by their contents. */
#ifndef TB_RUNTIME_BASE_SHA256_H
#define TB_RUNTIME_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct tb_sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
} tb_sha256;

#define TB_SHA256_HEX_SIZE 65

void tb_sha256_begin(tb_sha256 *hash);
void tb_sha256_add(tb_sha256 *hash, const void *data, size_t size);
/* 64 lower-case hex digits and a terminator. `hash` needs a new begin before it is used again. */
void tb_sha256_end(tb_sha256 *hash, char hex[TB_SHA256_HEX_SIZE]);

#endif
