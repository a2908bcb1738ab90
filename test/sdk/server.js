// Starts the server that the tests run against and stops it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 30_000;
const STOP_MS = 15_000;

/**
 * Starts `tenantry dev` on a free port, with a seeded agency in memory. TENANTRY_BIN
 * names the binary, bin/tenantry of this repository by default.
 *
 * @returns {Promise<{facts: object, stop: () => Promise<void>}>} what the server says
 *   about itself (baseURL, companyId, locationTokens, agencyToken, …), and a stop that
 *   fails unless the server ends by itself, without an error
 */
export async function startServer() {
  const binary = process.env.TENANTRY_BIN ?? fileURLToPath(new URL('../../bin/tenantry', import.meta.url));
  const args = ['dev', '--json', '--addr', '127.0.0.1:0', '--limits', 'off'];
  const child = spawn(binary, args, { env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { log += text; });
  const ended = once(child, 'exit'); // rejects if the binary cannot be started
  ended.catch(() => {});
  try {
    const line = await within(START_MS, 'the server said nothing', firstLine(child, ended));
    return { facts: JSON.parse(line), stop: () => stop(child, ended, () => log) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${binary} ${args.join(' ')}: ${error.message}\n${log}`, { cause: error });
  }
}

// A flag's environment variable must not change the server under test.
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TENANTRY_')));
}

async function firstLine(child, ended) {
  const lines = createInterface({ input: child.stdout });
  const line = once(lines, 'line').then(([text]) => text);
  const early = ended.then(([code, signal]) => {
    throw new Error(`ended with ${signal ?? code} before it accepted connections`);
  });
  return Promise.race([line, early]);
}

async function stop(child, ended, log) {
  child.kill('SIGTERM');
  try {
    const [code, signal] = await within(STOP_MS, 'the server did not stop', ended);
    if (code !== 0) throw new Error(`the server ended with ${signal ?? code}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${log()}`, { cause: error });
  }
}

function within(ms, text, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text} for ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
