import { AndFilter, Client, EqualityFilter, ExtensibleFilter, NotFilter, OrFilter, type Entry } from 'ldapts'
import type { FindProfiles, ProfileQuery, UserProfile } from 'passport-s2s'

export interface ActiveDirectory {
  /** `ldaps://dc1.example.com`; port 3269 is the global catalog, for users of the whole forest. */
  readonly url: string
  /** The certificate authority of the domain, as PEM. */
  readonly ca: string
  /** Where users are looked for: `DC=example,DC=com`. */
  readonly base: string
  /** The service account: one that may read users, and nothing else. */
  readonly account: string
  readonly password: string
  /** What the members of a group may do, by the group's distinguished name. */
  readonly rights: Readonly<Record<string, readonly string[]>>
}

/** Users of this store only, or of none that the token names: the same `upn` elsewhere may be somebody else. */
const windowsStore = 'urn:office:idp:activedirectory' // or what `userStores` calls it

export function findInActiveDirectory(directory: ActiveDirectory): FindProfiles {
  const { url, password } = directory
  if (!url.startsWith('ldaps://'))
    throw new TypeError('url must begin with ldaps://: without TLS anybody reads the password')
  if (password === '') throw new TypeError('password is empty: directories take that for an anonymous bind')
  const rightsOfGroup = new Map(Object.entries(directory.rights))

  function toProfile(entry: Entry): UserProfile {
    const roles = valuesOf(entry, 'memberOf').map(String)
    const id = valuesOf(entry, 'objectGUID').map((value) => Buffer.from(value).toString('hex'))
    return { id: id.join(), roles, rights: roles.flatMap((role) => rightsOfGroup.get(role) ?? []) }
  }

  return async function findProfiles(query, { signal }) {
    const wanted = query.store === undefined || query.store === windowsStore ? attributesOf(query) : []
    if (wanted.length === 0) return []
    const entries = await searchUsers(directory, wanted, signal)
    // A directory also finds what only looks alike: other accents, widths, spaces. Two are refused whatever they are.
    const found = entries.length === 1 ? entries.filter((entry) => holdsOneOf(entry, wanted)) : entries
    return found.map(toProfile)
  }
}

/** A connection for each look-up: profiles are kept for a minute anyway, and no failure is carried over. */
async function searchUsers(
  directory: ActiveDirectory,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<Entry[]> {
  const { url, ca, base, account, password } = directory
  const tlsOptions = { ca, rejectUnauthorized: true }
  const client = new Client({ url, tlsOptions, connectTimeout: 2000, timeout: 2000 })

  async function search(): Promise<Entry[]> {
    await client.bind(account, password)
    const { searchEntries } = await client.search(base, {
      filter: new AndFilter({ filters: [...enabledUsers, anyOf(wanted)] }),
      sizeLimit: 2, // one is the user; two are already too many
      attributes: ['objectGUID', 'memberOf', ...wanted.map(({ attribute }) => attribute)],
      explicitBufferAttributes: ['objectGUID', 'objectSid'],
    })
    return searchEntries
  }
  const tooLate = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('the directory did not answer in time'))
    })
  })
  try {
    return await Promise.race([search(), tooLate])
  } finally {
    await client.unbind()
  }
}

/** People, not computers, and no disabled accounts (bit 2 of userAccountControl). */
const enabledUsers = [
  new EqualityFilter({ attribute: 'objectCategory', value: 'person' }),
  new EqualityFilter({ attribute: 'objectClass', value: 'user' }),
  new NotFilter({
    filter: new ExtensibleFilter({ matchType: 'userAccountControl', rule: '1.2.840.113556.1.4.803', value: '2' }),
  }),
]

interface Wanted {
  readonly attribute: string
  readonly value: string | Buffer
}

/** Any of these makes an entry the user's; none for what this directory does not know. */
function attributesOf({ attribute, value }: ProfileQuery): readonly Wanted[] {
  switch (attribute) {
    case 'sid':
      return sidBytes(value).map((bytes) => ({ attribute: 'objectSid', value: bytes }))
    case 'upn':
      return [{ attribute: 'userPrincipalName', value }]
    case 'smtp':
      return [
        { attribute: 'mail', value },
        { attribute: 'proxyAddresses', value: `smtp:${value}` },
      ]
    case 'sip':
      return [{ attribute: 'msRTCSIP-PrimaryUserAddress', value: value.startsWith('sip:') ? value : `sip:${value}` }]
    case 'nameid':
      return []
  }
}

/** Filter objects, never filter text: what a caller says cannot become a part of the filter (RFC 4515 escapes that way). */
function anyOf(wanted: readonly Wanted[]): OrFilter {
  return new OrFilter({ filters: wanted.map((one) => new EqualityFilter(one)) })
}

function holdsOneOf(entry: Entry, wanted: readonly Wanted[]): boolean {
  return wanted.some(({ attribute, value }) => valuesOf(entry, attribute).some((held) => isSame(held, value)))
}

function isSame(held: string | Buffer, value: string | Buffer): boolean {
  if (typeof held === 'string' || typeof value === 'string') return String(held).toLowerCase() === String(value)
  return held.equals(value)
}

function valuesOf(entry: Entry, attribute: string): readonly (string | Buffer)[] {
  return [entry[attribute] ?? []].flat()
}

/** `s-1-5-21-...` as the bytes that the directory keeps; none when it is no possible SID. */
function sidBytes(sid: string): readonly Buffer[] {
  const [authority = NaN, ...parts] = sid.split('-').slice(2).map(Number)
  if (parts.length > 15 || ![authority, ...parts].every((part) => part <= 0xffffffff)) return []
  const bytes = Buffer.alloc(8 + 4 * parts.length)
  bytes.writeUInt8(1, 0) // revision
  bytes.writeUInt8(parts.length, 1)
  bytes.writeUIntBE(authority, 2, 6)
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + 4 * index)
  return [bytes]
}
