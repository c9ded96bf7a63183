import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ErrorCode } from '../../../lib/foundation/error-codes.ts'
import type { MetadataProduct } from '../../../lib/metadata/build-s2s-metadata.ts'
import type { ServerDelegation, ServerPreset } from '../../../lib/outgoing/products/server-preset.ts'
import { makeCertificate } from '../certificates.ts'
import { fixedClock, NOW } from '../clock.ts'
import { startCounterpart, type Counterpart, type Product, type TokenChanges } from './counterpart.ts'
import { dana, onBehalfOfDana, ourSelf, startOurServer, type OurServer } from './our-server.ts'

/** One product's story. */
export interface Story {
  readonly title: string
  readonly product: Product
  readonly realm: string
  /** Whose metadata path of ours the product reads. */
  readonly reads: MetadataProduct
  readonly ourMetadataPath: string
  /** The preset for the counterpart; with or without what is only known by asking it. */
  readonly preset: (counterpart: Counterpart, more?: { readonly delegation?: ServerDelegation }) => ServerPreset
  /** Dana as the product's tokens name her, in our principal. */
  readonly danaHere: Readonly<Record<string, string>>
  /** Dana as the product must see her in a call of ours. */
  readonly danaThere: Readonly<Record<string, string>>
}

/** A running story. */
export interface Stage {
  readonly counterpart: () => Counterpart
  readonly our: () => OurServer
}

const guest = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'

/** Both directions between our server and a counterpart, over real TLS; `more` are what only this product has. */
export function describeBothDirections(story: Story, more: (stage: Stage) => void): void {
  describe(story.title, () => {
    let counterpart: Counterpart
    let our: OurServer
    before(async () => {
      counterpart = await startCounterpart(story.product, { realm: story.realm, clock: fixedClock })
      our = await startOurServer(fixedClock, [story.reads])
    })
    after(() => Promise.all([counterpart.close(), our.close()]))
    const stage: Stage = { counterpart: () => counterpart, our: () => our }
    describeUnpaired(story, stage)
    describeOutgoing(story, stage)
    describeIncoming(story, stage)
    more(stage)
  })
}

async function believe({ preset }: Story, { our, counterpart }: Stage, delegation?: ServerDelegation): Promise<void> {
  const { trustedIssuer, client } = preset(counterpart(), delegation === undefined ? {} : { delegation })
  const issuer = trustedIssuer.name ?? ''
  const grant = { issuer, application: client.targetClientId, permissions: ['documents.read'], appOnly: true }
  await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
}

function describeUnpaired({ preset }: Story, { our, counterpart }: Stage): void {
  describe('before anybody trusts anybody', () => {
    it('refuses the token of the counterpart', () =>
      our().assertRefused(counterpart().appOnlyToken(our().target), 401, 'ERR_S2S_ISSUER_UNTRUSTED'))

    it('is refused by the counterpart, which a realm that is known already does not change', async () => {
      const { client } = preset(counterpart())
      const answer = await our()
        .client({ ...client, targetRealm: counterpart().realm })
        .fetch('/api/lists')
      assert.equal(answer.status, 401)
      assert.equal(counterpart().refusals.at(-1), 'the issuer of the token is not a trusted issuer')
      assert.deepEqual(counterpart().callers, [])
    })
  })
}

function describeOutgoing({ preset, ourMetadataPath, danaThere }: Story, { our, counterpart }: Stage): void {
  describe('our calls, once the counterpart has read our metadata', () => {
    const application = `${ourSelf.clientId}@${ourSelf.realm}`
    before(() => counterpart().trust(our().url + ourMetadataPath))

    it('reach it as this application', async () => {
      const answer = await our().client(preset(counterpart()).client).fetch('/api/lists')
      assert.equal(answer.status, 200, counterpart().refusals.at(-1))
      assert.deepEqual(counterpart().callers.at(-1), { application, user: undefined })
    })

    it('reach it for a user, by the identifiers it reads', async () => {
      const answer = await our()
        .client(preset(counterpart()).client)
        .fetch('/api/lists', { method: 'POST', body: '{}', onBehalfOf: onBehalfOfDana })
      assert.equal(answer.status, 200, counterpart().refusals.at(-1))
      assert.deepEqual(counterpart().callers.at(-1), { application, user: danaThere })
    })

    it('are refused when they are for another realm', async () => {
      const calls = counterpart().callers.length
      const client = { ...preset(counterpart()).client, targetRealm: '00000000-0000-0000-0000-00000000dead' }
      assert.equal((await our().client(client).fetch('/api/lists')).status, 401)
      assert.equal(counterpart().refusals.at(-1), 'client id and realm of the audience are ours, to the letter')
      assert.equal(counterpart().callers.length, calls)
    })
  })
}

