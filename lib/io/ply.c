/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/ply.h"

#include <byteswap.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "io/xyz.h"

enum format { ASCII, LITTLE, BIG };
enum { MAX_PROPERTIES = 64, HOST_IS_BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

struct property {
    int type, list_type;      /* list_type -1: a scalar */
    int axis;                 /* 0, 1, 2 for x, y, z; 3 the face list; -1 */
};

struct element {
    int kind;                 /* 0 vertex, 1 face, 2 other */
    size_t n;
    int nprop;
    struct property prop[MAX_PROPERTIES];
};

struct reader {
    struct ae_source *in;
    enum format format;
    struct element element[16];
    int nelement;
    struct ae_error *err;
};

static const struct {
    const char *name[2];
    int size;
} types[] = {{{"char", "int8"}, 1}, {{"uchar", "uint8"}, 1},
    {{"short", "int16"}, 2}, {{"ushort", "uint16"}, 2}, {{"int", "int32"}, 4},
    {{"uint", "uint32"}, 4}, {{"float", "float32"}, 4},
    {{"double", "float64"}, 8}};

static int type_of(const char *name)
{
    for (int i = 0; i < 8; i++)
        if (!strcmp(name, types[i].name[0]) || !strcmp(name, types[i].name[1]))
            return i;
    return -1;
}

static int wrong(struct reader *r, const char *what)
{
    return ae_fail(r->err, AE_EDATA, "%s: %s", r->in->name, what);
}

static int add_property(struct reader *r, const char *line)
{
    char a[32] = "", b[32] = "", c[32] = "", d[32] = "";
    sscanf(line, "property %31s %31s %31s %31s", a, b, c, d);
    struct element *e = r->nelement ? &r->element[r->nelement - 1] : NULL;
    if (!e || e->nprop == MAX_PROPERTIES)
        return wrong(r, "PLY header: property without element");
    struct property *p = &e->prop[e->nprop++];
    int list = !strcmp(a, "list");
    *p = (struct property){type_of(list ? c : a), list ? type_of(b) : -1, -1};
    if (p->type < 0 || (list && (p->list_type < 0 || p->list_type > 5)))
        return wrong(r, "PLY header: unknown property type");
    if (!list && !b[1] && *b >= 'x' && *b <= 'z' && !e->kind)
        p->axis = *b - 'x';
    if (list && e->kind == 1)
        p->axis = 3;
    return AE_OK;
}

static int header(struct reader *r)
{
    char line[1024], word[32] = "";
    if (!fgets(line, sizeof line, r->in->file))
        return wrong(r, "empty input; want PLY");
    if (strncmp(line, "ply", 3) || !strchr("\r\n", line[3]))
        return wrong(r, "not PLY");
    for (int lines = 0; fgets(line, sizeof line, r->in->file); lines++) {
        size_t n;
        if (lines > 10000)
            break;
        if (!strncmp(line, "end_header", 10))
            return r->nelement ? AE_OK : wrong(r, "PLY header: no elements");
        if (sscanf(line, "format %31s", word) == 1)
            r->format = !strcmp(word, "ascii") ? ASCII
                : !strcmp(word, "binary_big_endian") ? BIG : LITTLE;
        else if (sscanf(line, "element %31s %zu", word, &n) == 2) {
            if (r->nelement == 16 || n > UINT32_MAX)
                return wrong(r, "PLY header: too many elements");
            r->element[r->nelement++] = (struct element){
                .kind = !strcmp(word, "vertex") ? 0
                    : !strcmp(word, "face")     ? 1
                                                : 2,
                .n = n};
        } else if (!strncmp(line, "property", 8)) {
            int code = add_property(r, line);
            if (code)
                return code;
        }
    }
    return wrong(r, "the file ends inside the PLY header");
}

static int value(struct reader *r, int type, double *x)
{
    if (r->format == ASCII) {
        char token[64];
        if (fscanf(r->in->file, "%63s", token) != 1)
            return wrong(r, "the file ends early");
        const char *end = token + strlen(token);
        return ae_parse_real(token, end, x) == end
            ? AE_OK
            : wrong(r, "want a number in the PLY data");
    }
    union {
        unsigned char b[8];
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        float f;
        double d;
    } v;
    size_t n = (size_t)types[type].size;
    if (fread(v.b, 1, n, r->in->file) != n)
        return wrong(r, "the file ends early");
    if ((r->format == BIG) != HOST_IS_BIG)
        for (size_t i = 0; i < n / 2; i++) {
            unsigned char keep = v.b[i];
            v.b[i] = v.b[n - 1 - i];
            v.b[n - 1 - i] = keep;
        }
    double got[] = {v.i8, v.u8, v.i16, v.u16, v.i32, v.u32, (double)v.f, v.d};
    *x = got[type];
    return AE_OK;
}

/* Room for one more item of an array that grows as data arrive. */
static int grow(struct reader *r, void **array, size_t n, size_t size)
{
    if (n & (n - 1))
        return AE_OK;
    void *more = ae_resize(*array, n, n ? 2 * n : 1, size);
    if (!more)
        return ae_fail(r->err, AE_EMEM, "%s: out of memory", r->in->name);
    *array = more;
    return AE_OK;
}

/* A polygon becomes a fan of triangles. */
static int add_corner(struct reader *r, struct ae_mesh *mesh, size_t k,
    double x, uint32_t fan[2])
{
    if (!(x >= 0) || x > UINT32_MAX || x != floor(x))
        return wrong(r, "a face names a vertex that is no number");
    uint32_t v = (uint32_t)x;
    if (k < 2) {
        fan[k] = v;
        return AE_OK;
    }
    int code = grow(r, (void **)&mesh->face, mesh->nface, sizeof *mesh->face);
    if (code)
        return code;
    uint32_t *face = mesh->face[mesh->nface++];
    face[0] = fan[0];
    face[1] = fan[1];
    face[2] = fan[1] = v;
    return AE_OK;
}

static int item(struct reader *r, const struct element *e, struct ae_mesh *mesh)
{
    double point[3] = {NAN, NAN, NAN};
    for (int i = 0; i < e->nprop; i++) {
        const struct property *p = &e->prop[i];
        double x, count = 1;
        uint32_t fan[2] = {0, 0};
        int code = p->list_type >= 0 ? value(r, p->list_type, &count) : AE_OK;
        if (!code && !(count >= 0 && count < 1e6))
            code = wrong(r, "a list of impossible length");
        for (size_t k = 0; !code && k < (size_t)count; k++) {
            code = value(r, p->type, &x);
            if (!code && p->axis >= 0 && p->axis < 3)
                point[p->axis] = x;
            else if (!code && p->axis == 3)
                code = add_corner(r, mesh, k, x, fan);
        }
        if (code)
            return code;
    }
    if (e->kind)
        return AE_OK;
    if (!isfinite(point[0]) || !isfinite(point[1]) || !isfinite(point[2]))
        return ae_fail(r->err, AE_EDATA,
            "%s: vertex %zu: want finite x, y, z", r->in->name, mesh->nvertex);
    int code = grow(r, (void **)&mesh->vertex, mesh->nvertex,
        sizeof *mesh->vertex);
    if (!code)
        memcpy(mesh->vertex[mesh->nvertex++], point, sizeof point);
    return code;
}

int ae_ply_read(struct ae_source *in, struct ae_mesh *mesh,
    struct ae_error *err)
{
    struct reader r = {.in = in, .err = err};
    *mesh = (struct ae_mesh){0};
    int code = header(&r);
    for (int e = 0; e < r.nelement && !code; e++)
        for (size_t i = 0; i < r.element[e].n && !code; i++) {
            code = r.element[e].nprop
                ? item(&r, &r.element[e], mesh)
                : wrong(&r, "PLY header: element without properties");
        }
    for (size_t f = 0; f < mesh->nface && !code; f++)
        for (int k = 0; k < 3; k++)
            if (mesh->face[f][k] >= mesh->nvertex) {
                code = ae_fail(err, AE_EDATA,
                    "%s: face %zu names vertex %u of %zu", in->name, f,
                    mesh->face[f][k], mesh->nvertex);
                break;
            }
    if (code)
        ae_mesh_clear(mesh);
    return code;
}

int ae_ply_write(FILE *out, const struct ae_mesh *mesh, struct ae_error *err)
{
    fprintf(out,
        "ply\nformat binary_little_endian 1.0\ncomment unit angstrom\n"
        "element vertex %zu\nproperty double x\nproperty double y\n"
        "property double z\nelement face %zu\n"
        "property list uchar int vertex_indices\nend_header\n",
        mesh->nvertex, mesh->nface);
    for (size_t i = 0; i < mesh->nvertex; i++) {
        uint64_t bits[3];
        memcpy(bits, mesh->vertex[i], sizeof bits);
        for (int k = 0; k < 3 && HOST_IS_BIG; k++)
            bits[k] = bswap_64(bits[k]);
        fwrite(bits, sizeof bits, 1, out);
    }
    for (size_t i = 0; i < mesh->nface; i++) {
        uint32_t corner[3];
        memcpy(corner, mesh->face[i], sizeof corner);
        for (int k = 0; k < 3 && HOST_IS_BIG; k++)
            corner[k] = bswap_32(corner[k]);
        fputc(3, out);
        fwrite(corner, sizeof corner, 1, out);
    }
    if (fflush(out) || ferror(out))
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}
