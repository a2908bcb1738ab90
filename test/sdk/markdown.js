// Runs what a document tells its reader to run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url)); // where the SDK is found

/** Gives the blocks of code in the language that contain the text, in their order. */
export function blocks(markdown, language, text = '') {
  const all = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const found = all.filter(([, of, code]) => of === language && code.includes(text)).map(([, , code]) => code);
  assert.ok(found.length > 0, `the document has no block of ${language} with "${text}"`);
  return found;
}

/** Runs a module and gives the value of its variable. */
export async function runModule(code, variable, env) {
  const program = `${code}\nconsole.log('\\n' + JSON.stringify(${variable}));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, ...env }, cwd: HERE });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

/** Does the curl lines of a shell block, one after the other, and gives the answers. */
export async function runCurl(code, env) {
  // The shell reads them; curl itself need not be installed.
  const show = "curl() { printf '%s\\0' \"$@\"; printf '\\0'; }\n";
  const { stdout } = await run('bash', ['-euc', show + code], { env: { ...process.env, ...env } });
  const calls = stdout.split('\0\0').filter(Boolean).map((words) => words.split('\0'));
  const answers = [];
  for (const words of calls) answers.push(await call(words));
  return answers;
}

/** Does what curl does with the words: -s, -X, -H and -d are all that it may be given. */
async function call(words) {
  const request = { method: 'GET', headers: {} };
  let url;
  let method;
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === '-H') {
      const [, name, value] = words[i += 1].match(/^([^:]+): (.*)$/);
      request.headers[name] = value;
    } else if (words[i] === '-X') {
      method = words[i += 1];
    } else if (words[i] === '-d') {
      request.method = 'POST';
      request.headers['Content-Type'] ??= 'application/x-www-form-urlencoded';
      request.body = [request.body, words[i += 1]].filter((data) => data !== undefined).join('&');
    } else if (words[i] !== '-s') {
      assert.equal(url, undefined, `one URL, without options that the test does not know: ${words[i]}`);
      url = words[i];
    }
  }
  request.method = method ?? request.method;
  const response = await fetch(url, request);
  return { status: response.status, body: await response.json() };
}
