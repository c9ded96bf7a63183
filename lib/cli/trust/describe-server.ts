import { printDay } from '../print/print-day.ts'
import { printTable } from '../print/print-table.ts'
import type { InspectedKey, InspectedServer } from './inspect-server.ts'

/** A server's own word, for people who compare it with what its administrator tells them. `now`: seconds since 1970. */
export function describeServer(server: InspectedServer, now: number): readonly string[] {
  const { type, document, issuer, realm, keys, ignoredKeys } = server
  const rows = [
    ['type', type],
    ['document', document],
    ['issuer', issuer],
    ...(realm === undefined ? [] : [['realm', realm]]),
    ['keys', ignoredKeys === 0 ? String(keys.length) : `${keys.length}, and ${ignoredKeys} that cannot be used`],
  ]
  return [...printTable(rows), ...keys.flatMap((key) => describeKey(key, now))]
}

/** One key in some lines. `now`: seconds since 1970. */
export function describeKey(key: InspectedKey, now: number): readonly string[] {
  const { name, algorithms, x5t, x5tS256 } = key
  const rows = [
    ...(x5t === '' ? [['    SHA-256 of the key', printHex(x5tS256)]] : []),
    ...(x5t === '' ? [] : [['    SHA-1', printHex(x5t)], ['    SHA-256', printHex(x5tS256)]]), // prettier-ignore
    ['    algorithms', algorithms.join(' ')],
    ...validity(key, now),
  ]
  return [`  ${name}`, ...printTable(rows)]
}

function validity({ notBefore, notAfter }: InspectedKey, now: number): readonly string[][] {
  if (notBefore === undefined || notAfter === undefined) return []
  const days = Math.floor((notAfter - now) / 86_400)
  const state = now < notBefore ? 'NOT VALID YET' : now >= notAfter ? 'EXPIRED' : `${days} days left`
  return [['    valid', `${printDay(notBefore)} to ${printDay(notAfter)} (${state})`]]
}

/** As Windows shows thumbprints: hex in upper case. */
function printHex(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('hex').toUpperCase()
}
