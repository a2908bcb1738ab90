// The ways to point the SDK at a server and to give it a token, and what it makes of
// a refusal.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HighLevel, MemorySessionStorage } from '@gohighlevel/api-client';
import { Caller, QUIET, connect, refused } from './client.js';
import { startServer } from './server.js';

const UNREACHABLE = 'http://127.0.0.1:1'; // no HTTP server has this port

describe('connection', () => {
  let server;
  let facts;
  let locationId;
  let locationToken;
  before(async () => {
    server = await startServer();
    facts = server.facts;
    [[locationId, locationToken]] = Object.entries(facts.locationTokens);
  });
  after(() => server?.stop());

  test('the server says what a client needs', () => {
    assert.match(facts.baseURL, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    assert.equal(typeof facts.companyId, 'string');
    assert.equal(typeof facts.agencyToken, 'string');
  });

  describe('base URL', () => {
    test('HighLevel.BASE_URL, before an SDK is made', async () => {
      const original = HighLevel.BASE_URL;
      try {
        HighLevel.BASE_URL = facts.baseURL;
        const ghl = new HighLevel({ privateIntegrationToken: facts.agencyToken, logLevel: QUIET });
        const { location } = await ghl.locations.getLocation({ locationId });
        assert.equal(location.id, locationId);
      } finally {
        HighLevel.BASE_URL = original;
      }
    });

    test('the defaults of its HTTP client, afterwards', async () => {
      const ghl = new HighLevel({ privateIntegrationToken: facts.agencyToken, logLevel: QUIET });
      ghl.getHttpClient().defaults.baseURL = facts.baseURL;
      const { location } = await ghl.locations.getLocation({ locationId });
      assert.equal(location.id, locationId);
    });

    test('healthCheck tells a server from none', async () => {
      const token = { privateIntegrationToken: locationToken };
      assert.equal(await connect(facts.baseURL, token).healthCheck(), true);
      assert.equal(await connect(UNREACHABLE, token).healthCheck(), false);
    });
  });

  describe('tokens', () => {
    test('privateIntegrationToken', async () => {
      const local = new Caller(connect(facts.baseURL, { privateIntegrationToken: locationToken }));
      await local.ok(200, 'getLocationTags', { locationId });
    });

    test('sessions in a storage, chosen by the ids in the request', async () => {
      const sessionStorage = new MemorySessionStorage();
      const caller = new Caller(connect(facts.baseURL, { sessionStorage }));
      const { companyId } = facts;
      await sessionStorage.setSession(locationId, { access_token: locationToken, userType: 'Location', companyId });
      await sessionStorage.setSession(companyId, { access_token: facts.agencyToken, userType: 'Company', companyId });

      await caller.ok(200, 'getLocationTags', { locationId });
      const { location } = await caller.ok(200, 'getLocation', { locationId });
      const { locations } = await caller.ok(200, 'searchLocations', { companyId }, { preferredTokenType: 'company' });
      assert.ok(locations.some(({ id }) => id === locationId));
      // The SDK looks for the agency's session under this header, and sends it along.
      const asAgency = { headers: { 'x-company-id': companyId } };
      await caller.ok(200, 'putLocation', { locationId }, { companyId, name: location.name }, asAgency);
    });

    test('no token that the server knows', async () => {
      for (const privateIntegrationToken of ['nonsense', 'pit-00000000-0000-4000-8000-000000000000', 'a.b.c']) {
        const stranger = new Caller(connect(facts.baseURL, { privateIntegrationToken }));
        await stranger.refused({ status: 401 }, 'getLocation', { locationId });
      }
    });
  });

  describe('refusals', () => {
    let agency;
    let local;
    before(() => {
      agency = new Caller(connect(facts.baseURL, { agencyAccessToken: facts.agencyToken }));
      local = new Caller(connect(facts.baseURL, { locationAccessToken: locationToken }));
    });

    test('an agency token where a sub-account token is wanted', () => agency.refused({
      status: 401,
      message: 'This authClass type is not allowed to access this scope. '
        + 'Please verify your IAM configuration if this is not the case.',
    }, 'getLocationTags', { locationId }));

    test('a location that exists nowhere', () => local.refused(
      { status: 403, message: 'The token does not have access to this location.' },
      'getLocationTags', { locationId: 'no-such-location' },
    ));

    test('a tag that does not exist', () => local.refused(
      { status: 400, code: 'not_found', message: 'Tag with id no-such-tag not found' },
      'getTagById', { locationId, tagId: 'no-such-tag' },
    ));

    test('a path that does not exist', () => refused(
      { status: 404, message: `Cannot GET /locations/${locationId}/customvalues` },
      () => local.ghl.request({ method: 'GET', url: `/locations/${locationId}/customvalues` }),
    ));

    test('a method that the path does not have', () => refused(
      { status: 404, message: 'Cannot GET /locations/' }, () => local.ghl.request({ method: 'GET', url: '/locations/' }),
    ));

    test('a version that does not exist', async () => {
      const old = new Caller(connect(facts.baseURL, { locationAccessToken: locationToken, apiVersion: '2020-01-01' }));
      await old.refused({ status: 401, message: 'version header is invalid' }, 'getLocationTags', { locationId });
    });
  });
});
