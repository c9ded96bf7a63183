import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { createTestIssuer } from '../../../lib/testing/create-test-issuer.ts'
import { fixedClock, NOW } from '../../support/clock.ts'
import { audience, describeDialect, shapeOf } from '../../support/dialect-table.ts'

const common = { type: 'static', audience, clock: fixedClock } as const
const cluster = await createTestIssuer({
  ...common,
  name: 'cluster',
  issuer: 'https://kubernetes.default.svc.cluster.local',
  trust: { callerKind: 'kubernetes', namespaces: ['payments'] },
})
/** Another cluster: its keys have the same names. */
const staging = await createTestIssuer({
  ...common,
  name: 'staging',
  issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/5D3E',
  trust: {
    callerKind: 'kubernetes',
    applications: ['system:serviceaccount:payments:ledger', 'system:serviceaccount:shop:web'],
    namespaces: ['shop'],
  },
})

const ledger = 'system:serviceaccount:payments:ledger'
const binding = {
  namespace: 'payments',
  node: { name: 'node-1', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
  pod: { name: 'ledger-6c9f8b-x2x7k', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
  serviceaccount: { name: 'ledger', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
}
/** As the API server writes it into a projected volume. */
const shape = {
  aud: [audience],
  exp: NOW + 3607,
  iat: NOW,
  jti: 'ea28ed49-2e11-4280-9ec5-bc3d1d84661a',
  'kubernetes.io': binding,
  nbf: NOW,
  sub: ledger,
}
const token = shapeOf(cluster, shape)
const stagingToken = shapeOf(staging, shape)
const withClaims = (claims: object): string => token({ claims: { ...claims } })
const bound = (changes: object): string => withClaims({ 'kubernetes.io': { ...binding, ...changes } })

function principal(id: string, issuer: string): Omit<S2SPrincipal, 'token'> {
  return { kind: 'app', application: { id }, issuer, actorChain: [id], permissions: [] }
}

describeDialect('service accounts of Kubernetes', {
  server: { trustedIssuers: [cluster.options, staging.options] },
  accepted: [
    ['the service account of a pod', token(), principal(ledger, 'cluster')],
    [
      'one that is bound to no pod (kubectl create token)',
      bound({ pod: undefined, node: undefined }),
      principal(ledger, 'cluster'),
    ],
    [
      'one of another cluster',
      stagingToken({
        claims: {
          sub: 'system:serviceaccount:shop:web',
          'kubernetes.io': { ...binding, namespace: 'shop', serviceaccount: { name: 'web' } },
        },
      }),
      principal('system:serviceaccount:shop:web', 'staging'),
    ],
  ],
  refused: [
    [
      'a namespace that is not listed',
      withClaims({
        sub: 'system:serviceaccount:kube-system:ledger',
        'kubernetes.io': { ...binding, namespace: 'kube-system' },
      }),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
    ['an account that is listed, of a namespace that is not', stagingToken(), 'ERR_S2S_APPLICATION_NOT_ALLOWED'],
    [
      'an account of a listed namespace that is not listed itself',
      stagingToken({
        claims: {
          sub: 'system:serviceaccount:shop:cron',
          'kubernetes.io': { ...binding, namespace: 'shop', serviceaccount: { name: 'cron' } },
        },
      }),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
    ['another namespace in "kubernetes.io" than in "sub"', bound({ namespace: 'shop' }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'another name in "kubernetes.io" than in "sub"',
      bound({ serviceaccount: { name: 'x' } }),
      'ERR_S2S_CLAIM_INVALID',
    ],
    [
      'a name in "kubernetes.io" that is a list',
      bound({ serviceaccount: { name: ['ledger'] } }),
      'ERR_S2S_CLAIM_INVALID',
    ],
    ['"kubernetes.io" without an account', bound({ serviceaccount: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['"kubernetes.io" that is a text', withClaims({ 'kubernetes.io': 'payments' }), 'ERR_S2S_CLAIM_INVALID'],
    ['"kubernetes.io" that is a list', withClaims({ 'kubernetes.io': [binding] }), 'ERR_S2S_CLAIM_INVALID'],
    ['a token that is bound to nothing', withClaims({ 'kubernetes.io': undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['a user of the cluster', withClaims({ sub: 'kubernetes-admin' }), 'ERR_S2S_CLAIM_INVALID'],
    ['a node', withClaims({ sub: 'system:node:node-1' }), 'ERR_S2S_CLAIM_INVALID'],
    ['a group of service accounts', withClaims({ sub: 'system:serviceaccount:payments' }), 'ERR_S2S_CLAIM_INVALID'],
    ['one more colon in the name', withClaims({ sub: `${ledger}:admin` }), 'ERR_S2S_CLAIM_INVALID'],
    ['a line break behind the name', withClaims({ sub: `${ledger}\n` }), 'ERR_S2S_CLAIM_INVALID'],
    ['capitals', withClaims({ sub: 'system:serviceaccount:PAYMENTS:ledger' }), 'ERR_S2S_CLAIM_INVALID'],
    ['the audience of the API server', withClaims({ aud: [cluster.issuer] }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['no audience', withClaims({ aud: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor', withClaims({ act: { sub: ledger } }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'a token of the time before bound tokens',
      withClaims({
        iss: 'kubernetes/serviceaccount',
        aud: undefined,
        exp: undefined,
        'kubernetes.io': undefined,
        'kubernetes.io/serviceaccount/namespace': 'payments',
        'kubernetes.io/serviceaccount/service-account.name': 'ledger',
      }),
      'ERR_S2S_ISSUER_UNTRUSTED',
    ],
    ['the extended token of a year', withClaims({ exp: NOW + 31_536_000 }), 'ERR_S2S_TOKEN_LIFETIME'],
    [
      'the key of another cluster under the same name',
      token({ key: staging.keys.RS256.privateKey }),
      'ERR_S2S_SIGNATURE_INVALID',
    ],
    [
      'another cluster that names this one as issuer',
      stagingToken({ claims: { iss: cluster.issuer } }),
      'ERR_S2S_SIGNATURE_INVALID',
    ],
  ],
})
