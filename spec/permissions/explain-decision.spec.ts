import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionDerivation, PermissionDerivation } from '../../lib/audit/audit-event.ts'
import { anonymousDerivation } from '../../lib/permissions/decide.ts'
import { explainDecision } from '../../lib/permissions/explain-decision.ts'

const grant = { issuer: 'farm', application: 'app@realm', appOnly: true }

const stories: readonly { name: string; derivation: DecisionDerivation; lines: readonly string[] }[] = [
  {
    name: 'an anonymous request for what is public',
    derivation: anonymousDerivation,
    lines: ['The request is anonymous.', 'The resource requires no permission.', 'Conclusion: allowed.'],
  },
  {
    name: 'a derivation from elsewhere that does not say who called',
    derivation: { ...anonymousDerivation, kind: 'app' },
    lines: ['The request is anonymous.', 'The resource requires no permission.', 'Conclusion: allowed.'],
  },
  {
    name: 'a derivation from elsewhere that does not say how the caller acts',
    derivation: { ...anonymousDerivation, source: 'grants' },
    lines: ['The request is anonymous.', 'The resource requires no permission.', 'Conclusion: allowed.'],
  },
  {
    name: 'a grant that is enough, and one that is not',
    derivation: {
      kind: 'app',
      source: 'grants',
      needs: 'all',
      container: 'named',
      permissions: [
        {
          required: 'lists:Write',
          application: 'held',
          given: [
            { permission: 'lists:Manage', container: '/sites/a', grant, verdict: 'counts' },
            { permission: 'lists:Write', grant: { ...grant, appOnly: false }, verdict: 'app-only-off' },
          ],
          more: 3,
          user: 'not-asked',
        },
      ],
      conclusion: 'allowed',
    },
    lines: [
      'The application acts on its own; its permissions are the grants of this server.',
      'The resource requires lists:Write, in the container that the request is about.',
      'lists:Write: lists:Manage in /sites/a, granted to app@realm of farm, appOnly on, counts.',
      'lists:Write: lists:Write, granted to app@realm of farm, appOnly off, does not count without a user, for appOnly is off.',
      'lists:Write: 3 more that are not listed.',
      'lists:Write: the application holds it.',
      'lists:Write: there is no user to ask.',
      'Conclusion: allowed.',
    ],
  },
  {
    name: 'a user who lacks one of two scopes',
    derivation: {
      kind: 'user+app',
      source: 'token',
      needs: 'all',
      permissions: [
        { required: 'a', application: 'held', given: [{ permission: 'a', verdict: 'counts' }], user: 'held' },
        { required: 'b', application: 'held', given: [{ permission: 'b', verdict: 'counts' }], user: 'not-held' },
      ],
      conclusion: 'ERR_S2S_USER_RIGHT_MISSING',
    },
    lines: [
      'The application acts for a user; its permissions are those in its token.',
      'The resource requires a, b.',
      'a: a, in the token counts.',
      'a: the application holds it.',
      'a: the user holds it.',
      'b: b, in the token counts.',
      'b: the application holds it.',
      'b: the user does not hold it.',
      'Conclusion: refused with ERR_S2S_USER_RIGHT_MISSING.',
    ],
  },
  {
    name: 'a function that judged',
    derivation: {
      kind: 'user+app',
      source: 'token',
      needs: 'function',
      permissions: [],
      conclusion: 'ERR_S2S_SCOPE_MISSING',
    },
    lines: [
      'The application acts for a user; its permissions are those in its token.',
      'The resource is judged by a function of its own.',
      'Conclusion: refused with ERR_S2S_SCOPE_MISSING.',
    ],
  },
]

/** The lines on one permission of a caller for a user. */
function linesOn(permission: Omit<PermissionDerivation, 'required'>): readonly string[] {
  const explained = explainDecision({
    kind: 'user+app',
    source: 'grants',
    needs: 'any',
    container: 'none',
    permissions: [{ required: 'a', ...permission }],
    conclusion: 'ERR_S2S_GRANT_MISSING',
  })
  return explained.split('\n').slice(1, -1)
}

describe('explainDecision', () => {
  for (const { name, derivation, lines } of stories) {
    it(`tells of ${name}`, () => {
      assert.deepEqual(explainDecision(derivation).split('\n'), lines)
    })
  }

  for (const [application, line] of [
    ['app-only-off', 'a: the application may use it for a user only, for no grant of it has appOnly.'],
    ['beyond-ceiling', 'a: the application was given it, but not within the permissionCeiling of its issuer.'],
    ['not-held', 'a: the application does not hold it.'],
  ] as const) {
    it(`has words for ${application} of the application`, () => {
      assert.deepEqual(linesOn({ application, given: [], user: 'checked-by-handler' }), [
        'The resource requires one of a, everywhere.',
        line,
        "a: the user's side is left to the handler.",
      ])
    })
  }

  for (const [verdict, words] of [
    ['right-too-low', 'is too low a right'],
    ['outside-container', 'is limited to a container that does not hold what the request is about'],
    ['beyond-ceiling', 'is beyond the permissionCeiling of the issuer'],
    ['not-counted', 'stands in a claim that does not count for this kind of caller'],
  ] as const) {
    it(`has words for an entry that is ${verdict}`, () => {
      const [, entry, , user] = linesOn({
        application: 'not-held',
        given: [{ permission: 'p', verdict }],
        user: 'not-asked',
      })
      assert.equal(entry, `a: p, in the token ${words}.`)
      assert.equal(user, 'a: the user is not asked: there are no userRights and no profile.')
    })
  }

  it('keeps each step on its line, whatever a grant store holds', () => {
    const given = [
      { permission: 'a', grant: { ...grant, issuer: 'x\nConclusion: allowed.\u2028\r' }, verdict: 'counts' } as const,
    ]
    const [, entry, ...rest] = linesOn({ application: 'held', given, user: 'held' })
    assert.equal(entry, 'a: a, granted to app@realm of x Conclusion: allowed.  , appOnly on, counts.')
    assert.equal(rest.length, 2)
  })
})
