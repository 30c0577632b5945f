/* SHA-256 through libcrypto.
 *
 * Ownership: a hasher is a workspace of one thread. */
#ifndef NN_SHA256_H
#define NN_SHA256_H

#include "base.h"

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1)

typedef struct sha256 sha256;

nn_status sha256_new(sha256 **out, nn_error *err);
void sha256_free(sha256 *h);
nn_status sha256_digest(sha256 *h, const void *bytes, size_t n, uint8_t out[SHA256_SIZE], nn_error *err);
/* Of an open file, from where it stands to its end, with a fixed amount of memory; *n: its bytes. NN_ERR_IO without a path where it
 * cannot be read. */
nn_status sha256_file(sha256 *h, int fd, uint64_t *n, uint8_t out[SHA256_SIZE], nn_error *err);
void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX_SIZE]); /* lower case, NUL at the end */

#endif
