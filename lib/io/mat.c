/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/mat.h"

#include <matio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/listing.h"

/* matio has one handler for the whole process and gives it no context. */
static char said[160];

static void on_message(int level, char *text)
{
    (void)level;
    snprintf(said, sizeof said, "%s", text);
    said[strcspn(said, "\n")] = 0;
}

static void silence(void)
{
    Mat_LogInitFunc("aetools", on_message);
    *said = 0;
}

static int sample_type(const matvar_t *v, enum ae_sample *type)
{
    static const struct {
        enum matio_classes class;
        enum ae_sample type;
    } known[] = {{MAT_C_DOUBLE, AE_F64}, {MAT_C_SINGLE, AE_F32},
        {MAT_C_INT8, AE_I8}, {MAT_C_UINT8, AE_U8}, {MAT_C_INT16, AE_I16},
        {MAT_C_UINT16, AE_U16}, {MAT_C_INT32, AE_I32}, {MAT_C_UINT32, AE_U32},
        {MAT_C_INT64, AE_I64}, {MAT_C_UINT64, AE_U64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].class == v->class_type && !v->isComplex) {
            *type = known[i].type;
            return 0;
        }
    return -1;
}

static void list(mat_t *mat, struct ae_listing *listing)
{
    matvar_t *v;
    while ((v = Mat_VarReadNextInfo(mat))) {
        enum ae_sample type;
        size_t n[8];
        int dim = v->rank < 8 ? v->rank : 8;
        for (int i = 0; i < dim; i++)
            n[i] = v->dims[i];
        ae_listing_add(listing, v->name ? v->name : "", dim, n,
            sample_type(v, &type) ? (v->isComplex ? "complex" : "not numeric")
                                  : ae_sample_name(type),
            !sample_type(v, &type));
        Mat_VarFree(v);
    }
}

static int mat_next(struct ae_array *a, struct ae_error *err)
{
    const matvar_t *v = a->state;
    size_t n = a->n[0] * a->n[1];
    int code = ae_array_room(a, err);
    if (code)
        return code;
    const char *at =
        (const char *)v->data + a->done * n * ae_sample_bytes(a->type);
    if (a->wide)
        ae_sample_reals(at, a->type, ae_host_is_big(), n, a->real);
    else
        ae_sample_floats(at, a->type, ae_host_is_big(), n, a->image);
    return AE_OK;
}

static void mat_close(void *state)
{
    Mat_VarFree(state);
}

static int load(
    struct ae_array *a, mat_t *mat, const char *var, struct ae_error *err)
{
    char quoted[340];
    matvar_t *v = Mat_VarReadInfo(mat, var);
    if (!v)
        return ae_fail(err, AE_EDATA, "%s: variable '%s' cannot be read",
            a->name, ae_quote(quoted, var));
    a->state = v;
    a->close = mat_close;
    a->next = mat_next;
    snprintf(a->part, sizeof a->part, ": %.300s", ae_quote(quoted, var));
    if (sample_type(v, &a->type) || v->rank < 2 || v->rank > 4)
        return ae_fail(err, AE_EDATA,
            "%s%s: want real numbers of 2 to 4 dimensions", a->name, a->part);
    a->dim = v->rank;
    for (int i = 0; i < v->rank; i++)
        a->n[i] = v->dims[i];
    int code = ae_array_check(a, err);
    /* MATLAB may store doubles as bytes: packed even where not compressed */
    if (!code)
        code = ae_array_claim(a, ae_sample_bytes(a->type), 1, err);
    if (code)
        return code;
    *said = 0;
    size_t want = a->n[0] * a->n[1] * a->images * ae_sample_bytes(a->type);
    if (Mat_VarReadDataAll(mat, v) || !v->data || v->nbytes < want || *said)
        return ae_fail(err, AE_EDATA, "%s%s: cut short or damaged%s%s", a->name,
            a->part, *said ? ": " : "", ae_quote(quoted, said));
    return AE_OK;
}

/* Type and length of the element at byte `at`; 0, or -1 outside the file. In
 * the short form, 4 bytes of tag, the length is in the upper half of the type
 * and the data follow within 8 bytes. */
static int read_tag(const struct ae_array *a, int fd, uint64_t at,
    uint32_t *type, uint64_t *next)
{
    unsigned char tag[8];
    double part[2];
    if (at > a->in.size || a->in.size - at < sizeof tag ||
        pread(fd, tag, sizeof tag, (off_t)at) != sizeof tag)
        return -1;
    ae_sample_reals(tag, AE_U32, a->in.head[126] == 'M', 2, part);
    *type = (uint32_t)part[0];
    *next = at + sizeof tag;
    if (*type >> 16 > 4)
        return -1;
    if (*type >> 16)
        *type &= 0xffff;
    else
        *next += (uint64_t)part[1];
    return 0;
}

/* matio reads on past the end of a file, into nothing, or for ever: the
 * lengths that elements claim are checked first. At the top MATLAB writes
 * matrices (14) and packed ones (15); the parts of a matrix fill it, each
 * padded to 8 bytes. */
