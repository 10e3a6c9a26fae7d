/*
 * FarmHash's Fingerprint64: a hash of bytes whose value is the same on every machine and in every
 * version (https://github.com/google/farmhash, farmhashna::Hash64). Hash functions of trained models
 * depend on it.
 */
#ifndef TB_RUNTIME_OPS_FINGERPRINT_H
#define TB_RUNTIME_OPS_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

uint64_t tb_fingerprint64(const void *bytes, size_t count);

#endif
