import { createHash } from 'node:crypto'
import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { AttackFamily, AttackRow, Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const unknown = 'ERR_S2S_KEY_UNKNOWN'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

function unknownThumbprints({ certificate }: S2SSetup): Oddities {
  const { x5t, x5tS256, derBase64 } = certificate
  const bytes = Buffer.from(x5t, 'base64url')
  return {
    unknown: createHash('sha1').update('unknown').digest('base64url'),
    empty: '',
    hexadecimal: bytes.toString('hex'),
    'hexadecimal in upper case': bytes.toString('hex').toUpperCase(),
    'base64url of the hexadecimal': Buffer.from(bytes.toString('hex')).toString('base64url'),
    'SHA-256': x5tS256,
    'SHA-1 of the base64': createHash('sha1').update(derBase64).digest('base64url'),
    'in upper case': x5t.toUpperCase(),
    'cut short': x5t.slice(0, -1),
    'with a suffix': `${x5t}A`,
    'of 21 bytes': Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'),
    'after a space': ` ${x5t}`,
    'before a newline': `${x5t}\n`,
    ['__proto__']: '__proto__',
    constructor: 'constructor',
    missing: undefined,
  }
}

const noTexts = (x5t: string): Oddities => ({
  '4 kB': 'A'.repeat(4096),
  'a list': [x5t],
  'an object': { x5t },
  'a number': 20,
  null: null,
})

function otherHeaders({ attacker, certificate, forgeActor }: S2SSetup): Readonly<Record<string, string>> {
  const { x5t } = certificate
  const without = { x5t: undefined }
  const conflict = (value: string): string => forgeActor({ header: { 'x5t#S256': value } })
  return {
    'no x5t and the key of an attacker': forgeActor({ header: without, key: attacker.privateKey }),
    'x5t only in the claims': forgeActor({ header: without, claims: { x5t } }),
    'a kid instead of x5t': forgeActor({ header: { ...without, kid: x5t } }),
    'X5T in upper case': forgeActor({ header: { ...without, X5T: x5t } }),
    'x5t#S256 in conflict with x5t: unknown': conflict(attacker.x5tS256),
    'x5t#S256 in conflict with x5t: empty': conflict(''),
    'x5t#S256 in conflict with x5t: equal to x5t': conflict(x5t),
  }
}

/** A thumbprint that is not that of the certificate; alone and inside an outer token. */
export const actorTokenThumbprint: AttackFamily<S2SSetup> = {
  family: 'actor-token-thumbprint',
  cve: 'CVE-2026-55040',
  reason: 'a token whose certificate is not known is believed all the same, or its thumbprint is read loosely',
  rows: (setup) => {
    const { forgeActor, wrap, certificate } = setup
    const alone = (title: string, actor: string, code: ErrorCode): AttackRow[] => [
      [`${title}, app-only`, actor, code],
      [`${title}, in an outer token`, wrap(actor), code],
    ]
    const withThumbprint =
      (code: ErrorCode) =>
      ([title, x5t]: [string, unknown]): AttackRow[] =>
        alone(`x5t ${title}`, forgeActor({ header: { x5t } }), code)
    return [
      ...Object.entries(unknownThumbprints(setup)).flatMap(withThumbprint(unknown)),
      ...Object.entries(noTexts(certificate.x5t)).flatMap(withThumbprint(malformed)),
      ...Object.entries(otherHeaders(setup)).flatMap(([title, actor]) => alone(title, actor, unknown)),
    ]
  },
}
