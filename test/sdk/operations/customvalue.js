import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertDeleted } from '../deletion.js';
import { assertModel } from '../models.js';
import { slug } from '../slug.js';

/** getCustomValues, createCustomValue, getCustomValue, updateCustomValue, deleteCustomValue */
export function customValues(env) {
  describe('custom values', () => {
    test('create, read, list, update and delete', async () => {
      const { local, locationId, label } = env;
      const name = `SDK Link ${label}`;
      const created = await local.ok(201, 'createCustomValue', { locationId }, { name, value: 'https://a.example/?b=<c>&d' });
      assertModel(created, 'CustomValueIdSuccessfulResponseDto');
      const { customValue } = created;
      const { id } = customValue;
      assert.equal(customValue.name, name);
      assert.equal(customValue.value, 'https://a.example/?b=<c>&d');
      assert.equal(customValue.fieldKey, `{{ custom_values.${slug(name)} }}`);
      assert.equal(customValue.locationId, locationId);
      assert.deepEqual((await local.ok(200, 'getCustomValue', { locationId, id })).customValue, customValue);

      const listed = await local.ok(200, 'getCustomValues', { locationId });
      assertModel(listed, 'CustomValuesListSuccessfulResponseDto');
      assert.deepEqual(listed.customValues.filter((row) => row.id === id), [customValue]);

      const change = { name: `SDK Other ${label}`, value: 'changed' };
      const updated = await local.ok(200, 'updateCustomValue', { locationId, id }, change);
      assertModel(updated, 'CustomValueIdSuccessfulResponseDto');
      assert.deepEqual(updated.customValue, { ...customValue, ...change });

      const deleted = await local.ok(200, 'deleteCustomValue', { locationId, id });
      assertModel(deleted, 'CustomValueDeleteSuccessfulResponseDto');
      assertDeleted(deleted);
      const gone = { status: 400, code: 'not_found', message: new RegExp(` with id ${id} not found$`) };
      await local.refused(gone, 'getCustomValue', { locationId, id });
      await local.refused(gone, 'updateCustomValue', { locationId, id }, change);
      await local.refused(gone, 'deleteCustomValue', { locationId, id });
    });

    test('a name is taken once', async () => {
      const { local, locationId, label } = env;
      const name = `SDK Logo ${label}`;
      const { customValue: { id } } = await local.ok(201, 'createCustomValue', { locationId }, { name, value: '1' });
      await local.refused({ status: 400, code: 'duplicate', message: `Custom value with name ${name} already exists` },
        'createCustomValue', { locationId }, { name, value: '2' });
      await local.ok(200, 'deleteCustomValue', { locationId, id });
    });

    test('an update takes the whole value and nothing else', async () => {
      const { local, locationId, label } = env;
      const whole = { name: `SDK Whole ${label}`, value: '1' };
      const { customValue } = await local.ok(201, 'createCustomValue', { locationId }, whole);
      const { id } = customValue;
      await local.refused({ status: 422, message: /name/ }, 'updateCustomValue', { locationId, id }, { value: '2' });
      await local.refused({ status: 422, message: /value/ }, 'updateCustomValue', { locationId, id }, { name: 'x' });
      await local.refused({ status: 422, message: ['property fieldKey should not exist'] },
        'updateCustomValue', { locationId, id }, { ...whole, fieldKey: 'x' });
      assert.deepEqual((await local.ok(200, 'getCustomValue', { locationId, id })).customValue, customValue);
      await local.ok(200, 'deleteCustomValue', { locationId, id });
    });
  });
}
