/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/expr.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/nearpeaks.h"
#include "base/mem.h"

enum {
    MAX_DEPTH = 200, /* of parentheses, calls and unary operators */
    MAX_STACK = 2048 /* more than MAX_DEPTH levels of the grammar can pile up */
};

enum code {
    PUSH, /* a number */
    PUSH_TEXT,
    REAL, /* a column's value */
    INTEGER,
    TEXT,
    ROW,
    COUNT, /* neighbours */
    NEGATE,
    NOT,
    TRUTH,
    AND, /* false: jump, leaving 0; true: drop it and go on */
    OR,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    REMAINDER,
    EQUAL,
    UNEQUAL,
    LESS,
    NOT_MORE,
    MORE,
    NOT_LESS,
    EQUAL_TEXT,
    UNEQUAL_TEXT,
    ABS,
    SQRT,
    FLOOR,
    ISNAN,
    MIN,
    MAX,
    NEAR,
    PLANE5,
    PLANE8,
    AMONG, /* key hit value -> key hit */
    AMONG_TEXT,
    AMONG_END /* key hit -> hit */
};

struct step {
    enum code code;
    double number;
    const char *text;
    const void *value; /* a column's values, first component wanted */
    char **word;       /* a text column's words */
    size_t stride;     /* values per atom, or the steps a jump passes */
};

struct ae_expr {
    struct step *step;
    size_t n, room;
    const double (*pos)[3];
    char **text; /* literals */
    size_t ntext;
    uint32_t **count; /* results of neighbours(r) */
    size_t ncount;
};

union slot {
    double x;
    const char *text;
};

/* ---- evaluation ---- */

static int is_true(double x)
{
    return x < 0 || x > 0;
}

/* Signed distance of p from the plane through o with the normal n. */
static double distance(
    const double p[3], const union slot *n, const double o[3])
{
    double dot = 0, norm = 0;
    for (int i = 0; i < 3; i++) {
        dot += (p[i] - o[i]) * n[i].x;
        norm += n[i].x * n[i].x;
    }
    return dot / sqrt(norm);
}

static int is_near(const double p[3], const union slot *a)
{
    double dx = p[0] - a[0].x, dy = p[1] - a[1].x, dz = p[2] - a[2].x;
    return a[3].x > 0 && dx * dx + dy * dy + dz * dz < a[3].x * a[3].x;
}

static int is_between(double d, double low, double high)
{
    return low <= d && d < high;
}

/* What a name or a literal stands for. */
static union slot load(const struct step *s, size_t row)
{
    switch (s->code) {
    case PUSH_TEXT:
        return (union slot){.text = s->text};
    case REAL:
        return (union slot){.x = ((const double *)s->value)[row * s->stride]};
    case INTEGER:
        return (union slot){
            .x = (double)((const int64_t *)s->value)[row * s->stride]};
    case TEXT:
        return (union slot){
            .text = s->word[((const uint32_t *)s->value)[row * s->stride]]};
    case ROW:
        return (union slot){.x = (double)row};
    case COUNT:
        return (union slot){.x = ((const uint32_t *)s->value)[row]};
    default:
        return (union slot){.x = s->number};
    }
}

/* One number from one. */
static double unary(enum code code, double a)
{
    switch (code) {
    case NEGATE:
        return -a;
    case NOT:
        return !is_true(a);
    case ABS:
        return fabs(a);
    case SQRT:
        return sqrt(a);
    case FLOOR:
        return floor(a);
    case ISNAN:
        return isnan(a) != 0;
    default:
        return is_true(a);
    }
}

/* One number from two; NaN stays NaN in arithmetic and is false in
 * comparisons. */
static double binary(enum code code, double a, double b)
{
    switch (code) {
    case ADD:
        return a + b;
    case SUBTRACT:
        return a - b;
    case MULTIPLY:
        return a * b;
    case DIVIDE:
        return a / b;
    case REMAINDER:
        return fmod(a, b);
    case EQUAL:
        return a == b;
    case UNEQUAL:
        return a < b || a > b;
    case LESS:
        return a < b;
    case NOT_MORE:
        return a <= b;
    case MORE:
        return a > b;
    case NOT_LESS:
        return a >= b;
    case MIN:
        return isnan(a) || a < b ? a : b;
    default:
        return isnan(a) || a > b ? a : b;
    }
}

