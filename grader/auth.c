/* Tokens and log-ins. */
#include "grader/auth.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool parse_basic(const char *encoded, struct auth_claim *out);
static bool take(char *out, size_t out_size, const char *text, size_t size);
static void address_key(const char *address, char *out, size_t size);

#define SLOW_FIRST_MS 125 /* doubles with each further failure */

void auth_token_new(char token[AUTH_TOKEN_SIZE], unsigned char hash[AUTH_HASH_SIZE])
{
    unsigned char bits[32];

    do { /* in a table of tokens, a spreadsheet would take "-x" for a formula */
        randombytes_buf(bits, sizeof bits);
        (void)sodium_bin2base64(token, AUTH_TOKEN_SIZE, bits, sizeof bits,
                                sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    } while (token[0] == '-');
    sodium_memzero(bits, sizeof bits);
    auth_token_hash(token, hash);
}

void auth_token_hash(const char *token, unsigned char hash[AUTH_HASH_SIZE])
{
    (void)crypto_generichash(hash, AUTH_HASH_SIZE, (const unsigned char *)token, strlen(token),
                             NULL, 0); /* fails for sizes that these are not */
}

bool auth_parse(const char *header, struct auth_claim *out)
{
    struct auth_claim claim = {.login = ""};
    bool is_read = false;

    if (!header)
        return false;
    size_t word = strcspn(header, " ");
    const char *rest = header + word + strspn(header + word, " ");
    if (word == 5 && strncasecmp(header, "Basic", word) == 0)
        is_read = parse_basic(rest, &claim);
    else if (word == 6 && strncasecmp(header, "Bearer", word) == 0)
        is_read = take(claim.token, sizeof claim.token, rest, strlen(rest));
    if (is_read)
        *out = claim;
    sodium_memzero(&claim, sizeof claim);
    return is_read;
}

static bool parse_basic(const char *encoded, struct auth_claim *out)
{
    char text[AUTH_LOGIN_MAX + AUTH_CLAIM_TOKEN_MAX];
    size_t size = 0;

    if (sodium_base642bin((unsigned char *)text, sizeof text, encoded, strlen(encoded), NULL, &size,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    const char *colon = memchr(text, ':', size);
    bool is_read =
        colon != NULL && colon != text &&
        take(out->login, sizeof out->login, text, (size_t)(colon - text)) &&
        take(out->token, sizeof out->token, colon + 1, size - (size_t)(colon + 1 - text));
    sodium_memzero(text, sizeof text);
    return is_read;
}

/* Printable ASCII without blanks, not empty, and short enough. */
static bool take(char *out, size_t out_size, const char *text, size_t size)
{
    if (size == 0 || size >= out_size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

bool auth_login_fits(const struct auth_claim *claim, const char *login)
{
    char expected[AUTH_LOGIN_MAX] = {0};
    char claimed[AUTH_LOGIN_MAX] = {0};

    if (claim->login[0] == '\0')
        return true;
    if (strlen(login) >= sizeof expected)
        return false;
    memcpy(expected, login, strlen(login));
    memcpy(claimed, claim->login, strlen(claim->login));
    return sodium_memcmp(expected, claimed, sizeof expected) == 0;
}

int64_t auth_slow_failed(struct auth_slow *slow, const char *address, int64_t now_ms)
{
    char key[sizeof slow->rows[0].address];
    size_t row = 0;

    address_key(address, key, sizeof key);
    for (size_t i = 0; i < AUTH_SLOW_ROWS; i++) {
        if (strcmp(slow->rows[i].address, key) == 0) {
            row = i;
            break;
        }
        if (slow->rows[i].last_ms < slow->rows[row].last_ms)
            row = i;
    }
    if (strcmp(slow->rows[row].address, key) != 0) {
        (void)snprintf(slow->rows[row].address, sizeof slow->rows[row].address, "%s", key);
        slow->rows[row].failures = 0;
        slow->rows[row].last_ms = now_ms;
    }

    int64_t forgiven = (now_ms - slow->rows[row].last_ms) / AUTH_SLOW_FORGIVE_MS;
    int64_t failures = slow->rows[row].failures;
    failures = (failures > forgiven ? failures - forgiven : 0) + 1;
    slow->rows[row].failures = failures;
    slow->rows[row].last_ms = now_ms;
    if (failures <= AUTH_SLOW_FREE)
        return 0;
    int64_t doublings = failures - AUTH_SLOW_FREE - 1;
    int64_t delay_ms = doublings > 10 ? AUTH_SLOW_MAX_MS : (int64_t)SLOW_FIRST_MS << doublings;
    return delay_ms < AUTH_SLOW_MAX_MS ? delay_ms : AUTH_SLOW_MAX_MS;
}

static void address_key(const char *address, char *out, size_t size)
{
    unsigned char bytes[16];

    if (inet_pton(AF_INET6, address, bytes) == 1)
        (void)snprintf(out, size, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", bytes[0], bytes[1],
                       bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    else
        (void)snprintf(out, size, "%s", address);
}
