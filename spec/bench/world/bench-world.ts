import { randomUUID, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLocalhostTls } from '../../support/certificates.ts'
import { makeFarm, type Farm } from '../../support/farm.ts'
import { makeKeyPair, publicKeyToPem } from '../../support/key-pairs.ts'
import { startKeyServer, type KeyServer } from './key-server.ts'
import { ourselves, type PublicWorld } from './public-world.ts'
import type { TokenSigner } from './sign-tokens.ts'

/** Everything that servers and callers of one run of the bench need; keys are of this run only. */
export interface BenchWorld {
  readonly publicWorld: PublicWorld
  readonly signer: TokenSigner
  readonly farm: Farm
  readonly keyServer: KeyServer
  /** A file with the certificate authority of issuer and servers. */
  readonly caFile: string
  close(): Promise<void>
}

/** Starts an issuer on localhost and makes a farm. */
export async function makeBenchWorld(): Promise<BenchWorld> {
  const { privateKey, publicKey } = makeKeyPair('rsa2048')
  const jwks = { keys: [toJwk(publicKey)] }
  const tls = await makeLocalhostTls()
  const keyServer = await startKeyServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, jwks)
  const farm = await makeBenchFarm()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, tls.ca)
  return {
    publicWorld: {
      issuer: keyServer.issuer,
      audience: 'https://reports.example.com',
      jwksUri: `${keyServer.issuer}/jwks`,
      jwks,
      publicKeyPem: publicKeyToPem(publicKey),
      farm: {
        issuerName: farm.issuerName,
        application: farm.applicationName.split('@')[0] ?? '',
        certificatePem: farm.certificate.certificatePem,
      },
      ca: tls.ca,
      tls: { cert: tls.certificatePem, key: tls.privateKeyPem },
    },
    signer: { algorithm: 'RS256', key: privateKey, header: { typ: 'at+jwt', kid: 'key-1' } },
    farm,
    keyServer,
    caFile,
    close: () => {
      rmSync(folder, { recursive: true, force: true })
      return keyServer.close()
    },
  }
}

function toJwk(publicKey: KeyObject): PublicWorld['jwks']['keys'][number] {
  return { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }
}

function makeBenchFarm(): Promise<Farm> {
  return makeFarm({
    realm: ourselves.realm,
    clientId: randomUUID(),
    issuerId: randomUUID(),
    audience: `${ourselves.clientId}/${ourselves.hosts[0]}@${ourselves.realm}`,
    clock: () => Date.now() / 1000,
  })
}