static int check_elements(struct ae_array *a, int fd, struct ae_error *err)
{
    enum { HEAD = 128, TAG = 8, MATRIX = 14, PACKED = 15 };
    uint64_t at = HEAD, next = HEAD, inner;
    uint32_t type;
    for (; at < a->in.size; at = next) {
        if (read_tag(a, fd, at, &type, &next) || next > a->in.size)
            return ae_fail(
                err, AE_EDATA, "%s: MATLAB file is cut short", a->name);
        int good = (type == MATRIX || type == PACKED) && next > at + TAG;
        for (uint64_t in = at + TAG; good && type == MATRIX && in < next;
             in = inner) {
            uint32_t part;
            good = !read_tag(a, fd, in, &part, &inner);
            inner = in + (inner - in + TAG - 1) / TAG * TAG;
            good = good && inner <= next;
        }
        if (!good)
            return ae_fail(err, AE_EDATA,
                "%s: MATLAB file is damaged, in the variable at byte %.0f",
                a->name, (double)at);
    }
    if (next == HEAD)
        return ae_fail(err, AE_EDATA, "%s: MATLAB file is cut short", a->name);
    return AE_OK;
}

int ae_mat_open(
    struct ae_array *a, const char *var, int rank, struct ae_error *err)
{
    char path[64], name[AE_LISTING_NAME];
    int fd;
    struct ae_listing listing = {0};
    a->format = "MATLAB";
    int code = ae_input_seekable(&a->in, &fd, err);
    if (code)
        return code;
    if ((code = check_elements(a, fd, err))) {
        close(fd);
        return code;
    }
    silence();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    close(fd);
    if (!mat)
        return ae_fail(
            err, AE_EDATA, "%s: MATLAB file cannot be read", a->name);
    list(mat, &listing);
    code = ae_listing_choose(&listing, a->name, var, rank, name, err);
    Mat_Rewind(mat);
    if (!code)
        code = load(a, mat, name, err);
    Mat_Close(mat);
    return code;
}

static int put(mat_t *mat, const char *name, enum matio_classes class,
    enum matio_types type, int rank, size_t *n, const void *data,
    struct ae_error *err)
{
    matvar_t *v = Mat_VarCreate(
        name, class, type, rank, n, (void *)data, MAT_F_DONT_COPY_DATA);
    int failed = !v || Mat_VarWrite(mat, v, MAT_COMPRESSION_NONE);
    Mat_VarFree(v);
    if (failed || *said)
        return ae_fail(err, AE_ESYS, "cannot write the MATLAB file: %s", said);
    return AE_OK;
}

static int put_data(mat_t *mat, const struct ae_vol *head, enum ae_sample type,
    const void *samples, struct ae_error *err)
{
    size_t n[4];
    memcpy(n, head->n, sizeof n);
    enum matio_classes class = type == AE_F32   ? MAT_C_SINGLE
                               : type == AE_I8  ? MAT_C_INT8
                               : type == AE_U8  ? MAT_C_UINT8
                               : type == AE_I16 ? MAT_C_INT16
                                                : MAT_C_UINT16;
    enum matio_types stored = type == AE_F32   ? MAT_T_SINGLE
                              : type == AE_I8  ? MAT_T_INT8
                              : type == AE_U8  ? MAT_T_UINT8
                              : type == AE_I16 ? MAT_T_INT16
                                               : MAT_T_UINT16;
    return put(mat, "data", class, stored, head->dim, n, samples, err);
}

/* One column where the axis is y alone, else three. */
static int put_angles(
    mat_t *mat, const struct ae_vol *head, struct ae_error *err)
{
    size_t n[2] = {head->nangle, 1};
    for (size_t i = 0; i < head->nangle; i++)
        if (head->euler[i][0] < 0 || head->euler[i][0] > 0 ||
            head->euler[i][2] < 0 || head->euler[i][2] > 0)
            n[1] = 3;
    double *columns = malloc(n[0] * n[1] * sizeof *columns);
    if (!columns)
        return ae_fail(err, AE_EMEM, "out of memory for the angles");
    for (size_t i = 0; i < n[0]; i++)
        for (size_t c = 0; c < n[1]; c++)
            columns[c * n[0] + i] = head->euler[i][n[1] == 1 ? 1 : c];
    int code =
        put(mat, "angles", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, n, columns, err);
    free(columns);
    return code;
}

int ae_mat_write(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const void *samples, struct ae_error *err)
{
    char path[64];
    double bytes = (double)ae_vol_samples(head) * (double)ae_sample_bytes(type);
    if (bytes > 2e9) /* lengths have 32 bits; MATLAB's limit is 2 GB */
        return ae_fail(err, AE_EDATA,
            "%.0f bytes are more than a MATLAB 5 variable holds; export NPY "
            "instead",
            bytes);
    silence();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(out));
    mat_t *mat = Mat_CreateVer(path,
        "MATLAB 5.0 MAT-file, Created by: aetools " AE_VERSION, MAT_FT_MAT5);
    if (!mat)
        return ae_fail(err, AE_ESYS, "cannot write the MATLAB file");
    size_t one[2] = {1, 1};
    int code = put_data(mat, head, type, samples, err);
    if (!code && head->step[0] > 0)
        code = put(mat, "pixel", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one,
            &head->step[0], err);
    if (!code && head->nangle)
        code = put_angles(mat, head, err);
    if (Mat_Close(mat) && !code)
        code = ae_fail(err, AE_ESYS, "cannot write the MATLAB file");
    return code;
}
