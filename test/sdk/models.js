// What the SDK promises its users about answers: the interfaces of its declaration
// file, read from the installed package so that they are not written down twice.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Where the declarations are wrong or say less than the document they come from.
const CORRECTIONS = {
  'LocationTaskListSuccessfulResponseDto.tasks': 'any[]', // declared as lists of lists
  'SmsTemplateSchema.attachments': 'any[]', // likewise
  'EmailTemplateSchema.attachments': 'any[]', // likewise
  'FileUploadResponseDto.meta': 'any[]', // declared as texts; objects in its own example
  'GetLocationSchema.settings': 'SettingsSchema',
  'GetLocationSchema.social': 'SocialSchema',
  'CreateLocationSuccessfulResponseDto.settings': 'SettingsSchema',
  'CreateLocationSuccessfulResponseDto.social': 'SocialSchema',
  'RecurringTaskSingleResponseDTO.recurringTask': 'RecurringTaskResponseDTO',
  'RecurringTaskResponseDTO.rruleOptions': 'CustomRRulesOptions',
};

const models = read();

function read() {
  const root = dirname(createRequire(import.meta.url).resolve('@gohighlevel/api-client/package.json'));
  const text = readFileSync(join(root, 'dist/lib/code/locations/models/locations.d.ts'), 'utf8');
  const found = new Map();
  for (const [, model, body] of text.matchAll(/^export interface (\w+) \{([^}]*)\}/gm)) {
    const members = [...body.matchAll(/^\s+(\w+)(\??): (.+);$/gm)];
    found.set(model, members.map(([, name, mark, type]) => ({
      name, optional: mark === '?', type: CORRECTIONS[`${model}.${name}`] ?? type,
    })));
  }
  assert.ok(found.size > 40, `found only ${found.size} models in the SDK`);
  return found;
}

/** Fails unless value is what the SDK declares under the model's name; more members are fine. */
export function assertModel(value, model, path = model) {
  const members = models.get(model);
  assert.ok(members, `the SDK has no model ${model}`);
  assert.ok(isObject(value), `${path} is no object: ${JSON.stringify(value)}`);
  for (const { name, optional, type } of members) {
    if (value[name] === undefined) assert.ok(optional, `${path}.${name} is missing`);
    else assertType(value[name], type, `${path}.${name}`);
  }
}

/** The names of a model's members. */
export function membersOf(model) {
  return models.get(model).map(({ name }) => name);
}

function assertType(value, type, path) {
  if (type.endsWith('[]')) {
    assert.ok(Array.isArray(value), `${path} is no list: ${JSON.stringify(value)}`);
    value.forEach((item, i) => assertType(item, type.slice(0, -2), `${path}[${i}]`));
  } else if (['string', 'number', 'boolean'].includes(type)) {
    assert.equal(typeof value, type, `type of ${path}`);
  } else if (type === 'any') {
    assert.notEqual(value, null, path);
  } else {
    assertModel(value, type, path);
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
