/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/noise_model.h"

#include <math.h>

static void take_spectrum(
    struct ae_noise_model *m, struct ae_noise_found *found)
{
    double sum = 0;
    m->psd = found->psd;
    m->nx = m->ny = AE_NOISE_BLOCK;
    for (size_t i = 0; i < m->nx * m->ny; i++)
        sum += (double)m->psd[i];
    if (!(m->sigma > 0))
        m->sigma = sqrt(sum) / (double)(m->nx * m->ny);
}

static int is_complete(const struct ae_noise_model *m)
{
    return m->kind == AE_NOISE_WHITE ? m->sigma > 0
           : m->kind == AE_NOISE_CORRELATED
               ? m->psd != NULL
               : m->kind == AE_NOISE_POISSON && m->noise.gain > 0;
}

int ae_noise_model_complete(struct ae_noise_model *m,
    struct ae_noise_found *found, const float *image, size_t nx, size_t ny,
    const double *offset, const double *read, struct ae_error *err)
{
    if (is_complete(m))
        return AE_OK;
    const int code = ae_noise_find(found, image, nx, ny, offset, err);
    if (code)
        return code;
    if (m->kind == AE_NOISE_AUTO)
        m->kind = ae_noise_is_poisson(found)      ? AE_NOISE_POISSON
                  : ae_noise_is_correlated(found) ? AE_NOISE_CORRELATED
                                                  : AE_NOISE_WHITE;
    if (m->kind == AE_NOISE_WHITE && !(m->sigma > 0))
        m->sigma = found->sigma;
    if (m->kind == AE_NOISE_POISSON) {
        m->noise = found->line;
        if (read)
            m->noise.read = *read;
        if (!(m->noise.gain > 0))
            return ae_fail(err, AE_EDATA,
                "the noise does not grow with the intensity; give --gain or "
                "--noise white");
        m->sigma = m->sigma > 0 ? m->sigma : 1;
    }
    if (m->kind == AE_NOISE_CORRELATED && !(found->colour > 1))
        return ae_fail(err, AE_EDATA,
            "%zu blocks of %d x %d pixels outside the particle: too few for "
            "a spectrum; give --psd or --noise-from",
            found->blocks, AE_NOISE_BLOCK, AE_NOISE_BLOCK);
    if (m->kind == AE_NOISE_CORRELATED)
        take_spectrum(m, found);
    return AE_OK;
}

int ae_noise_model_stabilised(struct ae_noise_model *m,
    struct ae_noise_found *found, const float *image, size_t nx, size_t ny,
    struct ae_error *err)
{
    const int code = ae_noise_find(found, image, nx, ny, NULL, err);
    if (code)
        return code;
    if (ae_noise_is_correlated(found))
        take_spectrum(m, found);
    else
        m->sigma = found->sigma > 0 ? found->sigma : 1;
    return AE_OK;
}