interface RefusedCase {
  readonly name: string
  readonly code: ErrorCode
  readonly changes: (counterpart: Counterpart) => TokenChanges
}

const refusedCases: readonly RefusedCase[] = [
  {
    name: 'is for another realm',
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
    changes: () => ({ actor: { aud: `${ourSelf.clientId}/localhost@00000000-0000-0000-0000-00000000dead` } }),
  },
  {
    name: 'is for another host',
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
    changes: () => ({ actor: { aud: `${ourSelf.clientId}/elsewhere.example@${ourSelf.realm}` } }),
  },
  {
    name: 'names another application: no product is a trust broker',
    code: 'ERR_S2S_BROKER_REQUIRED',
    changes: ({ realm }) => ({ actor: { nameid: `${guest}@${realm}` }, outer: { iss: `${guest}@${realm}` } }),
  },
  {
    name: 'is of another realm of the same product',
    code: 'ERR_S2S_ISSUER_UNTRUSTED',
    changes: ({ clientId }) => ({ actor: { iss: `${clientId}@elsewhere.example` } }),
  },
  {
    name: 'has expired',
    code: 'ERR_S2S_TOKEN_EXPIRED',
    changes: () => ({ actor: { nbf: String(NOW - 7200), exp: String(NOW - 3600) } }),
  },
]

const refusedUserCases: readonly RefusedCase[] = [
  {
    name: 'is not trusted for delegation',
    code: 'ERR_S2S_DELEGATION_ABSENT',
    changes: () => ({ actor: { trustedfordelegation: 'false' } }),
  },
  {
    name: 'belongs to another application than its actor',
    code: 'ERR_S2S_ACTOR_MISMATCH',
    changes: ({ realm }) => ({ outer: { iss: `${guest}@${realm}` } }),
  },
  {
    name: 'has another audience than its actor',
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
    changes: ({ realm }) => ({ outer: { aud: `${ourSelf.clientId}/localhost@${realm}` } }),
  },
]

function describeIncoming(story: Story, stage: Stage): void {
  const { our, counterpart } = stage
  describe('its calls, once we believe its metadata', () => {
    const application = { id: story.product.clientId, realm: story.realm }
    before(() => believe(story, stage))

    it('are accepted as this application', async () => {
      assert.equal(await our().send(counterpart().appOnlyToken(our().target)), 200)
      const { kind, application: caller, user } = our().callers.at(-1) ?? {}
      assert.deepEqual({ kind, caller, user }, { kind: 'app', caller: application, user: undefined })
    })

    it('are refused for a user: nobody said that it may act for users', () =>
      our().assertRefused(counterpart().userToken(our().target, dana), 403, 'ERR_S2S_DELEGATION_NOT_ALLOWED'))

    it('are refused when a stranger signed them', async () => {
      const certificate = await makeCertificate({ commonName: 'Counterpart Security Token Service' })
      await our().assertRefused(counterpart().appOnlyToken(our().target, { certificate }), 401, 'ERR_S2S_KEY_UNKNOWN')
    })

    for (const { name, code, changes } of refusedCases) {
      it(`are refused when the token ${name}`, () =>
        our().assertRefused(counterpart().appOnlyToken(our().target, changes(counterpart())), 401, code))
    }
  })

  describe('its calls for users, once it may make them', () => {
    before(() => believe(story, stage, { level: 'full', users: { deny: ['root@fabrikam.example'] } }))

    it('are accepted for this user', async () => {
      assert.equal(await our().send(counterpart().userToken(our().target, dana)), 200)
      const { kind, user, issuer } = our().callers.at(-1) ?? {}
      assert.deepEqual({ kind, user }, { kind: 'user+app', user: { issuer, realm: story.realm, ...story.danaHere } })
    })

    it('are refused for a user whom the preset denies', () => {
      const root = { ...dana, upn: 'root@fabrikam.example' }
      return our().assertRefused(counterpart().userToken(our().target, root), 403, 'ERR_S2S_DELEGATION_NOT_ALLOWED')
    })

    for (const { name, code, changes } of [...refusedCases, ...refusedUserCases]) {
      it(`are refused when the token ${name}`, () =>
        our().assertRefused(counterpart().userToken(our().target, dana, changes(counterpart())), 401, code))
    }
  })
}
