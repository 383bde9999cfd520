// schema.js: the zod schema of a tool, from the fields that the addon's table gives it.
//
// Core makes the command line's flags from this schema and checks input with it. Every field is optional
// here, required ones too: they may come inside `--json`, and only the addon sees both. It merges them and
// complains of what is missing. Core, and the versions after it, read plain object schemas only.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { z } = require('zod');

// An object, or a list of "NAME=VALUE". Core shall take it for the list, so that its flag can be repeated: it looks at
// _def alone, and zod at all the rest.
function environment() {
  const either = z.union([z.record(z.string(), z.string()), z.array(z.string())]);
  const shown = { ...either._def, typeName: 'ZodArray', type: 'array', element: z.string() };
  return Object.create(either, { _def: { value: shown } });
}

const ENV_FLAG = 'Env'; // its flag is --env too

const types = {
  string: () => z.string(),
  number: () => z.number(),
  wait: () => z.number().max(25_000), // core gives a tool up after 30 s; who calls execute itself may wait longer
  boolean: () => z.boolean(),
  'string[]': () => z.array(z.string()),
  record: environment,
  enum: ({ values }) => z.enum(values),
};

function inputSchema(fields) {
  const shape = {};
  for (const field of fields) {
    shape[field.name] = types[field.type](field).optional().describe(field.description);
  }
  return z.strictObject(shape);
}

// The same for core's successor, whose parser has one type for each flag and no union: of the two fields that have the
// flag `--env` it takes the last one, a list, and the object is what a whole input has.
function hostFunctionSchema({ fields, description }) {
  const shape = { ...inputSchema(fields).shape };
  const { env } = shape;
  if (env !== undefined) {
    shape.env = z.record(z.string(), z.string()).optional().describe('Environment variables, as an object.');
    shape[ENV_FLAG] = z.array(z.string()).optional().describe(env.description);
  }
  return z.strictObject(shape).describe(description);
}

module.exports = { inputSchema, hostFunctionSchema, ENV_FLAG };