double ae_expr_value(const struct ae_expr *expr, size_t row)
{
    static const double origin[3];
    union slot stack[MAX_STACK], *top = stack - 1; /* top: the last value */
    const double *p = expr->pos[row];
    for (size_t i = 0; i < expr->n; i++) {
        const struct step *s = &expr->step[i];
        switch (s->code) {
        case PUSH:
        case PUSH_TEXT:
        case REAL:
        case INTEGER:
        case TEXT:
        case ROW:
        case COUNT:
            *++top = load(s, row);
            break;
        case AND:
        case OR:
            if (is_true(top->x) == (s->code == AND))
                top--;
            else {
                top->x = s->code == OR;
                i += s->stride;
            }
            break;
        case NEGATE:
        case NOT:
        case TRUTH:
        case ABS:
        case SQRT:
        case FLOOR:
        case ISNAN:
            top->x = unary(s->code, top->x);
            break;
        case EQUAL_TEXT:
        case UNEQUAL_TEXT:
            top--;
            top->x =
                !strcmp(top[0].text, top[1].text) == (s->code == EQUAL_TEXT);
            break;
        case NEAR:
            top -= 3;
            top->x = is_near(p, top);
            break;
        case PLANE5:
            top -= 4;
            top->x = is_between(distance(p, top, origin), top[3].x, top[4].x);
            break;
        case PLANE8:
            top -= 7;
            top->x = is_between(
                distance(p, top, (double[]){top[3].x, top[4].x, top[5].x}),
                top[6].x, top[7].x);
            break;
        case AMONG:
            top--;
            top->x = is_true(top->x) || top[-1].x == top[1].x;
            break;
        case AMONG_TEXT:
            top--;
            top->x = is_true(top->x) || !strcmp(top[-1].text, top[1].text);
            break;
        case AMONG_END:
            top--;
            top[0] = top[1];
            break;
        default:
            top--;
            top->x = binary(s->code, top[0].x, top[1].x);
        }
    }
    return top->x;
}

/* ---- neighbours(r) ---- */

static const double MAX_RADIUS = 1e6; /* angstrom, beyond any sample */

static int count_neighbours(const struct ae_atoms *atoms, double r,
    uint32_t *count, struct ae_error *err)
{
    size_t *start, *near;
    int code = ae_near_list(
        (const double(*)[3])atoms->pos, atoms->n, r, &start, &near, err);
    if (code)
        return code;
    for (size_t i = 0; i < atoms->n; i++)
        count[i] = (uint32_t)(start[i + 1] - start[i]);
    free(start);
    free(near);
    return AE_OK;
}

/* ---- the parser: recursive descent, one function a level ---- */

struct parser {
    const char *text, *at;
    const struct ae_atoms *atoms;
    struct ae_expr *expr;
    struct ae_error *err;
    int depth;
    int height; /* of the stack */
};

/* What was parsed: 'R' a number, 'S' a text, 0 nothing (failed). */
struct value {
    char type;
    const char *at; /* where it begins */
    size_t step;    /* its first step */
};

static const struct value failed = {0, NULL, 0};

static struct value parse_or(struct parser *p);
static struct value parse_factor(struct parser *p);

static void complain(struct parser *p, const char *where)
{
    ae_fail(p->err, AE_EUSAGE, "column %zu: ", (size_t)(where - p->text) + 1);
}

__attribute__((format(printf, 2, 3))) static void append(
    struct ae_error *err, const char *format, ...)
{
    if (!err)
        return;
    size_t n = strlen(err->msg);
    va_list args;
    va_start(args, format);
    vsnprintf(err->msg + n, sizeof err->msg - n, format, args);
    va_end(args);
}

#define FAIL(p, where, ...)                                                    \
    (complain(p, where), append((p)->err, __VA_ARGS__), failed)

static void skip(struct parser *p)
{
    p->at += strspn(p->at, " \t\n\r");
}

