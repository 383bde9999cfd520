/* output.c: see output.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool output_write(int fd, struct sbx_span bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(fd, bytes.data, bytes.length);
        if (written > 0) {
            bytes = (struct sbx_span){bytes.data + written, bytes.length - (size_t)written};
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd output = {.fd = fd, .events = POLLOUT};
            (void)poll(&output, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}
