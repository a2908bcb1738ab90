import assert from 'node:assert/strict';

/** Fails unless a delete answered with the flag in the wire's spelling and in English. */
export function assertDeleted(answer) {
  assert.equal(answer.succeded, true);
  assert.equal(answer.succeeded, true);
}