/* Take the sign if it stands here; < is not taken from <=, nor = from ==. */
static int take(struct parser *p, const char *sign)
{
    size_t n = strlen(sign);
    skip(p);
    if (strncmp(p->at, sign, n))
        return 0;
    if (n == 1 && strchr("<>!", *sign) && p->at[1] == '=')
        return 0;
    p->at += n;
    return 1;
}

static int emit(struct parser *p, struct step step, int height)
{
    struct ae_expr *e = p->expr;
    if (e->n == e->room) {
        size_t room = e->room ? 2 * e->room : 16;
        struct step *more = ae_resize(e->step, e->room, room, sizeof *more);
        if (!more)
            return ae_fail(p->err, AE_EMEM, "out of memory");
        e->step = more;
        e->room = room;
    }
    e->step[e->n++] = step;
    p->height += height;
    if (p->height > MAX_STACK)
        return ae_fail(
            p->err, AE_EUSAGE, "the expression is nested too deeply");
    return AE_OK;
}

static int emit_code(struct parser *p, enum code code, int height)
{
    return emit(p, (struct step){.code = code}, height);
}

static struct value out_of_memory(struct parser *p)
{
    ae_fail(p->err, AE_EMEM, "out of memory");
    return failed;
}

/* One level deeper, or the error. */
static int descend(struct parser *p, const char *at)
{
    if (++p->depth > MAX_DEPTH) {
        FAIL(p, at, "more than %d levels of nesting", MAX_DEPTH);
        return 0;
    }
    return 1;
}

static struct value want_number(
    struct parser *p, struct value v, const char *what)
{
    if (v.type == 'S')
        return FAIL(p, v.at,
            "text where %s wants a number; text compares with"
            " == and != only",
            what);
    return v;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static size_t name_length(const char *at)
{
    size_t n = 0;
    while (starts_name(at[n]) || is_digit(at[n]) || (n && at[n] == '.'))
        n++;
    return n;
}

static struct value parse_number(struct parser *p)
{
    const char *at = p->at, *end = at;
    end += strspn(end, "0123456789");
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '+' || end[1] == '-');
        if (is_digit(*power))
            end = power + strspn(power, "0123456789");
    }
    double x = strtod(at, NULL);
    if (starts_name(*end) || *end == '.')
        return FAIL(p, at, "not a number; want for example 0.03 or 1e-3");
    if (!isfinite(x))
        return FAIL(p, at, "number too large");
    p->at = end;
    struct value v = {'R', at, p->expr->n};
    return emit(p, (struct step){.code = PUSH, .number = x}, 1) ? failed : v;
}

/* "text" or 'text', with \" and \\ */
static struct value parse_text(struct parser *p)
{
    struct ae_expr *e = p->expr;
    const char *at = p->at;
    char quote = *p->at++;
    size_t length = strlen(p->at), n = 0;
    char **more = ae_resize(e->text, e->ntext, e->ntext + 1, sizeof *more);
    if (!more)
        return out_of_memory(p);
    e->text = more;
    char *copy = ae_alloc(length + 1, 1);
    if (!copy)
        return out_of_memory(p);
    e->text[e->ntext++] = copy;
    for (; *p->at && *p->at != quote; p->at++) {
        if (*p->at == '\\' && (p->at[1] == quote || p->at[1] == '\\'))
            p->at++;
        copy[n++] = *p->at;
    }
    if (!*p->at)
        return FAIL(p, at, "text without closing %c", quote);
    p->at++;
    struct value v = {'S', at, e->n};
    return emit(p, (struct step){.code = PUSH_TEXT, .text = copy}, 1) ? failed
                                                                      : v;
}

static struct value no_column(struct parser *p, const char *at, size_t n)
{
    char name[81] = "", quoted[340];
    memcpy(name, at, n < 80 ? n : 80);
    FAIL(p, at, "no column '%s'; the file has", ae_quote(quoted, name));
    for (int c = 0; c < p->atoms->ncol; c++)
        append(p->err, " %s", ae_quote(quoted, p->atoms->col[c].name));
    return failed;
}

