#include "base/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

struct sha256 {
    EVP_MD *method; /* fetched once: a look-up by name costs more than hashing a small file */
    EVP_MD_CTX *context;
};

nn_status sha256_new(sha256 **out, nn_error *err)
{
    *out = nn_calloc(1, sizeof **out);
    if (*out == NULL)
        return nn_nomem(err);
    (*out)->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    (*out)->context = EVP_MD_CTX_new();
    if ((*out)->method != NULL && (*out)->context != NULL)
        return NN_OK;
    sha256_free(*out);
    *out = NULL;
    return nn_nomem(err);
}

void sha256_free(sha256 *h)
{
    if (h == NULL)
        return;
    EVP_MD_CTX_free(h->context);
    EVP_MD_free(h->method);
    nn_free(h);
}

static nn_status failed(nn_error *err)
{
    return nn_fail(err, NN_ERR_NOMEM, NULL, 0, 0, "libcrypto could not compute SHA-256");
}

nn_status sha256_digest(sha256 *h, const void *bytes, size_t n, uint8_t out[SHA256_SIZE], nn_error *err)
{
    if (EVP_DigestInit_ex2(h->context, h->method, NULL) == 1 && EVP_DigestUpdate(h->context, bytes, n) == 1 &&
        EVP_DigestFinal_ex(h->context, out, NULL) == 1)
        return NN_OK;
    return failed(err);
}

nn_status sha256_file(sha256 *h, int fd, uint64_t *n, uint8_t out[SHA256_SIZE], nn_error *err)
{
    char part[32768];
    *n = 0;
    if (EVP_DigestInit_ex2(h->context, h->method, NULL) != 1)
        return failed(err);
    for (;;) {
        ssize_t k = read(fd, part, sizeof part);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "cannot read: %s", strerror(errno));
        if (k == 0)
            return EVP_DigestFinal_ex(h->context, out, NULL) == 1 ? NN_OK : failed(err);
        if (EVP_DigestUpdate(h->context, part, (size_t)k) != 1)
            return failed(err);
        *n += (uint64_t)k;
    }
}

void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX_SIZE])
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = digit[digest[i] >> 4];
        out[2 * i + 1] = digit[digest[i] & 15];
    }
    out[SHA256_HEX_SIZE - 1] = '\0';
}
