import { nearestName } from '../foundation/nearest-name.ts'
import { readUrl } from '../foundation/read-url.ts'
import { parsePrincipalName, type PrincipalName } from '../tokens/principal-name.ts'

/** How a text differs from the one that was expected, when it differs by little. */
export interface Difference {
  readonly kind: 'space' | 'slash' | 'case' | 'scheme' | 'port' | 'realm' | 'id' | 'path' | 'host' | 'near'
  /** A clause that goes on after the name of what differs: `differs by a slash at the end`. */
  readonly clause: string
}

/** The expected text that is nearest, and how it differs. */
export interface NearMatch extends Difference {
  readonly expected: string
}

const order: readonly Difference['kind'][] = [
  'space',
  'slash',
  'case',
  'scheme',
  'port',
  'realm',
  'id',
  'host',
  'path',
  'near',
]

/**
 * The expected text that is nearest to what was found, when any is near: names of issuers and audiences, both as addresses
 * and as `id/host@realm`. For messages only.
 */
export function findNearMatch(found: string, expected: readonly string[]): NearMatch | undefined {
  const near = expected.flatMap((text): NearMatch[] => {
    const difference = compareTexts(found, text)
    return difference === undefined ? [] : [{ ...difference, expected: text }]
  })
  return near.sort((left, right) => order.indexOf(left.kind) - order.indexOf(right.kind))[0]
}

function compareTexts(found: string, expected: string): Difference | undefined {
  const isAddress = /^https?:\/\//i.test(found) && /^https?:\/\//i.test(expected)
  return compareSpelling(found, expected) ?? (isAddress ? compareUrls(found, expected) : compareNames(found, expected))
}

/** The same but for what is easily overlooked. */
function compareSpelling(found: string, expected: string): Difference | undefined {
  if (found.trim() === expected) return { kind: 'space', clause: 'has a space or line break around it' }
  if (withoutSlash(found) === withoutSlash(expected)) {
    const clause = found.endsWith('/') ? 'has a slash at the end that is not expected' : 'lacks the slash at the end'
    return { kind: 'slash', clause }
  }
  const [left, right] = [found.toLowerCase(), expected.toLowerCase()]
  if (left === right) return { kind: 'case', clause: 'differs in letter case' }
  return withoutSlash(left) === withoutSlash(right)
    ? { kind: 'case', clause: 'differs in letter case and by a slash at the end' }
    : undefined
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '')
}

function compareUrls(found: string, expected: string): Difference | undefined {
  const [left, right] = [readUrl(found), readUrl(expected)]
  if (left === undefined || right === undefined) return undefined
  if (left.protocol !== right.protocol) return compareSchemes(left, right)
  if (left.hostname !== right.hostname) return compareHosts(left, right)
  if (left.port !== right.port || hasPort(found) !== hasPort(expected)) return comparePorts(left.port, right.port)
  return comparePaths(left.pathname, right.pathname)
}

function compareSchemes(found: URL, expected: URL): Difference | undefined {
  const isSame = found.host === expected.host && withoutSlash(found.pathname) === withoutSlash(expected.pathname)
  const clause = `is ${found.protocol.slice(0, -1)} instead of ${expected.protocol.slice(0, -1)}`
  return isSame ? { kind: 'scheme', clause } : undefined
}

function hasPort(address: string): boolean {
  return /^https?:\/\/[^/]*:\d+(?:\/|$)/i.test(address)
}

function comparePorts(found: string, expected: string): Difference {
  if (found === expected) return { kind: 'port', clause: 'writes the usual port, which is left out' }
  if (found === '') return { kind: 'port', clause: `lacks the port ${expected}` }
  if (expected === '') return { kind: 'port', clause: `has the port ${found}, which is not expected` }
  return { kind: 'port', clause: `has the port ${found} instead of ${expected}` }
}

/** Keycloak and Entra write realm and tenant into the path. */
function comparePaths(found: string, expected: string): Difference {
  const realm = /\/realms\/[^/]+/
  const isRealm = realm.test(found) && found.replace(realm, '') === expected.replace(realm, '')
  return isRealm
    ? { kind: 'realm', clause: 'has the right host but another realm' }
    : { kind: 'path', clause: 'has the right host but another path' }
}

function compareHosts(found: URL, expected: URL): Difference | undefined {
  const isNear = nearestName(found.hostname, [expected.hostname]) !== undefined
  return isNear && found.pathname === expected.pathname
    ? { kind: 'host', clause: 'differs in one or two letters of the host' }
    : undefined
}

/** `id@realm` and `id/host@realm`. */
function compareNames(found: string, expected: string): Difference | undefined {
  const [left, right] = [parsePrincipalName(found), parsePrincipalName(expected)]
  if (left?.realm === undefined || right?.realm === undefined) return compareOthers(found, expected)
  return compareAudienceHosts(left, right) ?? compareRealms(left, right)
}

function compareRealms(found: PrincipalName, expected: PrincipalName): Difference | undefined {
  const host = expected.host === undefined ? '' : ' and host'
  if (found.host?.toLowerCase() !== expected.host?.toLowerCase()) return undefined
  if (found.id === expected.id) return { kind: 'realm', clause: `has the right id${host} but another realm` }
  if (found.realm !== expected.realm) return undefined
  return { kind: 'id', clause: `has the right realm${host} but another id` }
}

function compareAudienceHosts(found: PrincipalName, expected: PrincipalName): Difference | undefined {
  const isSame = found.id === expected.id && found.realm === expected.realm
  if (!isSame || found.host === undefined || expected.host === undefined) return undefined
  const [left, right] = [found.host.toLowerCase(), expected.host.toLowerCase()]
  if (left.replace(/:\d+$/, '') !== right.replace(/:\d+$/, '')) {
    return { kind: 'host', clause: 'names a host that is not one of ours' }
  }
  const ports = [left, right].map((host) => /:(\d+)$/.exec(host)?.[1] ?? '')
  return comparePorts(ports[0] ?? '', ports[1] ?? '')
}

function compareOthers(found: string, expected: string): Difference | undefined {
  return nearestName(found, [expected]) === undefined
    ? undefined
    : { kind: 'near', clause: 'differs in one or two letters' }
}
