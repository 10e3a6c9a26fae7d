/* SHA-256 against the examples of FIPS 180-4 and every way to cut the input. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/base/sha256.h"

static void expect(const char *text, size_t size, const char *expected)
{
    tb_sha256 hash;
    char hex[TB_SHA256_HEX_SIZE];
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, text, size);
    tb_sha256_end(&hash, hex);
    cr_assert_str_eq(hex, expected);
}

Test(sha256, published_examples)
{
    expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    expect(two_blocks, strlen(two_blocks),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(sha256, a_million_letters_in_pieces)
{
    tb_sha256 hash;
    char hex[TB_SHA256_HEX_SIZE];
    char piece[997];
    memset(piece, 'a', sizeof piece);
    tb_sha256_begin(&hash);
    for (size_t left = 1000000; left > 0;) {
        size_t take = left < sizeof piece ? left : sizeof piece;
        tb_sha256_add(&hash, piece, take);
        left -= take;
    }
    tb_sha256_end(&hash, hex);
    cr_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(sha256, padding_at_every_length)
{
    char text[200];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        char whole[TB_SHA256_HEX_SIZE], bytewise[TB_SHA256_HEX_SIZE];
        tb_sha256 hash;
        tb_sha256_begin(&hash);
        tb_sha256_add(&hash, text, size);
        tb_sha256_end(&hash, whole);
        tb_sha256_begin(&hash);
        for (size_t k = 0; k < size; k++)
            tb_sha256_add(&hash, text + k, 1);
        tb_sha256_end(&hash, bytewise);
        cr_assert_str_eq(whole, bytewise);
    }
}
