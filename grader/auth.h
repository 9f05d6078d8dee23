/* Who asks: tokens, the Authorization header, and slowing those who guess. Pure apart from drawing
 * a token; the look-up by hash is the store's. */
#ifndef GRADER_AUTH_H
#define GRADER_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTH_TOKEN_SIZE 44 /* 256 bits as base64url, and a zero byte */
#define AUTH_HASH_SIZE 32
#define AUTH_LOGIN_MAX 64
#define AUTH_CLAIM_TOKEN_MAX 128

/* Draws a token; only its hash is ever stored. */
void auth_token_new(char token[AUTH_TOKEN_SIZE], unsigned char hash[AUTH_HASH_SIZE]);

/* BLAKE2b-256 of the token's characters. A token has 256 bits of its own, so neither salt nor a
 * slow hash adds anything. */
void auth_token_hash(const char *token, unsigned char hash[AUTH_HASH_SIZE]);

/* What an Authorization header claims. */
struct auth_claim {
    char login[AUTH_LOGIN_MAX]; /* "" with Bearer */
    char token[AUTH_CLAIM_TOKEN_MAX];
};

/* Reads "Basic base64(LOGIN:TOKEN)" or "Bearer TOKEN"; false for NULL and for anything else. */
bool auth_parse(const char *header, struct auth_claim *out);

/* True if the claim fits the owner of the token that was found: Bearer names nobody. Takes the same
 * time wherever the two differ. */
bool auth_login_fits(const struct auth_claim *claim, const char *login);

/* Failed log-ins per address. All zero is empty. A fixed table: when it is full, the address that
 * has been quiet longest is forgotten. */
#define AUTH_SLOW_ROWS 128
struct auth_slow {
    struct {
        char address[48]; /* of IPv6 the first 64 bits: one customer has all the rest */
        int64_t failures;
        int64_t last_ms;
    } rows[AUTH_SLOW_ROWS];
};

/* Counts a failure and returns how long its answer must wait. The first ones are free, for people
 * who mistype; one is forgiven per AUTH_SLOW_FORGIVE_MS of quiet. A good token is never slowed. */
#define AUTH_SLOW_FREE 5
#define AUTH_SLOW_MAX_MS 4000
#define AUTH_SLOW_FORGIVE_MS 10000
int64_t auth_slow_failed(struct auth_slow *slow, const char *address, int64_t now_ms);

#endif
