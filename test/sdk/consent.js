// Walks the pages for people as a browser would: signs in, chooses, approves.
import assert from 'node:assert/strict';

/**
 * Installs the demo app and gives the URL that the browser is sent back to.
 *
 * @param {object} facts of the server
 * @param {string} link the authorize link
 * @param {{choose: 'one'|'some'|'all', locations?: string[], future?: boolean}} how
 * @returns {Promise<URL>} the redirect URI with the code
 */
export async function approve(facts, link, { choose, locations = [], future = false }) {
  const query = `${new URL(link, facts.baseURL).search}&choose=${choose}`;
  const post = (path, form, cookie = '') => fetch(`${facts.baseURL}${path}${query}`, {
    method: 'POST', body: new URLSearchParams(form), headers: { cookie }, redirect: 'manual',
  });
  const signedIn = await post('/oauth/sign-in', { email: facts.consoleEmail, password: facts.consolePassword });
  assert.equal(signedIn.status, 303);
  const cookie = signedIn.headers.get('set-cookie').match(/tenantry_session=[^;]+/)[0];
  const page = await (await fetch(`${facts.baseURL}/oauth/chooselocation${query}`, { headers: { cookie } })).text();
  const [, user] = page.match(/name="user" value="([^"]+)"/);
  const form = [['user', user], ['do', 'approve'], ...locations.map((id) => ['location', id])];
  if (future) form.push(['future', 'yes']);
  const approved = await post('/oauth/chooselocation', form, cookie);
  assert.equal(approved.status, 303, await approved.text());
  return new URL(approved.headers.get('location'));
}
