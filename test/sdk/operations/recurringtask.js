import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertModel } from '../models.js';

const WEEKLY = {
  intervalType: 'weekly', interval: 1, startDate: '2030-01-07T09:00:00.000Z', dayOfWeek: 'MO', count: 4,
  createTaskIfOverDue: true, dueAfterSeconds: 3600,
};

/** createRecurringTask, getRecurringTaskById, updateRecurringTask, deleteRecurringTask */
export function recurringTasks(env) {
  describe('recurring tasks', () => {
    const create = async (body) => {
      const answer = await env.local.ok(201, 'createRecurringTask', { locationId: env.locationId }, body);
      assertModel(answer, 'RecurringTaskSingleResponseDTO');
      return answer.recurringTask;
    };
    const remove = (id) => env.local.ok(200, 'deleteRecurringTask', { id, locationId: env.locationId });

    test('create, read, update and delete', async () => {
      const { local, locationId, label } = env;
      const { contactId, assignedTo } = await seededTask(env);
      const made = await create({
        title: `SDK weekly ${label}`, contactIds: [contactId], owners: [assignedTo], rruleOptions: WEEKLY,
        ignoreTaskCreation: true,
      });
      assert.equal(made.title, `SDK weekly ${label}`);
      assert.equal(made.description, '', 'optional in, present out');
      assert.equal(made.locationId, locationId);
      assert.equal(made.contactId, contactId);
      assert.equal(made.assignedTo, assignedTo);
      assert.equal(made.deleted, false);
      assert.equal(made.totalOccurrence, 0);
      assertRule(made.rruleOptions, WEEKLY);
      const { id } = made;
      assert.deepEqual((await local.ok(200, 'getRecurringTaskById', { id, locationId })).recurringTask, made);

      const answer = await local.ok(200, 'updateRecurringTask', { id, locationId }, { title: 'Call back' });
      assertModel(answer, 'RecurringTaskSingleResponseDTO');
      const { updatedAt, ...rest } = answer.recurringTask;
      assert.deepEqual({ ...rest, updatedAt: made.updatedAt }, { ...made, title: 'Call back' });
      assert.ok(Date.parse(updatedAt) >= Date.parse(made.updatedAt));
      const slower = { ...WEEKLY, interval: 2 };
      const { recurringTask } = await local.ok(200, 'updateRecurringTask', { id, locationId }, { rruleOptions: slower });
      assertRule(recurringTask.rruleOptions, slower);

      const deleted = await remove(id);
      assertModel(deleted, 'DeleteRecurringTaskResponseDTO');
      assert.equal(deleted.id, id);
      assert.equal(deleted.success, true);
      const gone = { status: 400, code: 'not_found', message: new RegExp(` with id ${id} not found$`) };
      await local.refused(gone, 'getRecurringTaskById', { id, locationId });
      await local.refused(gone, 'updateRecurringTask', { id, locationId }, { title: 'x' });
      await local.refused(gone, 'deleteRecurringTask', { id, locationId });
    });

    test('the five interval types', async () => {
      const startDate = '2030-01-31T09:00:00.000Z';
      for (const rule of [
        { intervalType: 'yearly', interval: 1, monthOfYear: 2, dayOfMonth: 28 },
        { intervalType: 'monthly', interval: 1, dayOfMonth: 31 },
        { intervalType: 'weekly', interval: 2, dayOfWeek: 'SU' },
        { intervalType: 'daily', interval: 10, endDate: '2031-01-31T09:00:00.000Z' },
        { intervalType: 'hourly', interval: 6, count: 3 },
      ]) {
        const rruleOptions = { ...rule, startDate, dueAfterSeconds: 60 };
        const made = await create({
          title: `SDK ${rule.intervalType}`, description: 'Every so often', rruleOptions, ignoreTaskCreation: true,
        });
        assert.equal(made.description, 'Every so often');
        assertRule(made.rruleOptions, rruleOptions);
        await remove(made.id);
      }
    });

    test('a task is made at creation time unless that is to be ignored', async () => {
      const { local, locationId, label } = env;
      const { contactId } = await seededTask(env);
      const rruleOptions = { intervalType: 'daily', interval: 1, startDate: new Date().toISOString(), dueAfterSeconds: 60 };
      const search = async (query) => (await local.ok(200, 'taskSearch', { locationId }, { query })).tasks;

      const ignored = await create({ title: `SDK later ${label}`, rruleOptions, ignoreTaskCreation: true });
      const made = await create({ title: `SDK now ${label}`, contactIds: [contactId], rruleOptions });
      let found = [];
      for (let tries = 0; tries < 50 && found.length === 0; tries++) {
        if (tries > 0) await sleep(100);
        found = await search(made.title);
      }
      assert.equal(found.length, 1);
      assert.equal(found[0].title, made.title);
      assert.equal(found[0].contactId, contactId);
      assert.equal(found[0].completed, false);
      assert.deepEqual(await search(ignored.title), []);
      await remove(ignored.id);
      await remove(made.id);
    });

    test('a create refuses everything that is wrong at once', async () => {
      const { local, locationId } = env;
      const { message } = await local.refused({ status: 422, code: 'validation_failed' }, 'createRecurringTask',
        { locationId }, { title: 7, rruleOptions: { ...WEEKLY, intervalType: 'minutely', extra: 1 } });
      for (const text of [
        'title must be a string',
        'rruleOptions.property extra should not exist',
        'rruleOptions.intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly',
      ]) assert.ok(message.includes(text), `${text} not in ${JSON.stringify(message)}`);
    });
  });
}

// A seeded task that has a contact and an owner, for their ids.
async function seededTask({ local, locationId }) {
  const { tasks } = await local.ok(200, 'taskSearch', { locationId }, { limit: 500 });
  const task = tasks.find(({ contactId, assignedTo }) => contactId !== '' && assignedTo !== '');
  assert.ok(task, 'no seeded task has a contact and an owner');
  return task;
}

// The answer has every member of the rule that was sent; a time may be written otherwise.
function assertRule(got, sent) {
  for (const [name, value] of Object.entries(sent)) {
    if (name.endsWith('Date')) assert.equal(Date.parse(got[name]), Date.parse(value), name);
    else assert.deepEqual(got[name], value, name);
  }
}
