// usage.js: the errors of wrong arguments, as Node's and the addon's own are.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { inspect } = require('node:util');

const withCode = (error, code) => Object.assign(error, { code });
const shown = (value) => inspect(value, { depth: 0 });

function typeError(what, expected, value) {
  const message = `The ${what} must be ${expected}. Received ${shown(value)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

function valueError(message) {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
}

function rangeError(what, expected) {
  return withCode(new RangeError(`The ${what} is out of range. It must be ${expected}`), 'ERR_OUT_OF_RANGE');
}

module.exports = { typeError, valueError, rangeError };
