import type { S2SOptions } from 'passport-s2s'
import type { CreateNode } from './fleet-module.ts'

/** What goes to each process as `data`: options that are plain data, over those that all stories share. */
export type TokenFleetOptions = Pick<S2SOptions, 'trustedIssuers' | 'stateStaleSeconds' | 'refuseExposedTokens'>

/** A server that gives reports to whoever has the scope `reports.read`. */
export const createNode: CreateNode = ({ state, data }) => {
  const options = data as TokenFleetOptions
  return {
    form: 'protect',
    s2s: { audience: 'https://reports.example.com', state, ...options },
    resources: { 'GET /reports/:id': 'reports.read' },
    // As if a proxy stood in front: what came there over plain http says so.
    trustProxy: 'loopback',
  }
}
