// The decision alone has no public face: this module is read from the compiled package.
import { isSecureTransport, type TransportRequest } from '../../../../dist/express/secure-transport.js'
import { answerParent } from '../../processes/answer-parent.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds } from '../measure-cpu.ts'

const operations = 1_000_000

/** Whether a request came over TLS: directly, and through a proxy on this machine. */
answerParent(async ({ rounds }: TopicEffort): Promise<readonly Finding[]> => {
  const app = {
    get:
      () =>
      (address: string | undefined): boolean =>
        address === '127.0.0.1',
  }
  const socket = { remoteAddress: '127.0.0.1' }
  const direct = { headers: {}, socket: { ...socket, encrypted: true }, app }
  const proxied = { headers: { 'x-forwarded-proto': 'https' }, socket, app }
  const costs = await measureCpu([candidate('direct', direct), candidate('proxied', proxied)], rounds)
  return [
    { name: 'TLS decision, direct', value: medianOfRounds(costs, (round) => round.direct), unit: 'us' },
    { name: 'TLS decision, behind a proxy', value: medianOfRounds(costs, (round) => round.proxied), unit: 'us' },
  ]
})

function candidate<Name extends string>(
  name: Name,
  request: TransportRequest,
): { readonly name: Name; readonly operations: number; readonly run: () => void } {
  return {
    name,
    operations,
    run: () => {
      let secure = 0
      for (let index = 0; index < operations; index += 1) if (isSecureTransport(request)) secure += 1
      if (secure !== operations) throw new Error(`${name}: a decision was not what was expected`)
    },
  }
}
