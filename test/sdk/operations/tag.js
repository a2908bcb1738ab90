import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertModel } from '../models.js';
import { assertDeleted } from '../deletion.js';

/** getLocationTags, createTag, getTagById, updateTag, deleteTag */
export function tags(env) {
  describe('tags', () => {
    test('create, read, list, rename and delete', async () => {
      const { local, locationId, label } = env;
      const created = await local.ok(200, 'createTag', { locationId }, { name: `  SDK:Tag/${label} ` });
      assertModel(created, 'LocationTagSuccessfulResponseDto');
      const { tag } = created;
      assert.equal(tag.name, `sdk:tag/${label}`);
      assert.equal(tag.locationId, locationId);
      const tagId = tag.id;
      assert.deepEqual((await local.ok(200, 'getTagById', { locationId, tagId })).tag, tag);

      const listed = await local.ok(200, 'getLocationTags', { locationId });
      assertModel(listed, 'LocationTagsSuccessfulResponseDto');
      assert.deepEqual(listed.tags.filter(({ id }) => id === tagId), [tag]);

      const renamed = await local.ok(200, 'updateTag', { locationId, tagId }, { name: `sdk renamed ${label}` });
      assertModel(renamed, 'LocationTagSuccessfulResponseDto');
      assert.deepEqual(renamed.tag, { ...tag, name: `sdk renamed ${label}` });

      const deleted = await local.ok(200, 'deleteTag', { locationId, tagId });
      assertModel(deleted, 'LocationTagDeleteSuccessfulResponseDto');
      assertDeleted(deleted);
      const gone = { status: 400, code: 'not_found', message: `Tag with id ${tagId} not found` };
      await local.refused(gone, 'getTagById', { locationId, tagId });
      await local.refused(gone, 'updateTag', { locationId, tagId }, { name: 'x' });
      await local.refused(gone, 'deleteTag', { locationId, tagId });
    });

    test('a name is taken in any case', async () => {
      const { local, locationId, label } = env;
      const { tag } = await local.ok(200, 'createTag', { locationId }, { name: `sdk taken ${label}` });
      await local.refused({ status: 400, code: 'duplicate', message: 'The tag name is already exist.' },
        'createTag', { locationId }, { name: `SDK Taken ${label}` });
      await local.ok(200, 'deleteTag', { locationId, tagId: tag.id });
    });

    test('a name that is blank is refused, with the member that nobody knows', () => env.local.refused(
      { status: 422, code: 'validation_failed', message: ['property colour should not exist', 'name should not be empty'] },
      'createTag', { locationId: env.locationId }, { name: '  ', colour: 'red' },
    ));
  });
}
