import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

/** getTimezones */
export function timezones(env) {
  describe('time zones', () => {
    test('every canonical zone, sorted, once', async () => {
      const { timeZones } = await env.local.ok(200, 'getTimezones', { locationId: env.locationId });
      assert.deepEqual(timeZones, [...new Set(timeZones)].sort());
      for (const zone of ['America/New_York', 'Asia/Kolkata', 'Europe/Kyiv', 'Pacific/Auckland', 'UTC']) {
        assert.ok(timeZones.includes(zone), zone);
      }
    });

    test('the placeholder that the SDK leaves in the path is the location of the token', async () => {
      const { local, locationId } = env;
      const { timeZones } = await local.ok(200, 'getTimezones', { locationId });
      assert.deepEqual((await local.ok(200, 'getTimezones', {})).timeZones, timeZones);
      assert.deepEqual((await local.ok(200, 'getTimezones')).timeZones, timeZones);
    });

    test('a location takes a zone of the list and no other', async () => {
      const { agency, companyId, label } = env;
      const { id: locationId } = await agency.ok(200, 'createLocation', { name: `Zone ${label}`, companyId });
      for (const timezone of ['Pacific/Auckland', 'UTC']) {
        const updated = await agency.ok(200, 'putLocation', { locationId }, { companyId, timezone });
        assert.equal(updated.timezone, timezone);
      }
      for (const timezone of ['Mars/Base', 'Local']) {
        await agency.refused({ status: 422, message: /^timezone / }, 'putLocation', { locationId }, { companyId, timezone });
      }
      await agency.ok(200, 'deleteLocation', { locationId, deleteTwilioAccount: false });
    });
  });
}
