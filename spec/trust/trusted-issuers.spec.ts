import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import type { StaticIssuerOptions, TrustedIssuerOptions } from '../../lib/trust/issuer-options.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../../lib/trust/trusted-issuers.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'

const certificate = await makeCertificate({ commonName: 'Farm', keyType: 'ec256' })
const jwk = makeKeyPair('ec256').publicKey.export({ format: 'jwk' })
const { context } = makeTrustWorld()

const login: StaticIssuerOptions = { type: 'static', name: 'login', issuer: 'https://login.example.com', jwk }
const farm: TrustedIssuerOptions = {
  type: 's2s-certificate',
  name: 'farm',
  registeredIssuerName: 'issuer@*',
  realms: ['one', 'two'],
  certificates: certificate.certificatePem,
}

const metadataOf = (issuer: string, { derBase64 }: TestCertificate): object => ({
  issuer,
  keys: [{ usage: 'signing', keyvalue: { type: 'x509Certificate', value: derBase64 } }],
})

describe('createTrustedIssuers', () => {
  it('finds an issuer by exactly its iss', () => {
    const issuers = createTrustedIssuers([login, farm], context)
    for (const [iss, name] of Object.entries({
      'https://login.example.com': 'login',
      'issuer@one': 'farm',
      'issuer@two': 'farm',
    })) {
      const found = issuers.find(iss)
      assert.ok(!(found instanceof Promise))
      assert.equal(found.name, name)
    }
  })

  for (const iss of [
    'https://login.example.com/',
    'HTTPS://login.example.com',
    'https://login.example.com ',
    'login',
    'farm',
    'issuer',
    'issuer@*',
    'issuer@three',
    'ISSUER@one',
    '',
    '__proto__',
    'constructor',
  ]) {
    it(`does not trust "${iss}"`, () => {
      const issuers = createTrustedIssuers([login, farm], context)
      assert.throws(
        () => issuers.find(iss),
        refusal('ERR_S2S_ISSUER_UNTRUSTED', 'the issuer is not among trustedIssuers'),
      )
    })
  }

  it('makes issuers of all four types', () => {
    const issuers = createTrustedIssuers(
      [
        login,
        farm,
        { type: 'openid', issuer: 'https://id.example.com' },
        { type: 's2s-metadata', metadataEndpoint: 'https://farm.example' },
      ],
      context,
    )
    assert.deepEqual(
      issuers.list().map(({ name, protocol }) => [name, protocol]),
      [
        ['login', 'oauth'],
        ['farm', 's2s'],
        ['https://id.example.com', 'oauth'],
        ['https://farm.example', 's2s'],
      ],
    )
    issuers.close()
  })

  it('says in which place of the list an option is wrong', () => {
    assert.throws(
      () => createTrustedIssuers([login, { ...farm, realm: 'one' } as TrustedIssuerOptions], context),
      refusal('ERR_S2S_OPTION_UNKNOWN', 'trustedIssuers[1].realm is unknown; did you mean `realms`?'),
    )
    assert.throws(
      () => createTrustedIssuers([null as never], context),
      refusal('ERR_S2S_OPTION_INVALID', /^trustedIssuers\[0\] must be an object, not null$/),
    )
  })

  for (const [name, second] of Object.entries({
    'one iss': { ...login, name: 'other' },
    'one name': { ...login, issuer: 'https://other.example.com' },
    'one iss of a wildcard': { ...farm, name: 'other', realms: ['three', 'two'] },
    'a name that is the iss of another': { ...login, name: 'issuer@one', issuer: 'https://other.example.com' },
    'an iss that is the name of another': { ...login, name: 'other', issuer: 'farm' },
  })) {
    it(`refuses two issuers with ${name}`, () => {
      assert.throws(
        () => createTrustedIssuers([login, farm, second], context),
        refusal('ERR_S2S_OPTION_INVALID', /is configured twice among trustedIssuers; merge the two or rename one$/),
      )
    })
  }

  it("asks the server's own conditions before an issuer is trusted", () => {
    const checkIssuer = (): never => {
      throw new ConfigurationError('ERR_S2S_OPTION_INVALID', 'a condition')
    }
    const conditions = makeTrustWorld({ checkIssuer }).context
    assert.throws(() => createTrustedIssuers([login], conditions), refusal('ERR_S2S_OPTION_INVALID', 'a condition'))
    const issuers = createTrustedIssuers([], conditions)
    assert.throws(
      () => {
        issuers.add(login)
      },
      refusal('ERR_S2S_OPTION_INVALID', 'a condition'),
    )
    assert.deepEqual(issuers.list(), [])
  })
})