/* The step that loads component k of a column. */
static struct step column_step(const struct ae_column *col, size_t k)
{
    struct step s = {.stride = (size_t)col->width};
    if (col->type == 'R') {
        s.code = REAL;
        s.value = col->real + k;
    } else if (col->type == 'S') {
        s.code = TEXT;
        s.value = col->text + k;
        s.word = col->word;
    } else {
        s.code = INTEGER;
        s.value = col->integer + k;
    }
    return s;
}

/* [k] after a name; -1 none, -2 wrong. */
static long parse_index(struct parser *p, const struct ae_column *col)
{
    if (!take(p, "["))
        return -1;
    skip(p);
    const char *at = p->at;
    size_t digits = strspn(at, "0123456789");
    long k = digits && digits < 9 ? strtol(at, NULL, 10) : -1;
    if (k < 0 || k >= col->width) {
        FAIL(p, at, "column %.40s has the components 0 to %d", col->name,
            col->width - 1);
        return -2;
    }
    p->at += digits;
    if (!take(p, "]")) {
        FAIL(p, p->at, "want ']'");
        return -2;
    }
    return k;
}

static struct value parse_column(struct parser *p, size_t n)
{
    const char *at = p->at;
    struct value v = {'R', at, p->expr->n};
    p->at += n;
    if (n == 3 && !strncmp(at, "row", 3))
        return emit_code(p, ROW, 1) ? failed : v;
    if (n == 1 && *at >= 'x' && *at <= 'z') {
        const struct ae_column *pos = ae_atoms_find(p->atoms, "pos");
        return emit(p, column_step(pos, (size_t)(*at - 'x')), 1) ? failed : v;
    }
    const struct ae_column *col = NULL;
    for (int c = 0; c < p->atoms->ncol && !col; c++)
        if (strlen(p->atoms->col[c].name) == n &&
            !strncmp(p->atoms->col[c].name, at, n))
            col = &p->atoms->col[c];
    if (!col)
        return no_column(p, at, n);
    long k = parse_index(p, col);
    if (k == -2)
        return failed;
    if (k == -1 && col->width > 1)
        return FAIL(p, at, "column %.40s has %d components; write %.40s[0]",
            col->name, col->width, col->name);
    v.type = col->type == 'S' ? 'S' : 'R';
    return emit(p, column_step(col, k > 0 ? (size_t)k : 0), 1) ? failed : v;
}

static const struct function {
    const char *name;
    enum code code;
    int low, high; /* number of arguments */
    const char *form;
} function[] = {
    {"abs", ABS, 1, 1, "abs(a)"},
    {"sqrt", SQRT, 1, 1, "sqrt(a)"},
    {"floor", FLOOR, 1, 1, "floor(a)"},
    {"isnan", ISNAN, 1, 1, "isnan(a)"},
    {"min", MIN, 2, 1000, "min(a,b)"},
    {"max", MAX, 2, 1000, "max(a,b)"},
    {"near", NEAR, 4, 4, "near(x,y,z,r)"},
    {"plane", PLANE5, 5, 8,
        "plane(h,k,l,d0,d1) or plane(nx,ny,nz,px,py,pz,d0,d1)"},
    {"neighbours", COUNT, 1, 1, "neighbours(r)"},
    {"in", AMONG, 2, 1000, "in(column,a,...)"},
};
enum { FUNCTIONS = sizeof function / sizeof *function };

/* A program without a load has the same value for every atom. */
static int is_constant(const struct parser *p, size_t from)
{
    for (size_t i = from; i < p->expr->n; i++) {
        enum code c = p->expr->step[i].code;
        if (c == REAL || c == INTEGER || c == TEXT || c == ROW || c == COUNT ||
            c == NEAR || c == PLANE5 || c == PLANE8)
            return 0;
    }
    return 1;
}

/* The value of the steps from the given one on. */
static double constant(const struct parser *p, size_t from)
{
    static const double nowhere[1][3];
    struct ae_expr part = {
        .step = p->expr->step + from, .n = p->expr->n - from, .pos = nowhere};
    return ae_expr_value(&part, 0);
}

