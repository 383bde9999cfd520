/* status_test.c: the numbers of the statuses are Linux's, their texts those that Node prints for an errno of the
 * same name, and what is not in the list is EIO.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <limits.h>

#include "support.h"

/* The texts are libuv's (uv_strerror); where libuv has none, or one about sockets, glibc's in small letters. */
static const struct {
    int number; /* of this machine's errno.h, which is Linux's */
    const char *name;
    const char *text;
} expected[] = {
    {EPERM, "EPERM", "operation not permitted"},
    {ENOENT, "ENOENT", "no such file or directory"},
    {ESRCH, "ESRCH", "no such process"},
    {EINTR, "EINTR", "interrupted system call"},
    {EIO, "EIO", "i/o error"},
    {ENXIO, "ENXIO", "no such device or address"},
    {E2BIG, "E2BIG", "argument list too long"},
    {ENOEXEC, "ENOEXEC", "exec format error"},
    {EBADF, "EBADF", "bad file descriptor"},
    {EAGAIN, "EAGAIN", "resource temporarily unavailable"},
    {ENOMEM, "ENOMEM", "not enough memory"},
    {EACCES, "EACCES", "permission denied"},
    {EBUSY, "EBUSY", "resource busy or locked"},
    {EEXIST, "EEXIST", "file already exists"},
    {EXDEV, "EXDEV", "cross-device link not permitted"},
    {ENODEV, "ENODEV", "no such device"},
    {ENOTDIR, "ENOTDIR", "not a directory"},
    {EISDIR, "EISDIR", "illegal operation on a directory"},
    {EINVAL, "EINVAL", "invalid argument"},
    {ENFILE, "ENFILE", "file table overflow"},
    {EMFILE, "EMFILE", "too many open files"},
    {ETXTBSY, "ETXTBSY", "text file is busy"},
    {EFBIG, "EFBIG", "file too large"},
    {ENOSPC, "ENOSPC", "no space left on device"},
    {ESPIPE, "ESPIPE", "invalid seek"},
    {EROFS, "EROFS", "read-only file system"},
    {EMLINK, "EMLINK", "too many links"},
    {EPIPE, "EPIPE", "broken pipe"},
    {ENAMETOOLONG, "ENAMETOOLONG", "name too long"},
    {ENOSYS, "ENOSYS", "function not implemented"},
    {ENOTEMPTY, "ENOTEMPTY", "directory not empty"},
    {ELOOP, "ELOOP", "too many symbolic links encountered"},
    {EPROTO, "EPROTO", "protocol error"},
    {EOVERFLOW, "EOVERFLOW", "value too large for defined data type"},
    {ENOTSUP, "ENOTSUP", "operation not supported"},
    {ENOBUFS, "ENOBUFS", "no buffer space available"},
    {ETIMEDOUT, "ETIMEDOUT", "connection timed out"},
    {ECONNREFUSED, "ECONNREFUSED", "connection refused"},
    {EHOSTUNREACH, "EHOSTUNREACH", "host is unreachable"},
    {ESTALE, "ESTALE", "stale file handle"},
    {EDQUOT, "EDQUOT", "disk quota exceeded"},
    {ECANCELED, "ECANCELED", "operation canceled"},
};

static void test_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        enum sbx_status status = sbx_status_from_errno(expected[i].number);
        assert_int_equal((int)status, expected[i].number);
        assert_string_equal(sbx_status_name(status), expected[i].name);
        assert_string_equal(sbx_status_text(status), expected[i].text);
    }
#define ONE(name, number, text) +1
    assert_int_equal(COUNT(expected), 0 SBX_STATUSES(ONE));
#undef ONE
}

static const char *find_name(long number)
{
    for (size_t i = 0; i < COUNT(expected); i++) {
        if (expected[i].number == number) {
            return expected[i].name;
        }
    }
    return "EIO";
}

static void test_every_number(void **state)
{
    (void)state;
    for (long number = -200; number < 5000; number++) {
        enum sbx_status status = sbx_status_from_errno(number);
        assert_string_equal(sbx_status_name(status), find_name(number));
    }
    static const long far[] = {LONG_MIN, LONG_MAX, (1L << 32) + 2, -2, 0};
    for (size_t i = 0; i < COUNT(far); i++) {
        assert_status(sbx_status_from_errno(far[i]), SBX_EIO);
    }
}

static void test_ok_and_unknown(void **state)
{
    (void)state;
    assert_int_equal(SBX_OK, 0);
    assert_string_equal(sbx_status_name(SBX_OK), "OK");
    assert_string_equal(sbx_status_name((enum sbx_status)4095), "EIO");
    assert_string_equal(sbx_status_text((enum sbx_status)4095), "i/o error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_every_number),
        cmocka_unit_test(test_ok_and_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
