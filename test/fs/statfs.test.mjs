// SPDX-License-Identifier: Apache-2.0
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { openHttp } = await suite();

describe(HTTP_ALONE, () => {
  test('it is no function of this server, and says so by name', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', '');
    await expectError(fs.statfs('/file'), { code: 'ENOSYS', syscall: 'statfs' });
  });
});