/* neighbours(r): counted once for all atoms; r's steps give way to a load. */
static struct value finish_neighbours(
    struct parser *p, struct value v, struct value arg)
{
    struct ae_expr *e = p->expr;
    if (!is_constant(p, arg.step))
        return FAIL(p, arg.at,
            "neighbours wants the same radius for all"
            " atoms; give a number");
    double r = constant(p, arg.step);
    if (!(r > 0) || r > MAX_RADIUS)
        return FAIL(p, arg.at,
            "neighbours wants a radius above 0, at most %g"
            " angstrom",
            MAX_RADIUS);
    uint32_t **more =
        ae_resize(e->count, e->ncount, e->ncount + 1, sizeof *more);
    if (!more)
        return out_of_memory(p);
    e->count = more;
    e->count[e->ncount] = ae_alloc(p->atoms->n, sizeof **more);
    if (!e->count[e->ncount])
        return out_of_memory(p);
    uint32_t *count = e->count[e->ncount++];
    if (count_neighbours(p->atoms, r, count, p->err))
        return failed;
    e->n = arg.step;
    p->height--;
    return emit(p, (struct step){.code = COUNT, .value = count}, 1) ? failed
                                                                    : v;
}

/* Emit what a call does after its argument k (from 0) is on the stack. */
static int after_argument(struct parser *p, enum code code, int k, char type)
{
    if ((code == MIN || code == MAX) && k > 0)
        return emit_code(p, code, -1);
    if (code == AMONG && k == 0)
        return emit(p, (struct step){.code = PUSH}, 1);
    if (code == AMONG)
        return emit_code(p, type == 'S' ? AMONG_TEXT : AMONG, -1);
    return AE_OK;
}

static struct value finish_call(struct parser *p, const struct function *f,
    struct value v, struct value first, int n)
{
    if (n < f->low || n > f->high || (f->code == PLANE5 && n != 5 && n != 8))
        return FAIL(p, v.at, "%s has %d argument%s; want %s", f->name, n,
            n == 1 ? "" : "s", f->form);
    int code = AE_OK;
    if (f->code == COUNT)
        return finish_neighbours(p, v, first);
    if (f->code == AMONG)
        code = emit_code(p, AMONG_END, -1);
    else if (f->code == PLANE5)
        code = emit_code(p, n == 5 ? PLANE5 : PLANE8, 1 - n);
    else if (f->code != MIN && f->code != MAX)
        code = emit_code(p, f->code, 1 - n);
    return code ? failed : v;
}

static struct value parse_call(struct parser *p, size_t length)
{
    const struct function *f = NULL;
    struct value v = {'R', p->at, p->expr->n}, first = failed;
    for (int i = 0; i < FUNCTIONS && !f; i++)
        if (strlen(function[i].name) == length &&
            !strncmp(function[i].name, v.at, length))
            f = &function[i];
    if (!f) {
        FAIL(p, v.at, "no function '%.*s'; there are",
            length < 80 ? (int)length : 80, v.at);
        for (int i = 0; i < FUNCTIONS; i++)
            append(p->err, " %s", function[i].name);
        return failed;
    }
    p->at += length;
    const char *open = (skip(p), p->at);
    take(p, "(");
    if (!descend(p, open))
        return failed;
    int n = 0;
    if (!take(p, ")"))
        do {
            struct value a = parse_or(p);
            if (!a.type)
                return failed;
            if (f->code != AMONG && !want_number(p, a, f->name).type)
                return failed;
            if (n && f->code == AMONG && a.type != first.type)
                return FAIL(p, a.at, "in wants texts only or numbers only");
            if (!n)
                first = a;
            if (n > f->high || after_argument(p, f->code, n, a.type))
                return n > f->high ? finish_call(p, f, v, first, n + 1)
                                   : failed;
            n++;
        } while (take(p, ","));
    else
        p->at--;
    if (!take(p, ")"))
        return FAIL(p, open, "parenthesis '(' is not closed");
    p->depth--;
    return finish_call(p, f, v, first, n);
}

static struct value parse_unary(struct parser *p, enum code code)
{
    const char *at = p->at++;
    if (!descend(p, at))
        return failed;
    struct value v = parse_factor(p);
    if (v.type == 'S' && code == NOT)
        return FAIL(p, v.at,
            "! before a text; write !(a == \"b\") or"
            " a != \"b\"");
    if (!want_number(p, v, "-").type)
        return failed;
    p->depth--;
    v.at = at;
    return emit_code(p, code, 0) ? failed : v;
}

