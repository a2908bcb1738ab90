import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertDeleted } from '../deletion.js';
import { assertModel } from '../models.js';
import { slug } from '../slug.js';

/** getCustomFields, createCustomField, getCustomField, updateCustomField, deleteCustomField */
export function customFields(env) {
  describe('custom fields', () => {
    const create = async (body) => {
      const answer = await env.local.ok(201, 'createCustomField', { locationId: env.locationId }, body);
      assertModel(answer, 'CustomFieldSuccessfulResponseDto');
      return answer.customField;
    };
    const update = async (id, body) => {
      const answer = await env.local.ok(200, 'updateCustomField', { locationId: env.locationId, id }, body);
      assertModel(answer, 'CustomFieldSuccessfulResponseDto');
      return answer.customField;
    };
    const remove = (id) => env.local.ok(200, 'deleteCustomField', { locationId: env.locationId, id });

    test('create, read by id and by key, list, update and delete', async () => {
      const { local, locationId, label } = env;
      const name = `SDK Text ${label}`;
      const field = await create({ name, dataType: 'TEXT', placeholder: 'Say it', position: 7, model: 'contact' });
      assert.equal(field.name, name);
      assert.equal(field.fieldKey, `contact.${slug(name)}`);
      assert.equal(field.dataType, 'TEXT');
      assert.equal(field.placeholder, 'Say it');
      assert.equal(field.position, 7);
      assert.equal(field.model, 'contact');
      assert.equal(field.locationId, locationId);
      const { id } = field;
      assert.deepEqual((await local.ok(200, 'getCustomField', { locationId, id })).customField, field);
      assert.deepEqual((await local.ok(200, 'getCustomField', { locationId, id: field.fieldKey })).customField, field);

      const listed = await local.ok(200, 'getCustomFields', { locationId });
      assertModel(listed, 'CustomFieldsListSuccessfulResponseDto');
      assert.deepEqual(listed.customFields.filter((row) => row.id === id), [field]);

      const renamed = await update(id, { name: `SDK Renamed ${label}` });
      assert.equal(renamed.name, `SDK Renamed ${label}`);
      assert.equal(renamed.fieldKey, field.fieldKey, 'the key survives');
      assert.equal(renamed.placeholder, 'Say it', 'what the update leaves out stays');
      assert.equal(renamed.position, 7);

      const deleted = await remove(id);
      assertModel(deleted, 'CustomFieldDeleteSuccessfulResponseDto');
      assertDeleted(deleted);
      const gone = { status: 400, code: 'not_found', message: new RegExp(` with id ${id} not found$`) };
      await local.refused(gone, 'getCustomField', { locationId, id });
      await local.refused(gone, 'updateCustomField', { locationId, id }, { name: 'x' });
      await local.refused(gone, 'deleteCustomField', { locationId, id });
    });

    test('a list is of contact fields unless it is told otherwise', async () => {
      const { local, locationId, label } = env;
      const contact = await create({ name: `SDK Side ${label}`, dataType: 'NUMERICAL' });
      const opportunity = await create({ name: `SDK Side ${label}`, dataType: 'MONETORY', model: 'opportunity' });
      assert.equal(contact.model, 'contact');
      assert.equal(opportunity.fieldKey, `opportunity.${slug(`SDK Side ${label}`)}`);
      const listed = async (model) => {
        const { customFields: rows } = await local.ok(200, 'getCustomFields', { locationId, model });
        return rows.map(({ id }) => id).filter((id) => id === contact.id || id === opportunity.id);
      };
      assert.deepEqual(await listed(undefined), [contact.id]);
      assert.deepEqual(await listed('contact'), [contact.id]);
      assert.deepEqual(await listed('opportunity'), [opportunity.id]);
      assert.deepEqual((await listed('all')).sort(), [contact.id, opportunity.id].sort());
      await local.refused({ status: 422, message: /^model must be one of the following values: / },
        'getCustomFields', { locationId, model: 'deal' });
      await remove(contact.id);
      await remove(opportunity.id);
    });

    test('choices are written as options and read as picklistOptions', async () => {
      const { local, locationId, label } = env;
      const field = await create({ name: `SDK Size ${label}`, dataType: 'MULTIPLE_OPTIONS', options: ['S', 'M', 'L'] });
      assert.deepEqual(field.picklistOptions, ['S', 'M', 'L']);
      assert.deepEqual((await update(field.id, { name: field.name })).picklistOptions, ['S', 'M', 'L']);
      assert.deepEqual((await update(field.id, { name: field.name, options: ['L', 'S'] })).picklistOptions, ['L', 'S']);
      await local.refused({ status: 422, message: ['property picklistOptions should not exist'] },
        'updateCustomField', { locationId, id: field.id }, { name: field.name, picklistOptions: ['XL'] });
      await remove(field.id);
    });

    test('file fields are written with other names than they are read with', async () => {
      const field = await create({
        name: `SDK File ${env.label}`, dataType: 'FILE_UPLOAD', acceptedFormat: ['.pdf', '.png'], isMultipleFile: true,
        maxNumberOfFiles: 2,
      });
      assert.equal(field.isMultiFileAllowed, true);
      assert.equal(field.maxFileLimit, 2);
      await remove(field.id);
    });

    test('each type asks for what it needs', async () => {
      const { local, locationId, label } = env;
      for (const [dataType, missing] of [
        ['SINGLE_OPTIONS', 'options'], ['RADIO', 'options'], ['CHECKBOX', 'options'],
        ['TEXTBOX_LIST', 'textBoxListOptions'], ['FILE_UPLOAD', 'acceptedFormat'],
      ]) {
        await local.refused({ status: 422, message: new RegExp(`\\b${missing}\\b`) },
          'createCustomField', { locationId }, { name: `SDK Lacking ${label}`, dataType });
      }
      const list = await create({
        name: `SDK List ${label}`, dataType: 'TEXTBOX_LIST', textBoxListOptions: [{ label: 'First', prefillValue: 'one' }],
      });
      await remove(list.id);
    });

    test('a key is taken once in a model', async () => {
      const { local, locationId, label } = env;
      const field = await create({ name: `SDK Key ${label}`, dataType: 'TEXT' });
      const { meta } = await local.refused({ status: 400, code: 'duplicate' },
        'createCustomField', { locationId }, { name: `sdk-key  ${label}`, dataType: 'DATE' });
      assert.equal(meta.existingId, field.id);
      await remove(field.id);
    });

    test('a create refuses everything that it does not know at once', () => env.local.refused({
      status: 422, code: 'validation_failed',
      message: ['property group should not exist', 'property locationId should not exist'],
    }, 'createCustomField', { locationId: env.locationId }, {
      name: 'F', dataType: 'TEXT', group: 'g', locationId: env.locationId,
    }));
  });
}
