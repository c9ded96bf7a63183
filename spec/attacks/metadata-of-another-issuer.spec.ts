import { describeMetadataAttack, type AttackPlace } from '../support/metadata-attack.ts'
import { self } from '../support/world.ts'

const issuers: Readonly<Record<string, (place: AttackPlace) => unknown>> = {
  'with a slash more': ({ url }) => `${url}/`,
  'in capitals': ({ url }) => url.toUpperCase(),
  'on another host': ({ canary }) => canary,
  'over http': ({ url }) => url.replace('https', 'http'),
  'with its standard port': () => 'https://localhost:443/0',
  'with a dot in its path': ({ url }) => url.replace(/\/(\d+)$/, '/./$1'),
  'with a fragment': ({ url }) => `${url}#`,
  'with a query': ({ url }) => `${url}?`,
  'that is a prefix': ({ url }) => url.slice(0, -1),
  'that is a list': ({ url }) => [url],
  'that is nothing': () => null,
  'that is missing': () => undefined,
  'that is a template': ({ url }) => url.replace(/\d+$/, '{tenantid}'),
}

const farmIssuers: Readonly<Record<string, (place: AttackPlace) => object>> = {
  'of another id': () => ({ issuer: `other@${self.realm}` }),
  'of another realm': ({ farm }) => ({ issuer: farm.issuerName.replace(/@.*/, '@other'), realm: 'other' }),
  'of any realm': ({ farm }) => ({ issuer: farm.issuerName.replace(/@.*/, '@*'), realm: '*' }),
  'in capitals': ({ farm }) => ({ issuer: farm.issuerName.toUpperCase(), realm: self.realm.toUpperCase() }),
  'with a slash more': ({ farm }) => ({ issuer: `${farm.issuerName}/`, realm: `${self.realm}/` }),
  'without realm': ({ farm }) => ({ issuer: farm.issuerName.replace(/@.*/, ''), realm: undefined }),
  'in a list': ({ farm }) => ({ issuer: [farm.issuerName] }),
  'that is missing': () => ({ issuer: undefined }),
  'beside a realm that is another': () => ({ realm: 'other' }),
  'beside a realm that differs by a slash': () => ({ realm: `${self.realm}/` }),
  'said twice, differently': () => ({ Issuer: `other@${self.realm}` }),
}

describeMetadataAttack('a document of another issuer', [
  ...Object.entries(issuers).map(([name, issuer]) => ({
    name: `row 65: a discovery document whose issuer is one ${name}`,
    discovery: (place: AttackPlace) => ({ ...place.oauth.metadata(), issuer: issuer(place) }),
  })),
  ...Object.entries(farmIssuers).map(([name, changes]) => ({
    name: `row 65: a metadata document of an issuer ${name}`,
    metadata: (place: AttackPlace) => ({ ...place.farm.metadata('exchange'), ...changes(place) }),
  })),
])

describeMetadataAttack('a document of the issuer itself', [
  { name: 'row 65: a discovery document', discovery: ({ oauth }) => oauth.metadata(), status: 200 },
  { name: 'row 65: a metadata document', metadata: ({ farm }) => farm.metadata('exchange'), status: 200 },
])