static struct value parse_parenthesis(struct parser *p)
{
    const char *at = p->at++;
    if (!descend(p, at))
        return failed;
    struct value v = parse_or(p);
    if (!v.type)
        return failed;
    if (!take(p, ")"))
        return FAIL(p, at, "parenthesis '(' is not closed");
    p->depth--;
    v.at = at;
    return v;
}

static struct value parse_factor(struct parser *p)
{
    skip(p);
    char c = *p->at;
    if (c == '-')
        return parse_unary(p, NEGATE);
    if (c == '!' && p->at[1] != '=')
        return parse_unary(p, NOT);
    if (c == '(')
        return parse_parenthesis(p);
    if (c == '"' || c == '\'')
        return parse_text(p);
    if (is_digit(c) || (c == '.' && is_digit(p->at[1])))
        return parse_number(p);
    if (starts_name(c)) {
        size_t n = name_length(p->at);
        size_t blanks = strspn(p->at + n, " \t\n\r");
        return p->at[n + blanks] == '(' ? parse_call(p, n) : parse_column(p, n);
    }
    if (!c)
        return FAIL(p, p->at, "the expression ends where a value is wanted");
    char quoted[340];
    return FAIL(
        p, p->at, "want a value, found '%s'", ae_quote(quoted, (char[]){c, 0}));
}

/* left (sign right)*, from the left, both numbers. */
static struct value binary_step(struct parser *p, struct value left,
    enum code code, const char *sign, struct value (*next)(struct parser *p))
{
    if (!want_number(p, left, sign).type)
        return failed;
    struct value right = next(p);
    if (!want_number(p, right, sign).type)
        return failed;
    return emit_code(p, code, -1) ? failed : left;
}

static struct value parse_term(struct parser *p)
{
    struct value v = parse_factor(p);
    while (v.type)
        if (take(p, "*"))
            v = binary_step(p, v, MULTIPLY, "*", parse_factor);
        else if (take(p, "/"))
            v = binary_step(p, v, DIVIDE, "/", parse_factor);
        else if (take(p, "%"))
            v = binary_step(p, v, REMAINDER, "%", parse_factor);
        else
            break;
    return v;
}

static struct value parse_sum(struct parser *p)
{
    struct value v = parse_term(p);
    while (v.type)
        if (take(p, "+"))
            v = binary_step(p, v, ADD, "+", parse_term);
        else if (take(p, "-"))
            v = binary_step(p, v, SUBTRACT, "-", parse_term);
        else
            break;
    return v;
}

static const struct {
    const char *sign;
    enum code code;
} comparison[] = {{"==", EQUAL}, {"!=", UNEQUAL}, {"<=", NOT_MORE},
    {">=", NOT_LESS}, {"<", LESS}, {">", MORE}};
enum { COMPARISONS = sizeof comparison / sizeof *comparison };

/* The comparison that stands here, or -1. */
static int take_comparison(struct parser *p)
{
    for (int i = 0; i < COMPARISONS; i++)
        if (take(p, comparison[i].sign))
            return i;
    return -1;
}

static struct value parse_cmp(struct parser *p)
{
    struct value v = parse_sum(p);
    if (!v.type)
        return failed;
    int i = take_comparison(p);
    if (i < 0)
        return v;
    enum code code = comparison[i].code;
    const char *sign = comparison[i].sign, *at = p->at - strlen(sign);
    struct value right = parse_sum(p);
    if (!right.type)
        return failed;
    if (v.type != right.type)
        return FAIL(p, at, "%s between a text and a number", sign);
    if (v.type == 'S' && code != EQUAL && code != UNEQUAL)
        return FAIL(p, at,
            "%s between texts; text compares with == and !="
            " only",
            sign);
    if (v.type == 'S')
        code = code == EQUAL ? EQUAL_TEXT : UNEQUAL_TEXT;
    if (emit_code(p, code, -1))
        return failed;
    skip(p);
    at = p->at;
    if (take_comparison(p) >= 0)
        return FAIL(p, at, "comparisons do not chain; write a < b && b < c");
    v.type = 'R';
    return v;
}

