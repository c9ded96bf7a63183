import type { RequestListener } from 'node:http'
import { describeMetadataAttack, type AttackPlace, type MetadataCase } from '../support/metadata-attack.ts'

const redirects: readonly (readonly [status: number, name: string, location: (place: AttackPlace) => string])[] = [
  [301, 'another host', ({ canary }) => `${canary}/jwks`],
  [302, 'http', ({ plainCanary }) => `${plainCanary}/jwks`],
  [303, 'another host, without a scheme', ({ canary }) => canary.replace('https:', '')],
  [307, 'its own host', ({ url }) => `${url}/elsewhere`],
  [308, 'its own host, by path alone', ({ url }) => `${new URL(url).pathname}/elsewhere`],
  [302, 'nowhere', () => ''],
  [300, 'several places', ({ canary }) => canary],
]

const documents = ['discovery', 'keySet', 'metadata'] as const

describeMetadataAttack(
  'a document that redirects',
  redirects.flatMap(([status, name, location]) =>
    documents.map((document): MetadataCase => ({
      name: `row 63: the ${document} redirects to ${name} (${status})`,
      [document]: (place: AttackPlace): RequestListener => {
        return (_request, response) => response.writeHead(status, { location: location(place) }).end('{"keys":[]}')
      },
      code: 'ERR_S2S_KEYS_UNREACHABLE',
    })),
  ),
)