describe('trusted issuers at run time', () => {
  it('are added', () => {
    const issuers = createTrustedIssuers([], context)
    assert.throws(() => issuers.find('https://login.example.com'), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
    issuers.add(login)
    assert.equal(issuers.list()[0], issuers.find('https://login.example.com'))
    assert.throws(
      () => {
        issuers.add(login)
      },
      refusal('ERR_S2S_OPTION_INVALID', /configured twice/),
    )
    assert.throws(
      () => {
        issuers.add({ ...login, kid: 'a' } as TrustedIssuerOptions)
      },
      refusal('ERR_S2S_OPTION_UNKNOWN', /^trusted issuer\.kid is unknown/),
    )
  })

  for (const name of ['farm', 'issuer@two']) {
    it(`are removed by "${name}", with every iss they have`, () => {
      const issuers = createTrustedIssuers([login, farm], context)
      assert.equal(issuers.remove(name), true)
      for (const iss of ['issuer@one', 'issuer@two']) {
        assert.throws(() => issuers.find(iss), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
      }
      assert.deepEqual(
        issuers.list().map((issuer) => issuer.name),
        ['login'],
      )
      assert.equal(issuers.remove(name), false)
      issuers.add(farm)
      assert.ok(issuers.find('issuer@one'))
    })
  }

  it('keep their names when another one is removed', () => {
    const issuers = createTrustedIssuers([login, farm], context)
    issuers.remove('farm')
    for (const second of [login, { ...login, name: 'other' }, { ...login, issuer: 'https://other.example.com' }]) {
      assert.throws(
        () => {
          issuers.add(second)
        },
        refusal('ERR_S2S_OPTION_INVALID', /is configured twice among trustedIssuers/),
      )
    }
    assert.equal(issuers.list().length, 1)
  })

  it('are told from those that were removed, and from those of others', () => {
    const issuers = createTrustedIssuers([login, farm], context)
    const removed = issuers.find('issuer@one') as TrustedIssuer
    assert.equal(issuers.has(removed), true)
    issuers.remove('farm')
    issuers.add(farm)
    assert.equal(issuers.has(removed), false)
    assert.equal(issuers.has(createTrustedIssuers([login], context).find(login.issuer) as TrustedIssuer), false)
    assert.equal(issuers.has(issuers.find(login.issuer) as TrustedIssuer), true)
  })

  it('stop refreshing their keys ahead when they are closed', () => {
    const issuers = createTrustedIssuers(
      [
        login,
        { type: 'openid', issuer: 'https://id.example.com' },
        { type: 's2s-metadata', metadataEndpoint: 'https://farm.example' },
      ],
      context,
    )
    const cleared = mock.method(globalThis, 'clearTimeout')
    issuers.close()
    assert.equal(cleared.mock.callCount(), 2)
    cleared.mock.restore()
  })

  it('have another version after each change, and after nothing else', () => {
    const issuers = createTrustedIssuers([login], context)
    const versions = [issuers.version()]
    const assertChanged = (isChanged: boolean): void => {
      assert.equal(!versions.includes(issuers.version()), isChanged)
      versions.push(issuers.version())
    }
    issuers.add(farm)
    assertChanged(true)
    assert.throws(() => {
      issuers.add(farm)
    }, ConfigurationError)
    assert.equal(issuers.remove('nobody'), false)
    assertChanged(false)
    issuers.remove('farm')
    assertChanged(true)
    issuers.add(farm)
    assertChanged(true)
  })

  it('give out copies of the list', () => {
    const issuers = createTrustedIssuers([login], context)
    ;(issuers.list() as unknown[]).length = 0
    assert.equal(issuers.list().length, 1)
  })
})

describe('trusted issuers that tell their names', () => {
  let server: LocalServer
  let documents: Record<string, object> = {}
  before(async () => {
    server = await startHttpsServer((request, response) => {
      serveDocuments(documents)(request, response)
    })
  })
  after(() => server.close())

  const unnamed = (path: string): TrustedIssuerOptions => ({
    type: 's2s-metadata',
    name: path,
    metadataEndpoint: `${server.url}${path}`,
    ca: server.ca,
  })

  async function using(
    list: readonly TrustedIssuerOptions[],
    work: (issuers: TrustedIssuers) => unknown,
  ): Promise<void> {
    const issuers = createTrustedIssuers(list, context)
    await work(issuers)
    issuers.close()
  }

  it('are asked once for an unknown iss of their form, and then known', () =>
    using([login, unnamed('/a')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      const start = server.requests.length
      const found = await issuers.find('learnt@realm')
      assert.equal(found.name, '/a')
      assert.equal(issuers.find('learnt@realm'), found)
      assert.throws(() => issuers.find('other@realm'), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
      assert.deepEqual(server.requests.slice(start), ['GET /a'])
    }))

  it('are not asked for an iss that cannot be theirs, nor for one that is known', () =>
    using([login, unnamed('/a')], (issuers) => {
      const start = server.requests.length
      assert.ok(issuers.find('https://login.example.com'))
      for (const iss of ['https://evil.example', 'id', 'id@*', 'id/host@']) {
        assert.throws(() => issuers.find(iss), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
      }
      assert.equal(server.requests.length, start)
    }))

  it('answer untrusted when all have told other names', () =>
    using([unnamed('/a')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      await assert.rejects(async () => issuers.find('other@realm'), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
    }))

  it('answer unavailable while one is out of reach: it might be the one', () =>
    using([unnamed('/a'), unnamed('/b')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      await assert.rejects(async () => issuers.find('other@realm'), refusal('ERR_S2S_KEYS_UNREACHABLE'))
      assert.equal((await issuers.find('learnt@realm')).name, '/a')
    }))

  it('are asked again when they were out of reach', () =>
    using([unnamed('/a')], async (issuers) => {
      documents = {}
      await assert.rejects(async () => issuers.find('learnt@realm'), refusal('ERR_S2S_KEYS_UNREACHABLE'))
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      assert.equal((await issuers.find('learnt@realm')).name, '/a')
    }))

  it('give away no name that is taken', () =>
    using([farm, unnamed('/a'), unnamed('/b')], async (issuers) => {
      documents = { '/a': metadataOf('issuer@one', certificate), '/b': metadataOf('learnt@realm', certificate) }
      await issuers.ready()
      assert.equal((await issuers.find('issuer@one')).name, 'farm')
      assert.equal((await issuers.find('learnt@realm')).name, '/b')
    }))

  it('keep a name as soon as they have told it, whoever asked', () =>
    using([unnamed('/a')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      await issuers.list()[0]?.keys.current()
      assert.throws(
        () => {
          issuers.add({ ...farm, registeredIssuerName: 'learnt@*', realms: ['realm'] })
        },
        refusal('ERR_S2S_OPTION_INVALID', /^learnt@realm is configured twice/),
      )
      assert.equal((await issuers.find('learnt@realm')).name, '/a')
    }))

  it('are forgotten when they are removed before they told their name', () =>
    using([unnamed('/a')], (issuers) => {
      const start = server.requests.length
      assert.equal(issuers.remove('/a'), true)
      assert.throws(() => issuers.find('learnt@realm'), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
      assert.equal(server.requests.length, start)
    }))

  it('are learnt by ready', () =>
    using([login, unnamed('/a')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      await issuers.ready()
      const found = issuers.find('learnt@realm')
      assert.ok(!(found instanceof Promise))
    }))

  it('make ready fail with the first failure, after all have been tried', () =>
    using([unnamed('/none'), unnamed('/a')], async (issuers) => {
      documents = { '/a': metadataOf('learnt@realm', certificate) }
      await assert.rejects(issuers.ready(), refusal('ERR_S2S_KEYS_UNREACHABLE', /\/none answered with status 404$/))
      const found = issuers.find('learnt@realm')
      assert.ok(!(found instanceof Promise))
    }))
})
