import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertModel, membersOf } from '../models.js';

const NO_ACCESS = { status: 403, message: 'The token does not have access to this location.', code: 'location_access_denied' };

/** searchLocations, createLocation, getLocation, putLocation, deleteLocation */
export function locations(env) {
  describe('locations', () => {
    test('create, read, update and delete a complete one', async () => {
      const { agency, companyId, label } = env;
      const email = `Prospect-${label}@example.com`;
      const created = await agency.ok(200, 'createLocation', complete(companyId, label, email));
      assertModel(created, 'CreateLocationSuccessfulResponseDto');
      assert.equal(created.location, undefined, 'a create answers the location itself');
      assert.equal(created.companyId, companyId);
      assert.equal(created.email, email);
      assert.equal(created.phone, '+12015550123');
      assert.equal(created.timezone, 'US/Central');
      assertNoSecrets(created);
      const locationId = created.id;

      const { location } = await agency.ok(200, 'getLocation', { locationId });
      assertModel({ location }, 'GetLocationByIdSuccessfulResponseDto');
      assert.equal(location.name, `SDK ${label}`);
      assert.equal(location.firstName, 'Pat');
      assert.equal(location.lastName, 'Prospect');
      assert.equal(location.email, email);
      assert.equal(location.country, 'US');
      assert.equal(location.snapshotId, 'snapshot-1');
      assert.equal(location.business.city, 'Springfield');
      assert.equal(typeof location.dateAdded, 'string');
      assert.equal(location.settings.allowDuplicateContact, true);
      assert.equal(location.social.facebookUrl, 'https://facebook.example/sdk');
      assertNoSecrets(location);

      const updated = await agency.ok(200, 'putLocation', { locationId }, {
        companyId, name: `SDK renamed ${label}`, settings: { disableContactTimezone: true },
        social: { twitter: 'https://twitter.example/sdk' }, snapshot: { id: 'snapshot-2', override: false },
      });
      assertModel(updated, 'CreateLocationSuccessfulResponseDto');
      assert.equal(updated.id, locationId);
      assert.equal(updated.name, `SDK renamed ${label}`);
      assert.equal(updated.phone, '+12015550123', 'what the update leaves out stays');
      assert.equal(updated.settings.allowDuplicateContact, true, 'settings are merged');
      assert.equal(updated.settings.disableContactTimezone, true);
      assert.equal(updated.social.facebookUrl, 'https://facebook.example/sdk', 'social links are merged');
      assert.equal(updated.social.twitter, 'https://twitter.example/sdk');

      const deleted = await agency.ok(200, 'deleteLocation', { locationId, deleteTwilioAccount: true });
      assertModel(deleted, 'LocationDeletedSuccessfulResponseDto');
      assert.equal(deleted.success, true);
      assert.equal(deleted.message, `Deleted location with id: ${locationId}`);
      await agency.refused(NO_ACCESS, 'getLocation', { locationId });
      const { locations: rows } = await agency.ok(200, 'searchLocations', { companyId, email });
      assert.deepEqual(rows, []);
    });

    test('a bare one has empty texts, and all settings and links', async () => {
      const { agency, companyId, label } = env;
      const { id: locationId } = await agency.ok(200, 'createLocation', { name: `Bare ${label}`, companyId });
      const { location } = await agency.ok(200, 'getLocation', { locationId });
      for (const name of ['phone', 'email', 'address', 'city', 'state', 'country', 'postalCode', 'website']) {
        assert.equal(location[name], '', name);
      }
      for (const name of membersOf('SettingsSchema')) assert.equal(typeof location.settings[name], 'boolean', name);
      for (const name of membersOf('SocialSchema')) assert.equal(location.social[name], '', name);
      await agency.ok(200, 'deleteLocation', { locationId, deleteTwilioAccount: false });
    });

    test('search by page, order and e-mail address', async () => {
      const { agency, companyId, label } = env;
      const email = `search-${label}@example.com`;
      const made = [];
      for (const name of ['Search 1', 'Search 2', 'Search 3']) {
        const prospectInfo = { firstName: 'Sam', lastName: 'Search', email };
        made.push((await agency.ok(200, 'createLocation', { name, companyId, prospectInfo })).id);
      }
      const ids = async (params) => {
        const answer = await agency.ok(200, 'searchLocations', { companyId, email, ...params });
        assertModel(answer, 'SearchSuccessfulResponseDto');
        for (const row of answer.locations) assert.equal(row.companyId, companyId);
        return answer.locations.map(({ id }) => id);
      };
      assert.deepEqual(await ids({}), made, 'oldest first');
      assert.deepEqual(await ids({ order: 'desc' }), [...made].reverse());
      assert.deepEqual(await ids({ email: email.toUpperCase() }), made, 'the case of the address does not count');
      assert.deepEqual(await ids({ skip: '0', limit: '2' }), made.slice(0, 2));
      assert.deepEqual(await ids({ skip: '2', limit: '2' }), made.slice(2));
      assert.deepEqual(await ids({ skip: '3', limit: '2' }), []);
      const { total } = await agency.ok(200, 'searchLocations', { email, limit: '1' });
      assert.equal(total, 3);
      for (const locationId of made) {
        await agency.ok(200, 'deleteLocation', { locationId, deleteTwilioAccount: false });
      }
    });

    test('a search refuses two bad parameters in one answer', () => env.agency.refused({
      status: 422, code: 'validation_failed', message: ['skip must not be less than 0', 'limit must not be less than 1'],
    }, 'searchLocations', { companyId: env.companyId, skip: '-1', limit: '0' }));

    test('a sub-account token finds, reads and updates its own location only', async () => {
      const { agency, local, companyId, locationId, label } = env;
      const { locations: rows } = await local.ok(200, 'searchLocations', {});
      assert.deepEqual(rows.map(({ id }) => id), [locationId]);
      const { location } = await local.ok(200, 'getLocation', { locationId });
      const updated = await local.ok(200, 'putLocation', { locationId }, { companyId, name: location.name });
      assert.equal(updated.name, location.name);

      const { id: other } = await agency.ok(200, 'createLocation', { name: `Other ${label}`, companyId });
      await local.refused(NO_ACCESS, 'getLocation', { locationId: other });
      await local.refused(NO_ACCESS, 'putLocation', { locationId: other }, { companyId, name: 'Taken' });
      const { location: kept } = await agency.ok(200, 'getLocation', { locationId: other });
      assert.equal(kept.name, `Other ${label}`);
      await agency.ok(200, 'deleteLocation', { locationId: other, deleteTwilioAccount: false });
    });

    test('creating and deleting take an agency token', async () => {
      const { local, companyId, locationId } = env;
      const want = { status: 403, message: 'Forbidden resource' };
      await local.refused(want, 'createLocation', { name: 'No', companyId });
      await local.refused(want, 'deleteLocation', { locationId, deleteTwilioAccount: false });
      await local.ok(200, 'getLocation', { locationId });
    });

    test('a create refuses everything that is wrong at once', () => env.agency.refused({
      status: 422,
      message: ['property foo should not exist', 'address must be a string', 'prospectInfo.email must be an email'],
    }, 'createLocation', {
      name: 'X', companyId: env.companyId, address: { line: '1 Main' }, foo: 1,
      prospectInfo: { firstName: 'A', lastName: 'B', email: 'not-an-email' },
    }));

    test('an update refuses members of an answer that are not its own', () => env.agency.refused({
      status: 422,
      message: ['id', 'firstName', 'lastName', 'email', 'business', 'dateAdded', 'snapshotId']
        .map((name) => `property ${name} should not exist`),
    }, 'putLocation', { locationId: env.locationId }, {
      companyId: env.companyId, id: 'x', firstName: 'A', lastName: 'B', email: 'a@example.com', business: {},
      dateAdded: 'x', snapshotId: 'x',
    }));

    test('a delete wants to know about the Twilio account', () => env.agency.refused(
      { status: 422, message: /deleteTwilioAccount/ }, 'deleteLocation', { locationId: env.locationId },
    ));
  });
}

function complete(companyId, label, email) {
  return {
    name: `SDK ${label}`, companyId, phone: '+1 201-555-0123', address: '1 Main Street', city: 'Springfield',
    state: 'Illinois', country: 'US', postalCode: '62701', website: 'https://sdk.example', timezone: 'US/Central',
    prospectInfo: { firstName: 'Pat', lastName: 'Prospect', email },
    settings: { allowDuplicateContact: true },
    social: { facebookUrl: 'https://facebook.example/sdk' },
    twilio: { sid: 'sid-1', authToken: 'secret-twilio' },
    mailgun: { apiKey: 'secret-mailgun', domain: 'mg.example.com' },
    snapshotId: 'snapshot-1',
  };
}

function assertNoSecrets(location) {
  assert.equal(location.twilio, undefined);
  assert.equal(location.mailgun, undefined);
  assert.doesNotMatch(JSON.stringify(location), /secret-(twilio|mailgun)/);
}