/* left && right: right is passed over when left has the answer. */
static struct value parse_logic(struct parser *p, enum code code,
    const char *sign, struct value (*next)(struct parser *p))
{
    struct value v = next(p);
    while (v.type && take(p, sign)) {
        if (!want_number(p, v, sign).type)
            return failed;
        size_t jump = p->expr->n;
        if (emit_code(p, code, -1))
            return failed;
        if (!want_number(p, next(p), sign).type || emit_code(p, TRUTH, 0))
            return failed;
        p->expr->step[jump].stride = p->expr->n - 1 - jump;
    }
    return v;
}

static struct value parse_and(struct parser *p)
{
    return parse_logic(p, AND, "&&", parse_cmp);
}

static struct value parse_or(struct parser *p)
{
    return parse_logic(p, OR, "||", parse_and);
}

/* What stands after a whole expression, with what may have been meant. */
static struct value complain_rest(struct parser *p)
{
    static const char *const hint[][2] = {{"=", "use == to compare"},
        {"&", "use && for and"}, {"|", "use || for or"},
        {")", "there is no '(' to it"}};
    char quoted[340], c = *p->at;
    for (size_t i = 0; i < sizeof hint / sizeof *hint; i++)
        if (c == *hint[i][0])
            return FAIL(p, p->at, "unexpected '%c'; %s", c, hint[i][1]);
    return FAIL(p, p->at, "unexpected '%s'; want an operator or the end",
        ae_quote(quoted, p->at));
}

int ae_expr_new(struct ae_expr **expr, const char *text,
    const struct ae_atoms *atoms, struct ae_error *err)
{
    struct ae_error own;
    struct parser p = {
        .text = text, .at = text, .atoms = atoms, .err = err ? err : &own};
    *expr = NULL;
    if (!text[strspn(text, " \t\n\r")])
        return ae_fail(err, AE_EUSAGE, "column 1: the expression is empty");
    p.expr = ae_alloc(1, sizeof *p.expr);
    if (!p.expr)
        return ae_fail(err, AE_EMEM, "out of memory");
    p.expr->pos = (const double(*)[3])atoms->pos;
    struct value v = parse_or(&p);
    skip(&p);
    if (v.type && *p.at)
        v = complain_rest(&p);
    if (v.type == 'S')
        v = FAIL(&p, v.at,
            "the expression is a text; compare it with == or"
            " !=");
    if (!v.type) {
        ae_expr_free(p.expr);
        return p.err->code;
    }
    *expr = p.expr;
    return AE_OK;
}

void ae_expr_free(struct ae_expr *expr)
{
    if (!expr)
        return;
    for (size_t i = 0; i < expr->ntext; i++)
        free(expr->text[i]);
    for (size_t i = 0; i < expr->ncount; i++)
        free(expr->count[i]);
    free(expr->text);
    free(expr->count);
    free(expr->step);
    free(expr);
}

int ae_expr_mask(const char *text, const struct ae_atoms *atoms,
    unsigned char *keep, struct ae_error *err)
{
    struct ae_expr *expr;
    int code = ae_expr_new(&expr, text, atoms, err);
    if (code)
        return code;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < atoms->n; i++)
        keep[i] = is_true(ae_expr_value(expr, i)) != 0;
    ae_expr_free(expr);
    return AE_OK;
}

int ae_expr_rows(const char *text, const struct ae_atoms *atoms, size_t **row,
    size_t *n, struct ae_error *err)
{
    unsigned char *keep = ae_alloc(atoms->n, 1);
    *n = 0;
    *row = ae_alloc(atoms->n, sizeof **row);
    int code = AE_OK;
    if (!keep || !*row)
        code = ae_fail(err, AE_EMEM, "out of memory for the selection");
    else if (!*text)
        memset(keep, 1, atoms->n);
    else
        code = ae_expr_mask(text, atoms, keep, err);
    for (size_t i = 0; i < atoms->n && !code; i++)
        if (keep[i])
            (*row)[(*n)++] = i;
    free(keep);
    if (code) {
        free(*row);
        *row = NULL;
    }
    return code;
}
