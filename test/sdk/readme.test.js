// What the README tells a reader to run works as it stands there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from './server.js';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url)); // where the SDK is found

describe('README', () => {
  let server;
  let readme;
  let env;
  before(async () => {
    readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    server = await startServer();
    const { baseURL, companyId, agencyToken, locationTokens } = server.facts;
    const [[location, locationToken]] = Object.entries(locationTokens);
    env = {
      ...process.env,
      BASE: baseURL, COMPANY: companyId, LOCATION: location, AGENCY_TOKEN: agencyToken, LOCATION_TOKEN: locationToken,
    };
  });
  after(() => server?.stop());

  test('the JavaScript', async () => {
    const program = `${block(readme, 'js')}\nconsole.log('\\n' + JSON.stringify(locations));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env, cwd: HERE });
    const locations = JSON.parse(stdout.trimEnd().split('\n').at(-1));
    assert.ok(locations.some(({ id }) => id === env.LOCATION), `the demo's sub-accounts are found: ${stdout}`);
  });

  test('the curl lines', async () => {
    // The shell reads them; curl itself need not be installed.
    const show = "curl() { printf '%s\\0' \"$@\"; printf '\\0'; }\n";
    const { stdout } = await run('bash', ['-euc', show + block(readme, 'sh', 'curl')], { env });
    const calls = stdout.split('\0\0').filter(Boolean).map((words) => words.split('\0'));
    const answers = [];
    for (const words of calls) answers.push(await call(words));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200], JSON.stringify(answers));
    const [{ body: made }, { body: found }, { body: tags }] = answers;
    assert.equal(made.name, 'Mark Shoes');
    assert.ok(found.locations.some(({ id }) => id === made.id), 'what was created is found');
    assert.ok(tags.tags.length > 0);
  });
});

/** Gives the first block of code in the language that contains the text. */
function block(markdown, language, text = '') {
  const blocks = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const found = blocks.find(([, of, code]) => of === language && code.includes(text));
  assert.ok(found, `the README has no block of ${language} with "${text}"`);
  return found[2];
}

/** Does what curl does with the words: -s, -H and -d are all that it may be given. */
async function call(words) {
  const request = { method: 'GET', headers: {} };
  let url;
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === '-H') {
      const [, name, value] = words[i += 1].match(/^([^:]+): (.*)$/);
      request.headers[name] = value;
    } else if (words[i] === '-d') {
      request.method = 'POST';
      request.body = words[i += 1];
    } else if (words[i] !== '-s') {
      assert.equal(url, undefined, `one URL, without options that the test does not know: ${words[i]}`);
      url = words[i];
    }
  }
  const response = await fetch(url, request);
  return { status: response.status, body: await response.json() };
}
