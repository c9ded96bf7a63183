import http from 'node:http'
import type https from 'node:https'

/** What is wrong with an agent. Its own options win over ours, so one that checks nothing would go unnoticed. */
export function agentFault(agent: unknown): string | undefined {
  if (!(agent instanceof http.Agent) || Object.getPrototypeOf(agent) === http.Agent.prototype) {
    return 'must be an https.Agent'
  }
  const { options } = agent as http.Agent & { readonly options: https.AgentOptions }
  return 'rejectUnauthorized' in options && options.rejectUnauthorized !== true
    ? 'has rejectUnauthorized switched off, so that anybody could hand us keys; set ca instead'
    : undefined
}
