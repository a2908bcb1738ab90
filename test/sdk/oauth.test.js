// The life of an app that leaves its tokens to the official SDK and its session storage: from
// the authorize link to the end of the install.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { HighLevel } from '@gohighlevel/api-client';
import { QUIET, refused } from './client.js';
import { approve } from './consent.js';
import { startServer } from './server.js';

const SCOPES = [
  'locations.readonly', 'locations.write', 'locations/tags.readonly', 'locations/tags.write', 'oauth.readonly', 'oauth.write',
];

/** Makes the SDK call with the agency's session where it could be a sub-account's too. */
const COMPANY = { preferredTokenType: 'company' };

describe('the life of an app', () => {
  let server;
  let facts;
  let locations; // ids of the demo's sub-accounts
  before(async () => {
    server = await startServer();
    ({ facts } = server);
    locations = Object.keys(facts.locationTokens);
  });
  after(() => server?.stop());

  // For each test an SDK as an app makes it, with nothing but its credentials.
  let ghl;
  let storage;
  let sent; // what the SDK has sent since the last look
  beforeEach(() => {
    ghl = new HighLevel({ clientId: facts.clientId, clientSecret: facts.clientSecret, logLevel: QUIET });
    ghl.getHttpClient().defaults.baseURL = facts.baseURL;
    storage = ghl.getSessionStorage();
    sent = [];
    ghl.addRequestInterceptor({ onFulfilled: (config) => {
      sent.push(`${config.method.toUpperCase()} ${config.url}`);
      return config;
    } });
  });

  /** Goes through the consent pages and keeps the session that the code gives. */
  async function install(userType, how) {
    const link = ghl.oauth.getAuthorizationUrl(facts.clientId, facts.redirectURI, SCOPES.join(' '));
    const back = await approve(facts, link, how);
    assert.equal(`${back.origin}${back.pathname}`, facts.redirectURI);
    const session = await ghl.oauth.getAccessToken({
      client_id: facts.clientId, client_secret: facts.clientSecret, grant_type: 'authorization_code',
      code: back.searchParams.get('code'), user_type: userType, redirect_uri: facts.redirectURI,
    });
    assert.equal(session.userType, userType);
    await storage.setSession(session.locationId ?? session.companyId, session);
    return session;
  }

  /** Installs the app on every sub-account and keeps a session of one of them too. */
  async function installEverywhere(locationId) {
    const agency = await install('Company', { choose: 'all' });
    await storage.setSession(locationId, await ghl.oauth.getLocationAccessToken({ companyId: agency.companyId, locationId }));
    sent.length = 0;
    return agency;
  }

  /** Ends a token, as if its time were over. */
  async function end(token) {
    const form = { client_id: facts.clientId, client_secret: facts.clientSecret, token };
    const answer = await fetch(`${facts.baseURL}/oauth/revoke`, { method: 'POST', body: new URLSearchParams(form) });
    assert.equal(answer.status, 200);
  }

  test('on one sub-account: the code becomes its session', async () => {
    const [locationId] = locations;
    const session = await install('Location', { choose: 'one', locations: [locationId] });
    assert.equal(session.locationId, locationId);
    assert.deepEqual(session.scope.split(' ').sort(), [...SCOPES].sort());
    const { location } = await ghl.locations.getLocation({ locationId });
    assert.equal(location.id, locationId);
    const { tag } = await ghl.locations.createTag({ locationId }, { name: 'made by an app' });
    assert.equal(tag.locationId, locationId);
  });

  test('in bulk: the agency and each sub-account have sessions', async () => {
    const agency = await install('Company', { choose: 'all', future: true });
    assert.deepEqual([...agency.approvedLocations].sort(), [...locations].sort());
    assert.equal(agency.isBulkInstallation, true);
    const installed = await ghl.oauth.getInstalledLocation({ companyId: facts.companyId, appId: appId(), isInstalled: true });
    assert.deepEqual(installed.locations.map(({ _id }) => _id).sort(), [...locations].sort());
    for (const locationId of locations) {
      await storage.setSession(locationId, await ghl.oauth.getLocationAccessToken({ companyId: facts.companyId, locationId }));
      const { location } = await ghl.locations.getLocation({ locationId });
      assert.equal(location.id, locationId);
    }
    const found = await ghl.locations.searchLocations({ companyId: facts.companyId, limit: '100' }, COMPANY);
    assert.equal(found.locations.length, locations.length);

    // A sub-account that is made later has the app by itself.
    const made = await ghl.locations.createLocation({ companyId: facts.companyId, name: 'Later' });
    await storage.setSession(made.id, await ghl.oauth.getLocationAccessToken({ companyId: facts.companyId, locationId: made.id }));
    assert.deepEqual((await ghl.locations.getLocationTags({ locationId: made.id })).tags, []);
    const headers = { companyId: facts.companyId };
    await ghl.locations.putLocation({ locationId: made.id }, { companyId: facts.companyId, name: 'Later on' }, { ...COMPANY, headers });
    await ghl.locations.deleteLocation({ locationId: made.id, deleteTwilioAccount: 'false' }, { ...COMPANY, headers });
    await refused({ status: 403 }, () => ghl.oauth.getLocationAccessToken({ companyId: facts.companyId, locationId: made.id }));
  });

  test('a 401 is followed by one refresh and the same call', async () => {
    const [locationId] = locations;
    await installEverywhere(locationId);
    const before = await storage.getSession(locationId);
    await end(before.access_token);
    const answers = await Promise.all(['a', 'b', 'c'].map(() => ghl.locations.getLocation({ locationId })));
    assert.deepEqual(answers.map(({ location }) => location.id), [locationId, locationId, locationId]);
    assert.equal(sent.filter((line) => line === 'POST /oauth/token').length, 1, sent.join('\n'));
    const now = await storage.getSession(locationId);
    assert.notEqual(now.access_token, before.access_token);
    assert.notEqual(now.refresh_token, before.refresh_token);
    assert.equal(now.locationId, locationId);
  });

  test('a token that is about to expire is refreshed before the call', async () => {
    const [locationId] = locations;
    await installEverywhere(locationId);
    const before = await storage.getSession(locationId);
    await storage.setSession(locationId, { ...before, expires_in: 10 });
    await ghl.locations.getLocation({ locationId });
    assert.deepEqual(sent, ['POST /oauth/token', `GET /locations/${locationId}`]);
  });

  test("a sub-account's session that cannot be refreshed comes anew from the agency's", async () => {
    const [, locationId] = locations;
    await installEverywhere(locationId);
    const before = await storage.getSession(locationId);
    await end(before.refresh_token);
    const { location } = await ghl.locations.getLocation({ locationId });
    assert.equal(location.id, locationId);
    assert.deepEqual(sent, [
      `GET /locations/${locationId}`, 'POST /oauth/token', 'POST /oauth/locationToken', `GET /locations/${locationId}`,
    ]);
    assert.notEqual((await storage.getSession(locationId)).refresh_token, before.refresh_token);
  });

  test("also when the agency's own token has to be refreshed first", async () => {
    const [, locationId] = locations;
    const agency = await installEverywhere(locationId);
    const before = await storage.getSession(locationId);
    await end(before.refresh_token);
    await end(agency.access_token);
    await storage.setSession(agency.companyId, { ...agency, expires_in: 10 });
    assert.equal((await ghl.locations.getLocation({ locationId })).location.id, locationId);
    assert.notEqual((await storage.getSession(agency.companyId)).refresh_token, agency.refresh_token);
  });

  test('a session whose install is gone ends in a 401, and not in a loop', async () => {
    const [locationId, other] = locations;
    const agency = await installEverywhere(locationId);
    const uninstalled = await ghl.marketplace.uninstallApplication({ appId: appId() }, { locationId });
    assert.equal(uninstalled.success, true);
    sent.length = 0;
    await refused({ status: 401 }, () => ghl.locations.getLocation({ locationId }));
    assert.ok(sent.length <= 4, sent.join('\n'));
    await refused({ status: 400, code: 'app_not_installed' },
      () => ghl.oauth.getLocationAccessToken({ companyId: agency.companyId, locationId }));
    assert.equal((await ghl.oauth.getLocationAccessToken({ companyId: agency.companyId, locationId: other })).locationId, other);
  });

  test('the app leaves the agency and every sub-account', async () => {
    const [, locationId] = locations;
    const agency = await installEverywhere(locationId);
    await ghl.marketplace.uninstallApplication({ appId: appId() }, { companyId: agency.companyId }, COMPANY);
    await refused({ status: 401 }, () => ghl.locations.getLocation({ locationId }));
    await refused({ status: 401 }, () => ghl.oauth.getInstalledLocation({ companyId: agency.companyId, appId: appId() }));
    const refresh = ghl.oauth.refreshToken(agency.refresh_token, facts.clientId, facts.clientSecret, 'refresh_token', 'Company');
    await assert.rejects(refresh, { statusCode: 400, message: 'Invalid grant: refresh token is invalid' });
    assert.equal((await install('Company', { choose: 'all' })).approvedLocations.length, locations.length, 'it can be installed again');
  });

  /** The app's id: the part of the client id before the dash. */
  function appId() {
    return facts.clientId.split('-')[0];
  }
});
