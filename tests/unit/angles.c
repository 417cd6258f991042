/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/angles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"

static double (*euler)[3];
static size_t n;
static struct ae_error err;

static int read_text(const char *text)
{
    char path[] = "/tmp/ae-angles-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return -1;
    fputs(text, file);
    fclose(file);
    free(euler);
    int code = ae_angles_read(path, &euler, &n, &err);
    unlink(path);
    return code;
}

static int read_spec(const char *spec)
{
    free(euler);
    return ae_angles_read(spec, &euler, &n, &err);
}

int main(void)
{
    CHECK(read_spec("-70:3.5:70") == AE_OK && n == 41);
    NEAR(euler[0][1], -70, 0);
    NEAR(euler[40][1], 70, 1e-12);
    NEAR(euler[7][1], -45.5, 1e-12);
    CHECK(euler[7][0] == 0 && euler[7][2] == 0);
    CHECK(read_spec("0.3:0.1:0.7") == AE_OK && n == 5);
    CHECK(read_spec("5:-2:0") == AE_OK && n == 3 && euler[2][1] == 1);
    CHECK(read_spec("1.5,-2:1:-1,4") == AE_OK && n == 4 && euler[2][1] == -1);
    CHECK(read_spec("+7") == AE_OK && n == 1 && euler[0][1] == 7);
    CHECK(read_spec("1:2") == AE_EUSAGE);
    CHECK(read_spec("1:2:3:4") == AE_EUSAGE);
    CHECK(read_spec("1:0:3") == AE_EUSAGE);
    CHECK(read_spec("1:-1:3") == AE_EUSAGE);
    CHECK(read_spec("0:1e-9:300") == AE_EUSAGE);
    CHECK(read_spec("0,400") == AE_EUSAGE);
    CHECK(read_spec("") == AE_EUSAGE);
    CHECK(read_spec("1,2,") == AE_ESYS && !euler && !n);
    CHECK(read_spec("/nowhere/x.tlt") == AE_ESYS);
    CHECK(read_text("# a\n-10.5\n\n 2.25 # b\r\n") == AE_OK && n == 2);
    CHECK(euler[0][1] == -10.5 && euler[1][1] == 2.25 && euler[1][0] == 0);
    CHECK(read_text("1 2 3\n4,5,6\n") == AE_OK && n == 2);
    CHECK(euler[1][0] == 4 && euler[1][1] == 5 && euler[1][2] == 6);
    CHECK(read_text("1 2 3\n4\n") == AE_EDATA);
    CHECK(strstr(err.msg, "line 2: want three angles") != NULL);
    CHECK(read_text("1 2\n") == AE_EDATA && !euler);
    CHECK(read_text("1 2 3 4\n") == AE_EDATA);
    CHECK(read_text("abc\n") == AE_EDATA);
    CHECK(read_text("1x\n") == AE_EDATA);
    CHECK(read_text("nan\n") == AE_EDATA);
    CHECK(read_text("1\n361\n") == AE_EDATA);
    CHECK(read_text("# nothing\n") == AE_EDATA);
    free(euler);
    return checked();
}
