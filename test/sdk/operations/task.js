import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertModel } from '../models.js';

const TEXTS = [
  '_id', 'id', 'title', 'body', 'assignedTo', 'contactId', 'dateAdded', 'dateUpdated', 'dueDate', 'locationId', 'status',
];

/** taskSearch */
export function tasks(env) {
  describe('tasks', () => {
    const search = async (body) => {
      const answer = await env.local.ok(200, 'taskSearch', { locationId: env.locationId }, body);
      assertModel(answer, 'LocationTaskListSuccessfulResponseDto');
      return answer;
    };

    test('a search without filters finds the seeded ones, flat', async () => {
      const { tasks: all, total } = await search({ limit: 500 });
      assert.equal(total, all.length, 'the seed fits one page');
      for (const task of all) {
        for (const name of TEXTS) assert.equal(typeof task[name], 'string', name);
        assert.equal(task.id, task._id);
        assert.equal(task.locationId, env.locationId);
        assert.equal(typeof task.completed, 'boolean');
        assert.ok(Array.isArray(task.searchAfter), 'searchAfter is a list');
        assert.equal(task.deleted, false);
      }
      const withContact = all.filter(({ contactId }) => contactId !== '');
      for (const { contactId, contactDetails } of withContact) assert.equal(contactDetails._id, contactId);
      assert.notEqual(withContact.length, 0);
      const open = all.filter(({ completed }) => !completed);
      assert.ok(open.some(({ dueDate }) => Date.parse(dueDate) < Date.now()), 'one is overdue');
      assert.ok(open.some(({ dueDate }) => Date.parse(dueDate) > Date.now()), 'one is due later');
      assert.ok(all.some(({ completed }) => completed), 'one is completed');
      assert.deepEqual((await search({})).tasks, all.slice(0, 25), 'the default page');
      assert.deepEqual((await search(undefined)).tasks, all.slice(0, 25), 'no body is an empty one');
    });

    test('filters and pages', async () => {
      const { tasks: all } = await search({ limit: 500 });
      const ids = async (body) => (await search({ limit: 500, ...body })).tasks.map(({ id }) => id);
      const where = (wanted) => all.filter(wanted).map(({ id }) => id);
      const one = all.find(({ contactId, assignedTo }) => contactId !== '' && assignedTo !== '');
      assert.ok(one, 'a seeded task has a contact and an owner');

      assert.deepEqual(await ids({ completed: true }), where((task) => task.completed));
      assert.deepEqual(await ids({ completed: false }), where((task) => !task.completed));
      assert.deepEqual(await ids({ contactId: [one.contactId, 'nobody'] }), where((task) => task.contactId === one.contactId));
      assert.deepEqual(await ids({ assignedTo: [one.assignedTo] }), where((task) => task.assignedTo === one.assignedTo));
      assert.deepEqual(await ids({ contactId: [], assignedTo: [] }), where(() => true), 'an empty list filters nothing');
      assert.ok((await ids({ query: one.title })).includes(one.id));
      assert.deepEqual(await ids({ query: 'no task has this title' }), []);
      assert.deepEqual(await ids({ businessId: 'no-business' }), []);
      assert.deepEqual(await ids({ limit: 1, skip: 1 }), where(() => true).slice(1, 2));

      const { tasks: [first] } = await search({ limit: 1 });
      assert.deepEqual(await ids({ limit: 1, searchAfter: first.searchAfter }), where(() => true).slice(1, 2));
    });

    test('a search refuses what it does not know', () => env.local.refused({
      status: 422, message: ['property dueBefore should not exist', 'contactId must be an array'],
    }, 'taskSearch', { locationId: env.locationId }, { contactId: 'c1', dueBefore: '2026-01-01' }));

    test('a page has 500 rows at most', () => env.local.refused(
      { status: 422, message: ['limit must not be greater than 500'] },
      'taskSearch', { locationId: env.locationId }, { limit: 501 },
    ));
  });
}
