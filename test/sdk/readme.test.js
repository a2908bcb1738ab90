// What the README tells a reader to run works as it stands there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { blocks, runCurl, runModule } from './markdown.js';
import { startServer } from './server.js';

describe('README', () => {
  let server;
  let readme;
  let env;
  before(async () => {
    readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    server = await startServer();
    const { baseURL, companyId, agencyToken, locationTokens } = server.facts;
    const [[location, locationToken]] = Object.entries(locationTokens);
    env = { BASE: baseURL, COMPANY: companyId, LOCATION: location, AGENCY_TOKEN: agencyToken, LOCATION_TOKEN: locationToken };
  });
  after(() => server?.stop());

  test('the JavaScript', async () => {
    const locations = await runModule(blocks(readme, 'js')[0], 'locations', env);
    assert.ok(locations.some(({ id }) => id === env.LOCATION), `the demo's sub-accounts are found: ${JSON.stringify(locations)}`);
  });

  test('the curl lines', async () => {
    const answers = await runCurl(blocks(readme, 'sh', 'curl')[0], env);
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200], JSON.stringify(answers));
    const [{ body: made }, { body: found }, { body: tags }] = answers;
    assert.equal(made.name, 'Mark Shoes');
    assert.ok(found.locations.some(({ id }) => id === made.id), 'what was created is found');
    assert.ok(tags.tags.length > 0);
  });
});
