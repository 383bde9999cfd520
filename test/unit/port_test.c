/* port_test.c: the kernel's tables, as they are printed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/port.h"

#include "support.h"

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:84E7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711955 1 0 "
    "100 0 0\n"
    "   1: 0100007F:0050 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 4 "
    "30 10\n"
    "  10: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7 1 "
    "0\n"
    "  11: 00000000:FFFF 00000000:0000 0A";

static void test_ports(void **state)
{
    (void)state;
    struct sbx_span span = span_of(table);
    assert_true(sbx_port_listens(span, 0x84e7));
    assert_true(sbx_port_listens(span, 3000));
    assert_true(sbx_port_listens(span, 65535));
    assert_false(sbx_port_listens(span, 80)); /* a connection */
    assert_false(sbx_port_listens(span, 0));
    assert_false(sbx_port_listens(SBX_SPAN(""), 80));
    assert_false(sbx_port_listens(SBX_SPAN("x"), 80));
    assert_false(sbx_port_listens(SBX_SPAN("0: :0050 0A"), 80));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
