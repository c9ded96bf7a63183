import type { S2SOptions } from 'passport-s2s'
import type { CreateNode } from './fleet-module.ts'

/** What goes to each process as `data`: options of `createS2S` that are plain data, over those that all stories share. */
export interface TokenFleetData {
  readonly options: Pick<S2SOptions, 'trustedIssuers' | 'stateStaleSeconds' | 'refuseExposedTokens'>
}

/** A server that reads reports to whoever has the scope `reports.read`. */
export const createNode: CreateNode = ({ state, data }) => ({
  form: 'protect',
  s2s: { audience: 'https://reports.example.com', state, ...(data as TokenFleetData).options },
  resources: { 'GET /reports/:id': 'reports.read' },
})
