/* status.c: names and texts of the statuses, made from the one list in status.h.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/status.h"

const char *sbx_status_name(enum sbx_status status)
{
    switch (status) {
    case SBX_OK:
        return "OK";
#define SBX_STATUS_NAME(name, number, text)                                                                  \
    case SBX_##name:                                                                                         \
        return #name;
        SBX_STATUSES(SBX_STATUS_NAME)
#undef SBX_STATUS_NAME
    }
    return "EIO";
}

const char *sbx_status_text(enum sbx_status status)
{
    switch (status) {
    case SBX_OK:
        return "ok";
#define SBX_STATUS_TEXT(name, number, text)                                                                  \
    case SBX_##name:                                                                                         \
        return text;
        SBX_STATUSES(SBX_STATUS_TEXT)
#undef SBX_STATUS_TEXT
    }
    return "i/o error";
}

enum sbx_status sbx_status_from_errno(long number)
{
    switch (number) {
#define SBX_STATUS_FROM(name, value, text)                                                                   \
    case value:                                                                                              \
        return SBX_##name;
        SBX_STATUSES(SBX_STATUS_FROM)
#undef SBX_STATUS_FROM
    default:
        return SBX_EIO;
    }
}
