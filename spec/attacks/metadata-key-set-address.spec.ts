import { describeMetadataAttack, type AttackPlace } from '../support/metadata-attack.ts'

const addresses: Readonly<Record<string, (place: AttackPlace) => unknown>> = {
  http: ({ plainCanary }) => `${plainCanary}/jwks`,
  'http in capitals': ({ plainCanary }) => `${plainCanary.replace('http', 'HTTP')}/jwks`,
  'http on the port of https': ({ url }) => `${url.replace('https', 'http')}/jwks`,
  'http behind white space': ({ plainCanary }) => ` \t${plainCanary}/jwks`,
  'a file': () => 'file:///etc/passwd',
  data: () => `data:application/json,${encodeURIComponent('{"keys":[]}')}`,
  'a script': () => 'javascript:0',
  ftp: () => 'ftp://localhost/jwks',
  'a web socket': ({ canary }) => canary.replace('https', 'wss'),
  'a path': () => '/jwks',
  'a host without a scheme': ({ canary }) => canary.replace('https:', ''),
  'another host behind a user name': ({ canary }) => canary.replace('//', '//login.example.com@'),
  'another host behind a password': ({ canary }) => canary.replace('//', '//:secret@'),
  'the empty text': () => '',
  'a list': ({ canary }) => [canary],
  'an object': ({ canary }) => ({ href: canary }),
  nothing: () => null,
}

describeMetadataAttack(
  'a jwks_uri that is not fetched',
  Object.entries(addresses).map(([name, address]) => ({
    name: `row 64: jwks_uri is ${name}`,
    discovery: (place) => ({ ...place.oauth.metadata(), jwks_uri: address(place) }),
  })),
)

describeMetadataAttack('a jwks_uri that is fetched', [
  {
    name: 'row 64: jwks_uri over https',
    discovery: ({ oauth }) => oauth.metadata(),
    status: 200,
  },
])
