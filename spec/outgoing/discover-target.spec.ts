import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import {
  discoverTarget,
  readTarget,
  type KnownTarget,
  type TargetIdentity,
} from '../../lib/outgoing/discover-target.ts'
import { refusal } from '../support/refusal.ts'
import { challenge, sayWho, startRecordingServer, target } from '../support/target.ts'

/** The answer of a target with these `WWW-Authenticate` lines. */
function answer(lines: readonly string[], status = 401): { status: number; rawHeaders: readonly string[] } {
  return {
    status,
    rawHeaders: ['X-Other', 'Bearer realm="evil"', ...lines.flatMap((line) => ['WWW-Authenticate', line])],
  }
}

const read: readonly (readonly [
  title: string,
  lines: readonly string[],
  known: KnownTarget,
  expected: TargetIdentity,
])[] = [
  ['who the target is', [challenge], {}, { ...target, trustedIssuers: undefined }],
  ['whom it trusts', [`${challenge}, trusted_issuers="a@b,c@*"`], {}, { ...target, trustedIssuers: ['a@b', 'c@*'] }],
  [
    'lines that nobody can read beside it',
    ['Basic realm="x', 'Negotiate', challenge],
    {},
    { ...target, trustedIssuers: undefined },
  ],
  [
    'a client id that is configured, where the target says none',
    [`Bearer realm="${target.realm}"`],
    { targetClientId: 'a' },
    { clientId: 'a', realm: target.realm, trustedIssuers: undefined },
  ],
  [
    'a realm that is configured, where the target says none',
    [`Bearer client_id="${target.clientId}"`],
    { targetRealm: 'a' },
    { clientId: target.clientId, realm: 'a', trustedIssuers: undefined },
  ],
  [
    'what is configured and told alike',
    [challenge],
    { targetClientId: target.clientId.toUpperCase() },
    { ...target, trustedIssuers: undefined },
  ],
]

const refused: readonly (readonly [title: string, lines: readonly string[], known: KnownTarget, told: RegExp])[] = [
  ['no challenge', [], {}, /does not say its client_id/],
  ['other schemes', ['NTLM', 'Basic realm="x", client_id="y"'], {}, /does not say its client_id/],
  ['a challenge without a client id', [`Bearer realm="${target.realm}"`], {}, /does not say its client_id/],
  ['a challenge without a realm', [`Bearer client_id="${target.clientId}"`], {}, /does not say its realm/],
  ['a realm twice', [`${challenge}, realm="evil"`], {}, /does not say/],
  [
    'an audience within the client id',
    ['Bearer realm="a", client_id="a/portal.example@b"'],
    {},
    /does not say its client_id/,
  ],
  ['any realm', ['Bearer realm="*", client_id="a"'], {}, /does not say its realm/],
  ['a realm with a part of its own', ['Bearer realm="a@b", client_id="a"'], {}, /does not say its realm/],
  ['an empty realm', ['Bearer realm="", client_id="a"'], {}, /does not say its realm/],
  ['a realm of spaces', ['Bearer realm=" ", client_id="a"'], {}, /does not say its realm/],
  [
    'a client id of 129 characters',
    [`Bearer realm="a", client_id="${'a'.repeat(129)}"`],
    {},
    /does not say its client_id/,
  ],
  ['another client id than the configured one', [challenge], { targetClientId: 'a' }, /another client_id/],
  ['another realm than the configured one', [challenge], { targetRealm: 'a' }, /another realm/],
]

describe('readTarget', () => {
  for (const [title, lines, known, expected] of read) {
    it(`reads ${title}`, () => {
      assert.deepEqual(readTarget(answer(lines), known), expected)
    })
  }

  for (const [title, lines, known, told] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => readTarget(answer(lines), known),
        (error) => {
          assert.ok(error instanceof OutgoingError)
          assert.equal(error.side, 'target')
          assert.match(error.reason ?? '', /configure targetClientId and targetRealm/)
          return refusal('ERR_S2S_TARGET_CHALLENGE', told)(error)
        },
      )
    })
  }

  for (const status of [200, 302, 403, 404, 407, 500]) {
    it(`believes no challenge in an answer ${status}`, () => {
      assert.throws(
        () => readTarget(answer([challenge], status), {}),
        refusal('ERR_S2S_TARGET_CHALLENGE', new RegExp(`with ${status}`)),
      )
    })
  }
})

describe('discoverTarget', () => {
  it('asks with an empty bearer credential and nothing else', async () => {
    const server = await startRecordingServer((response) => {
      sayWho(response, ['NTLM', challenge])
    })
    try {
      const identity = await discoverTarget(new URL('/x', server.url), {}, { ca: server.ca })
      assert.deepEqual(identity, { ...target, trustedIssuers: undefined })
      const [asked] = server.received
      assert.deepEqual([server.received.length, asked?.method, asked?.url, asked?.body], [1, 'GET', '/x', ''])
      assert.equal(asked?.headers.authorization, 'Bearer')
    } finally {
      await server.close()
    }
  })
})
