/* Tokens, Authorization headers, and slowing those who guess. */
#include "grader/auth.h"
#include "sandbox/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void tokens_are_43_characters_and_differ(void **state)
{
    char one[AUTH_TOKEN_SIZE], two[AUTH_TOKEN_SIZE];
    unsigned char hash_one[AUTH_HASH_SIZE], hash_two[AUTH_HASH_SIZE], again[AUTH_HASH_SIZE];
    (void)state;
    auth_token_new(one, hash_one);
    auth_token_new(two, hash_two);
    assert_int_equal(strlen(one), 43);
    assert_int_equal(
        strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
    assert_string_not_equal(one, two);
    assert_memory_not_equal(hash_one, hash_two, AUTH_HASH_SIZE);
    auth_token_hash(one, again);
    assert_memory_equal(hash_one, again, AUTH_HASH_SIZE);
    for (int i = 0; i < 2000; i++) { /* one in 64 would begin with it */
        auth_token_new(one, hash_one);
        assert_int_not_equal(one[0], '-');
    }
}

static void hash_is_blake2b_256(void **state)
{
    /* RFC 7693's function at 32 bytes of "abc", by an independent implementation (b2sum -l 256). */
    static const unsigned char expected[AUTH_HASH_SIZE] = {
        0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72, 0x31, 0x71, 0xef,
        0x3f, 0xee, 0x98, 0x57, 0x9b, 0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb,
        0x3e, 0x42, 0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19};
    unsigned char hash[AUTH_HASH_SIZE];
    (void)state;
    auth_token_hash("abc", hash);
    assert_memory_equal(hash, expected, sizeof expected);
}

static void headers_follow_the_table(void **state)
{
    static const struct {
        const char *header;
        const char *login; /* NULL: refused */
        const char *token;
    } rows[] = {
        {"Basic YWxpY2U6c2VjcmV0", "alice", "secret"},
        {"basic YWxpY2U6c2VjcmV0", "alice", "secret"},
        {"Basic   YWxpY2U6c2VjcmV0", "alice", "secret"},
        {"Basic YWxpY2U6YTpi", "alice", "a:b"}, /* the first colon counts */
        {"Bearer secret", "", "secret"},
        {"BEARER secret", "", "secret"},
        {NULL, NULL, NULL},
        {"", NULL, NULL},
        {"Basic", NULL, NULL},
        {"Basic ", NULL, NULL},
        {"Basic !!!!", NULL, NULL},
        {"Basic YWxpY2U6c2VjcmV0 ", NULL, NULL},
        {"Basic YWxpY2U6c2VjcmV", NULL, NULL},      /* padding is missing */
        {"Basic YWxpY2U=", NULL, NULL},             /* "alice": no colon */
        {"Basic YWxpY2U6", NULL, NULL},             /* "alice:" */
        {"Basic OnNlY3JldA==", NULL, NULL},         /* ":secret" */
        {"Basic YWxpY2U6c2VjAHJldA==", NULL, NULL}, /* a zero byte */
        {"Basic YWwgY2U6c2VjcmV0", NULL, NULL},     /* a blank in the login */
        {"Bearer", NULL, NULL},
        {"Bearer ", NULL, NULL},
        {"Bearer a b", NULL, NULL},
        {"Bearer a\x01", NULL, NULL},
        {"Bearer \xc3\xa9", NULL, NULL},
        {"Digest username=alice", NULL, NULL},
        {"BasicYWxpY2U6c2VjcmV0", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct auth_claim claim = {.login = "untouched"};
        bool is_read = auth_parse(rows[i].header, &claim);
        if (is_read != (rows[i].login != NULL))
            fail_msg("'%s' was %s", rows[i].header, is_read ? "read" : "refused");
        assert_string_equal(claim.login, is_read ? rows[i].login : "untouched");
        if (is_read)
            assert_string_equal(claim.token, rows[i].token);
    }
}

static void lengths_are_bounded(void **state)
{
    char text[AUTH_LOGIN_MAX + AUTH_CLAIM_TOKEN_MAX + 8];
    char header[1024];
    struct auth_claim claim;
    (void)state;
    for (size_t token = AUTH_CLAIM_TOKEN_MAX - 1; token <= AUTH_CLAIM_TOKEN_MAX; token++) {
        memset(text, 'a', sizeof text);
        text[token] = '\0';
        (void)snprintf(header, sizeof header, "Bearer %s", text);
        assert_int_equal(auth_parse(header, &claim), token < AUTH_CLAIM_TOKEN_MAX);
    }
    for (size_t login = AUTH_LOGIN_MAX - 1; login <= AUTH_LOGIN_MAX; login++) {
        memset(text, 'a', sizeof text);
        text[login] = ':';
        strcpy(header, "Basic ");
        (void)sodium_bin2base64(header + 6, sizeof header - 6, (unsigned char *)text, login + 4,
                                sodium_base64_VARIANT_ORIGINAL);
        assert_int_equal(auth_parse(header, &claim), login < AUTH_LOGIN_MAX);
    }
    memset(text, 'a', sizeof text); /* longer than the space it is decoded into */
    text[3] = ':';
    strcpy(header, "Basic ");
    (void)sodium_bin2base64(header + 6, sizeof header - 6, (unsigned char *)text, sizeof text,
                            sodium_base64_VARIANT_ORIGINAL);
    assert_false(auth_parse(header, &claim));
}

static void login_must_be_the_owner_of_the_token(void **state)
{
    struct auth_claim basic = {.login = "alice"};
    struct auth_claim bearer = {.login = ""};
    char longest[AUTH_LOGIN_MAX + 1];
    (void)state;
    assert_true(auth_login_fits(&basic, "alice"));
    assert_false(auth_login_fits(&basic, "alic"));
    assert_false(auth_login_fits(&basic, "alice2"));
    assert_false(auth_login_fits(&basic, ""));
    assert_true(auth_login_fits(&bearer, "anybody"));
    memset(longest, 'a', sizeof longest);
    longest[AUTH_LOGIN_MAX] = '\0';
    assert_false(auth_login_fits(&basic, longest));
}

static void failures_are_slowed_more_and_more_and_forgiven(void **state)
{
    static struct auth_slow slow;
    int64_t now_ms = 1000000;
    int64_t last_ms = 0;
    (void)state;
    for (int i = 0; i < AUTH_SLOW_FREE; i++)
        assert_int_equal(auth_slow_failed(&slow, "192.0.2.1", now_ms), 0);
    for (int i = 0; i < 40; i++) {
        int64_t delay_ms = auth_slow_failed(&slow, "192.0.2.1", now_ms);
        assert_true(delay_ms > 0 && delay_ms >= last_ms && delay_ms <= AUTH_SLOW_MAX_MS);
        last_ms = delay_ms;
    }
    assert_int_equal(last_ms, AUTH_SLOW_MAX_MS);
    assert_int_equal(auth_slow_failed(&slow, "192.0.2.2", now_ms), 0); /* somebody else */
    now_ms += (int64_t)100 * AUTH_SLOW_FORGIVE_MS;
    assert_int_equal(auth_slow_failed(&slow, "192.0.2.1", now_ms), 0);
}

static void one_ipv6_network_is_one_address(void **state)
{
    static struct auth_slow slow;
    char address[64];
    int64_t delay_ms = 0;
    (void)state;
    for (int i = 0; i < 10; i++) {
        (void)snprintf(address, sizeof address, "2001:db8:1:2::%x", i);
        delay_ms = auth_slow_failed(&slow, address, 5000);
    }
    assert_true(delay_ms > 0);
    assert_int_equal(auth_slow_failed(&slow, "2001:db8:1:3::1", 5000), 0);
}

static void a_full_table_forgets_who_was_quiet_longest(void **state)
{
    static struct auth_slow slow;
    char address[64];
    (void)state;
    for (int i = 0; i < 20; i++)
        (void)auth_slow_failed(&slow, "198.51.100.1", 1000);
    for (int i = 0; i < 20; i++)
        (void)auth_slow_failed(&slow, "198.51.100.2", 3000);
    for (int i = 0; i < AUTH_SLOW_ROWS - 1; i++) {
        (void)snprintf(address, sizeof address, "10.0.%d.%d", i / 250, i % 250);
        (void)auth_slow_failed(&slow, address, 2000 + i);
    }
    assert_true(auth_slow_failed(&slow, "198.51.100.2", 3001) > 0);
    assert_int_equal(auth_slow_failed(&slow, "198.51.100.1", 3001), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_43_characters_and_differ),
        cmocka_unit_test(hash_is_blake2b_256),
        cmocka_unit_test(headers_follow_the_table),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(login_must_be_the_owner_of_the_token),
        cmocka_unit_test(failures_are_slowed_more_and_more_and_forgiven),
        cmocka_unit_test(one_ipv6_network_is_one_address),
        cmocka_unit_test(a_full_table_forgets_who_was_quiet_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
