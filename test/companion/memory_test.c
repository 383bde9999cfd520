/* memory_test.c: the memory that a container has left is what its control group says, however much the machine has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/stat.h>

#include "companion/memory.h"
#include "scratch.h"

#define MIB ((uint64_t)SBX_MIB)

static void make_group(const char *const *directories)
{
    for (; *directories != NULL; directories++) {
        assert_int_equal(mkdir(*directories, 0755), 0);
    }
}
#define GROUP(...) make_group((const char *const[]){__VA_ARGS__, NULL})

static void test_of_the_machine(void **state)
{
    (void)state;
    assert_true(memory_free(".") > 0);
    assert_true(memory_free("") > 0);
}

static void test_of_a_group(void **state)
{
    (void)state;
    uint64_t machine = memory_free(".");
    GROUP("sys", "sys/fs", "sys/fs/cgroup");
    scratch_put("sys/fs/cgroup/memory.max", "536870912\n");
    assert_in_range(memory_free("."), machine / 2, machine * 2); /* what is used is not known */
    scratch_put("sys/fs/cgroup/memory.current", "268435456\n");
    assert_true(memory_free(".") == 256 * MIB);
    scratch_put("sys/fs/cgroup/memory.stat", "anon 1\nfile 3\ninactive_file 67108864\nactive_file 4\n");
    assert_true(memory_free(".") == 320 * MIB);
    scratch_put("sys/fs/cgroup/memory.stat", "inactive_file 1048576");
    assert_true(memory_free(".") == 257 * MIB);
    scratch_put("sys/fs/cgroup/memory.current", "536870913\n");
    scratch_put("sys/fs/cgroup/memory.stat", "");
    assert_true(memory_free(".") == 1); /* 0: it is not known */
    scratch_put("sys/fs/cgroup/memory.max", "max\n");
    assert_in_range(memory_free("."), machine / 2, machine * 2);
}

static void test_of_a_group_of_version_1(void **state)
{
    (void)state;
    GROUP("sys", "sys/fs", "sys/fs/cgroup", "sys/fs/cgroup/memory");
    scratch_put("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    scratch_put("sys/fs/cgroup/memory/memory.usage_in_bytes", "268435456\n");
    scratch_put("sys/fs/cgroup/memory/memory.stat",
                "cache 7\ninactive_file 9\ntotal_inactive_file 67108864\n");
    assert_true(memory_free(".") == 320 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_of_the_machine),
        scratch_test(test_of_a_group),
        scratch_test(test_of_a_group_of_version_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
