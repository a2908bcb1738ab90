// What docs/oauth.md tells a reader to run works as it stands there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { approve } from './consent.js';
import { blocks, runCurl, runModule } from './markdown.js';
import { startServer } from './server.js';

describe('docs/oauth.md', () => {
  let server;
  let text;
  let env;
  before(async () => {
    text = await readFile(new URL('../../docs/oauth.md', import.meta.url), 'utf8');
    server = await startServer();
    const { baseURL, companyId, locationTokens, clientId, clientSecret, redirectURI } = server.facts;
    env = {
      BASE: baseURL, COMPANY: companyId, LOCATION: Object.keys(locationTokens)[0],
      CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, REDIRECT_URI: redirectURI,
    };
  });
  after(() => server?.stop());

  const LINES = [
    ['grant_type=authorization_code', async () => ({ CODE: await install(server.facts, text) }), ([{ body }]) => {
      assert.equal(body.userType, 'Company');
      assert.deepEqual(Object.keys(body).sort(), Object.keys(sample(text)).sort(), 'the members are those of the sample');
      Object.assign(env, { ACCESS_TOKEN: body.access_token, REFRESH_TOKEN: body.refresh_token });
    }],
    ['grant_type=refresh_token', () => {}, ([{ body }]) => {
      assert.notEqual(body.refresh_token, env.REFRESH_TOKEN);
      Object.assign(env, { ACCESS_TOKEN: body.access_token, REFRESH_TOKEN: body.refresh_token });
    }],
    ['/oauth/locationToken', () => {}, ([{ body: installed }, { body }]) => {
      assert.equal(installed.count, Object.keys(server.facts.locationTokens).length);
      assert.equal(body.locationId, env.LOCATION);
      env.LOCATION_ACCESS_TOKEN = body.access_token;
    }],
    ['LOCATION_ACCESS_TOKEN', () => {}, ([{ body }]) => assert.equal(body.location.id, env.LOCATION)],
    ['/oauth/revoke', () => {}, ([{ body: token }, , { body: metadata }, { body: resource }, { body: jwks }]) => {
      assert.equal(token.active, true);
      assert.equal(metadata.token_endpoint, `${env.BASE}/oauth/token`);
      assert.deepEqual(resource.authorization_servers, [metadata.issuer]);
      assert.ok(jwks.keys.length > 0);
    }],
    ['-X DELETE', async () => {
      // The block before has ended the tokens.
      const form = { client_id: env.CLIENT_ID, client_secret: env.CLIENT_SECRET, grant_type: 'authorization_code' };
      const body = new URLSearchParams({ ...form, code: await install(server.facts, text), redirect_uri: env.REDIRECT_URI });
      return { ACCESS_TOKEN: (await (await fetch(`${env.BASE}/oauth/token`, { method: 'POST', body })).json()).access_token };
    }, ([{ body }]) => assert.equal(body.success, true)],
    ['grant_type=client_credentials', () => {}, ([{ body }]) => {
      assert.equal(body.userType, 'Company');
      assert.equal(body.refresh_token, undefined);
    }],
  ];
  for (const [line, prepare, check] of LINES) {
    test(line, async () => {
      Object.assign(env, await prepare());
      const answers = await runCurl(blocks(text, 'sh', line)[0], env);
      assert.ok(answers.every(({ status }) => status === 200), JSON.stringify(answers));
      check(answers);
    });
  }

  test('the JavaScript', async () => {
    const [code] = blocks(text, 'js');
    const made = await runModule(code, '{ location, link }', { ...env, CODE: await install(server.facts, text) });
    assert.equal(typeof made.location.name, 'string');
    assert.ok(made.link.startsWith(`${env.BASE}/oauth/chooselocation?`), made.link);
  });

  test('every curl line is tried', () => {
    const tried = blocks(text, 'sh', 'curl').filter((code) => LINES.some(([line]) => code.includes(line)));
    assert.equal(tried.length, blocks(text, 'sh', 'curl').length);
  });
});

/** The answer that the document shows. */
function sample(text) {
  return JSON.parse(blocks(text, 'json', 'access_token')[0]);
}

/** Installs the demo app on every sub-account, by the document's link, and gives the code. */
async function install(facts, text) {
  const [link] = text.match(/^\$BASE\/oauth\/chooselocation\?\S+$/m);
  const back = await approve(facts, link.replace('$BASE', '').replace('$CLIENT_ID', facts.clientId)
    .replace('$REDIRECT_URI', encodeURIComponent(facts.redirectURI)), { choose: 'all' });
  assert.equal(back.searchParams.get('state'), 'xyz');
  return back.searchParams.get('code');
}
