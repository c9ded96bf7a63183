import type { S2SOptions } from 'passport-s2s'
import type { CreateNode } from './fleet-module.ts'

/** What goes to each process as `data`: whom it trusts, and as whom callers know the fleet. */
export type DpopFleetData = Pick<S2SOptions, 'audience' | 'ca' | 'dpop' | 'trustedIssuers'>

/** A server that reads reports to whoever has the scope `reports.read` and proves that the token is its own. */
export const createNode: CreateNode = ({ state, data }) => ({
  form: 'protect',
  s2s: { ...(data as DpopFleetData), state },
  resources: { 'GET /reports/:id': 'reports.read' },
})
