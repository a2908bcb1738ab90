// Every operation of the Sub-Accounts API, called through the official SDK with each
// Version header that it is used with.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Caller, connect } from './client.js';
import { customFields } from './operations/customfield.js';
import { customValues } from './operations/customvalue.js';
import { locations } from './operations/location.js';
import { recurringTasks } from './operations/recurringtask.js';
import { tags } from './operations/tag.js';
import { tasks } from './operations/task.js';
import { templates } from './operations/template.js';
import { timezones } from './operations/timezone.js';
import { uploads } from './operations/upload.js';
import { startServer } from './server.js';

const OPERATIONS = 29;

// undefined leaves the choice to the SDK: 2023-02-21.
const VERSIONS = [undefined, '2021-07-28', 'v3'];

describe('operations', () => {
  let server;
  before(async () => { server = await startServer(); });
  after(() => server?.stop());

  for (const apiVersion of VERSIONS) {
    const label = apiVersion ?? 'default';
    describe(`Version ${label}`, () => {
      // What the suites share, filled in before they run: label makes names unique, agency
      // and local call with a token of the agency and of its sub-account locationId.
      const env = { label, called: new Set() };
      before(() => {
        const { baseURL, companyId, agencyToken, locationTokens } = server.facts;
        const [[locationId, locationToken]] = Object.entries(locationTokens);
        const agency = connect(baseURL, { agencyAccessToken: agencyToken, apiVersion });
        const local = connect(baseURL, { locationAccessToken: locationToken, apiVersion });
        Object.assign(env, {
          baseURL, companyId, locationId,
          agency: new Caller(agency, env.called),
          local: new Caller(local, env.called),
        });
      });

      locations(env);
      tags(env);
      tasks(env);
      recurringTasks(env);
      customFields(env);
      uploads(env);
      customValues(env);
      timezones(env);
      templates(env);

      test('every operation of the SDK was called', () => {
        const service = Object.getPrototypeOf(env.agency.ghl.locations);
        const methods = Object.getOwnPropertyNames(service).filter((name) => name !== 'constructor');
        assert.equal(methods.length, OPERATIONS);
        assert.deepEqual([...env.called].sort(), methods.sort());
      });
    });
  }
});
