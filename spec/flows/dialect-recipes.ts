import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenIdIssuerOptions, Resources } from 'passport-s2s'

/** Pods of the cluster that this server itself runs in. */
export function podsOfThisCluster(folder = '/var/run/secrets/kubernetes.io/serviceaccount'): OpenIdIssuerOptions {
  return {
    type: 'openid',
    name: 'cluster',
    issuer: 'https://kubernetes.default.svc.cluster.local', // kubectl get --raw /.well-known/openid-configuration
    jwksUri: 'https://kubernetes.default.svc/openid/v1/jwks',
    ca: readFileSync(join(folder, 'ca.crt'), 'utf8'),
    discoveryTokenFile: join(folder, 'token'), // read anew for each fetch, and sent there only
    callerKind: 'kubernetes',
    namespaces: ['payments'],
  }
}

/** Workloads of a SPIFFE trust domain. Their tokens may have no `iss`. */
export const workloads: OpenIdIssuerOptions = {
  type: 'openid',
  name: 'workloads',
  issuer: 'spiffe://example.org', // or what SPIRE is told to write (jwt_issuer)
  callerKind: 'spiffe',
  trustDomain: 'example.org',
  bundleEndpoint: 'https://spire.example.org:8443',
}

/** Service accounts of Google; never people. */
export const googleAccounts: OpenIdIssuerOptions = {
  type: 'openid',
  name: 'google',
  issuer: 'https://accounts.google.com',
  callerKind: 'google',
  applications: ['ledger@payments-prod.iam.gserviceaccount.com'],
}

/** Machine clients of a Cognito user pool. Their tokens have no `aud`. */
export const userPool: OpenIdIssuerOptions = {
  type: 'openid',
  name: 'pool',
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
  callerKind: 'cognito',
  clientIds: ['1example23456789'],
}

/** An issuer that exchanges tokens and says in `act` who acts. */
export const exchange: OpenIdIssuerOptions = {
  type: 'openid',
  name: 'exchange',
  issuer: 'https://sts.example.com',
  acceptsActorClaim: true,
}

export const dialectResources: Resources = {
  // Tokens of workloads have no scopes: the rule names who may call.
  'GET /ledger': {
    applications: [
      { issuer: 'cluster', application: 'system:serviceaccount:payments:ledger' },
      { issuer: 'workloads', application: 'spiffe://example.org/ns/payments/sa/ledger' },
      { issuer: 'google', application: 'ledger@payments-prod.iam.gserviceaccount.com' },
    ],
  },
  'GET /reports/:id': 'reports-api/read',
  // One application, and only for a user who may do it too.
  'PUT /reports/:id': {
    scope: 'reports',
    right: 'Write',
    applications: [
      { issuer: 'exchange', application: 'backend' },
      { issuer: 'farm', application: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28' },
    ],
    onBehalfOf: 'user',
  },
  'POST /cleanup': { scope: 'cleanup', onBehalfOf: 'nobody' },
}
