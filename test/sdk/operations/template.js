import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertDeleted } from '../deletion.js';
import { assertModel } from '../models.js';

// The SDK has no model of a WhatsApp template; it looks like that of a short message.
const MODELS = {
  sms: 'GetSmsTemplateResponseSchema', email: 'GetEmailTemplateResponseSchema', whatsapp: 'GetSmsTemplateResponseSchema',
};

/** gETAllOrEmailSmsTemplates, dELETEAnEmailSmsTemplate */
export function templates(env) {
  describe('templates', () => {
    const list = async (params) => {
      const { local, locationId } = env;
      const answer = await local.ok(200, 'gETAllOrEmailSmsTemplates', { locationId, originId: locationId, ...params });
      assertModel(answer, 'GetTemplatesSuccessfulResponseDto');
      for (const row of answer.templates) {
        assertModel(row, MODELS[row.type]);
        assert.equal(row.locationId, locationId);
      }
      return answer;
    };
    const names = (answer) => answer.templates.map(({ name }) => name);

    test('list by type and by page', async () => {
      const { templates: all, totalCount } = await list({ skip: '0', limit: '200' });
      assert.equal(totalCount, all.length);
      for (const type of ['sms', 'email']) {
        const { templates: rows } = await list({ type, limit: '200' });
        assert.deepEqual(rows, all.filter((row) => row.type === type));
        assert.notEqual(rows.length, 0, `a template for ${type} is seeded`);
      }
      const page = await list({ skip: '1', limit: '1' });
      assert.deepEqual(page.templates, all.slice(1, 2));
      assert.equal(page.totalCount, totalCount, 'the total is that of all pages');
      assert.deepEqual((await list({ originId: undefined, limit: '200' })).templates, all, 'originId may be absent');
    });

    test('the content is that of the type', async () => {
      const { templates: [sms] } = await list({ type: 'sms' });
      assert.equal(typeof sms.template.body, 'string');
      assert.ok(Array.isArray(sms.template.attachments));
      assert.ok(Array.isArray(sms.urlAttachments));
      const { templates: [email] } = await list({ type: 'email' });
      assert.equal(typeof email.template.subject, 'string');
      assert.equal(typeof email.template.html, 'string');
      assert.ok(Array.isArray(email.template.attachments));
      assert.equal(email.urlAttachments, undefined);
    });

    test('a deleted one is among the deleted only', async () => {
      const { local, locationId, label } = env;
      const name = `SDK template ${label}`;
      // The published API has no create, so neither has the SDK: its raw request.
      await local.ghl.request({
        method: 'POST', url: `/locations/${locationId}/templates`,
        data: { name, type: 'sms', originId: locationId, template: { body: 'Hello', attachments: [] } },
      });
      const before = await list({ limit: '200' });
      const { id, template } = before.templates.find((row) => row.name === name);
      assert.equal(template.body, 'Hello');
      assert.ok(!names(await list({ deleted: true, limit: '200' })).includes(name));

      assertDeleted(await local.ok(200, 'dELETEAnEmailSmsTemplate', { locationId, id }));
      const left = await list({ deleted: false, limit: '200' });
      assert.equal(left.totalCount, before.totalCount - 1);
      assert.ok(!names(left).includes(name));
      assert.ok(names(await list({ deleted: true, limit: '200' })).includes(name));
      await local.refused({ status: 400, code: 'not_found', message: new RegExp(` with id ${id} not found$`) },
        'dELETEAnEmailSmsTemplate', { locationId, id });
    });

    test('a type that does not exist is refused', () => env.local.refused(
      { status: 422, message: ['type must be one of the following values: sms, email, whatsapp'] },
      'gETAllOrEmailSmsTemplates', { locationId: env.locationId, originId: env.locationId, type: 'fax' },
    ));
  });
}
