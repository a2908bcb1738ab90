// The official SDK, pointed at the server under test, with the checks that hold for
// every answer.
import assert from 'node:assert/strict';
import {
  GHLAuthenticationError, GHLError, GHLForbiddenError, GHLNotFoundError, GHLValidationError, HighLevel,
} from '@gohighlevel/api-client';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The SDK's log level for silence; it takes LogLevel.NONE, which is 0, for unset. */
export const QUIET = 'none';

// The SDK's error class and the text of the body's error member, by status.
const REFUSALS = {
  400: [GHLValidationError, 'Bad Request'],
  401: [GHLAuthenticationError],
  403: [GHLForbiddenError, 'Forbidden'],
  404: [GHLNotFoundError, 'Not Found'],
  415: [GHLError],
  422: [GHLValidationError, 'Unprocessable Entity'],
};

/**
 * Makes an SDK that sends to baseURL.
 *
 * @param {string} baseURL
 * @param {object} config of the SDK: a token and, if need be, an apiVersion
 */
export function connect(baseURL, config) {
  const ghl = new HighLevel({ ...placeholders(config), ...config, logLevel: QUIET });
  ghl.getHttpClient().defaults.baseURL = baseURL;
  return ghl;
}

// The SDK refuses to start with an access token alone; it sends neither of these.
function placeholders(config) {
  return config.privateIntegrationToken ? {} : { clientId: 'unused-client', clientSecret: 'unused' };
}

/** The Locations service of an SDK; it remembers which of its methods succeeded. */
export class Caller {
  /**
   * @param {HighLevel} ghl
   * @param {Set<string>} called takes the names of the methods that succeeded
   */
  constructor(ghl, called = new Set()) {
    this.ghl = ghl;
    this.called = called;
    this.responses = new WeakMap(); // by the data that the SDK hands out
    ghl.addResponseInterceptor({
      onFulfilled: (response) => {
        if (typeof response.data === 'object') this.responses.set(response.data, response);
        return response;
      },
    });
  }

  /** Calls a method, expects the status, and gives what the SDK gives. */
  async ok(status, method, ...args) {
    const data = await this.ghl.locations[method](...args);
    const response = this.responses.get(data);
    assert.ok(response, `${method} did not answer with a JSON object but ${JSON.stringify(data)}`);
    assert.equal(response.status, status, `status of ${method}`);
    assert.match(data.traceId, UUID, `traceId of ${method}`);
    assert.equal(response.headers['x-trace-id'], data.traceId, `X-Trace-Id of ${method}`);
    assertNoNull(data, method);
    this.called.add(method);
    return data;
  }

  /**
   * Calls a method and expects a refusal.
   *
   * @param {{status: number, message?: string|RegExp|Array<string>, code?: string}} want
   *   a message in array form may come in any order
   * @returns the body of the error
   */
  refused(want, method, ...args) {
    return refused(want, () => this.ghl.locations[method](...args));
  }
}

/** Expects send to fail with the SDK's error for a refusal; see Caller.refused. */
export async function refused({ status, message, code }, send) {
  const error = await send().then(
    (data) => assert.fail(`accepted: ${JSON.stringify(data)}`),
    (reason) => reason,
  );
  const [Class, text] = REFUSALS[status];
  assert.ok(error instanceof GHLError, `${error}\n${error.stack}`);
  assert.equal(error.statusCode, status, `status; message: ${error.message}`);
  assert.ok(error instanceof Class, `class of the error: ${error.constructor.name}`);
  const body = error.response;
  assert.equal(body.statusCode, status);
  if (text) assert.equal(body.error, text);
  assert.match(body.traceId, UUID);
  assert.match(body.code, /^[a-z_]+$/);
  if (code) assert.equal(body.code, code);
  assert.equal(Array.isArray(body.message), status === 422, 'message is a list on 422 only');
  assert.equal(error.message, [].concat(body.message).join(', '));
  if (Array.isArray(message)) assert.deepEqual([...body.message].sort(), [...message].sort());
  else if (message instanceof RegExp) assert.match(error.message, message);
  else if (message !== undefined) assert.equal(error.message, message);
  return body;
}

function assertNoNull(value, path) {
  assert.notEqual(value, null, `${path} is null`);
  if (typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) assertNoNull(member, `${path}.${key}`);
}
