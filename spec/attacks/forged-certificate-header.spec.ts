import type { S2SOptions } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { publicKeyToPem } from '../support/key-pairs.ts'
import { makeWorld } from '../support/world.ts'

/**
 * A thief of a certificate-bound token who has seen the owner's certificate (it is public) writes it into the header where the
 * proxy in front writes certificates; and proxies that do not keep their header to themselves.
 */

const { oauth, options } = await makeWorld()
const owner = await makeCertificate({ commonName: 'owner', keyType: 'ec256' })
const thief = await makeCertificate({ commonName: 'thief', keyType: 'ec256' })
const token = await oauth.token({ claims: { scope: 'reports.read', cnf: { 'x5t#S256': owner.x5tS256 } } })
const hexadecimal = ({ x5tS256 }: typeof owner): string => Buffer.from(x5tS256, 'base64url').toString('hex')
const escaped = ({ certificatePem }: typeof owner): string => encodeURIComponent(certificatePem)

type Header = readonly [name: string, value: string]
type From = Extract<S2SOptions['clientCertificates'], { from: 'header' }>

interface ProxyHeader {
  readonly header: string
  readonly encoding: From['encoding']
  readonly write: (certificate: typeof owner) => string
}

/** What proxies write, and how. */
const headers: readonly ProxyHeader[] = [
  { header: 'Client-Cert', encoding: 'rfc9440', write: ({ derBase64 }) => `:${derBase64}:` },
  { header: 'X-SSL-Client-Cert', encoding: 'escaped-pem', write: escaped },
  { header: 'X-SSL-Client-DER', encoding: 'base64-der', write: ({ derBase64 }) => derBase64 },
  {
    header: 'X-Forwarded-Client-Cert',
    encoding: 'xfcc',
    write: (certificate) => `By=spiffe://a;Hash=${hexadecimal(certificate)};Cert="${escaped(certificate)}"`,
  },
]

function refuse(name: string, sent: readonly Header[], certificate?: typeof owner): AttackCase {
  const own = certificate === undefined ? {} : { certificate }
  return { name, token, headers: sent, ...own, status: 401, code: 'ERR_S2S_TOKEN_BOUND' }
}

/** Values of Express's `trust proxy` that do not name the peer. */
const distrusting = [undefined, false, '127.0.0.2', ['10.0.0.0/8'], () => false] as const

const upper = (name: string): string => name.toUpperCase()
const underscored = (name: string): string => name.replaceAll('-', '_')

for (const { header, encoding, write } of headers) {
  const s2s: S2SOptions = { ...options, clientCertificates: { from: 'header', header, encoding } }
  const guarded = { s2s, resources: { 'GET /reports/:id': 'reports.read' }, requestCert: true } as const
  const genuine: Header = [header, write(owner)]
  const others = headers
    .filter((other) => other.header !== header)
    .map((other): Header => [other.header, other.write(owner)])

  for (const trustProxy of encoding === 'rfc9440' ? distrusting : [undefined]) {
    const setting = trustProxy === undefined ? {} : { trustProxy }
    const title = typeof trustProxy === 'function' ? 'a function that says no' : String(trustProxy)
    describeAttack(`${header} from anybody, trust proxy ${title}`, { ...guarded, ...setting }, [
      refuse('the header that the proxy would write', [genuine]),
      refuse('it, with the address of the proxy in X-Forwarded-For', [genuine, ['X-Forwarded-For', '127.0.0.2']]),
      refuse('it, on a connection with another certificate', [genuine], thief),
      refuse('no header, on a connection with the very certificate', [], owner),
    ])
  }

  const behind = { ...guarded, trustProxy: '127.0.0.1' } as const
  describeAttack(`${header} through a trusted proxy`, behind, [
    refuse('no header', []),
    refuse('no header, where the proxy itself has the very certificate', [], owner),
    refuse('an empty header', [[header, '']]),
    refuse('the certificate of somebody else', [[header, write(thief)]]),
    refuse('that, where the proxy itself has the very certificate', [[header, write(thief)]], owner),
    refuse('two headers, the forged one first', [genuine, [header, write(thief)]]),
    refuse('two headers, the forged one last', [[header, write(thief)], genuine]),
    refuse('the same header twice', [genuine, genuine]),
    refuse('two headers in different letters', [genuine, [upper(header), write(thief)]]),
    refuse('an empty one beside it', [genuine, [header, '']]),
    refuse('two certificates in one header', [[header, `${write(owner)},${write(thief)}`]]),
    refuse('underscores in its name', [[underscored(header), write(owner)]]),
    refuse('underscores in its name, beside the genuine one of somebody else', [
      [underscored(header), write(owner)],
      [header, write(thief)],
    ]),
    refuse('a blank at the end of another name', [[`X-${header}`, write(owner)]]),
    refuse('the headers of other proxies', others),
    refuse('the headers of other proxies, beside the genuine one of somebody else', [
      ...others,
      [header, write(thief)],
    ]),
    refuse('a cut certificate', [[header, write(owner).slice(0, -40)]]),
    refuse('a certificate with something in front', [[header, `x, ${write(owner)}`]]),
    refuse('the thumbprint alone', [[header, owner.x5tS256]]),
    refuse('the public key', [[header, encodeURIComponent(publicKeyToPem(owner.publicKey))]]),
    refuse('12 kB of nothing', [[header, 'A'.repeat(12_000)]]),
    refuse('names of objects', [[header, '__proto__']]),
  ])
  describeAccepted(`${header} through a trusted proxy`, behind, [
    { name: 'the certificate of the owner', token, headers: [genuine] },
    { name: 'it in other letters', token, headers: [[upper(header), write(owner)]] },
    { name: 'it, where the proxy has a certificate of its own', token, headers: [genuine], certificate: thief },
  ])
}

const xfcc: S2SOptions = {
  ...options,
  clientCertificates: { from: 'header', header: 'X-Forwarded-Client-Cert', encoding: 'xfcc' },
}
const element = (value: string): readonly Header[] => [['X-Forwarded-Client-Cert', value]]
const [own, stolen] = [hexadecimal(thief), hexadecimal(owner)]

/** Envoy writes URI and DNS names of a certificate as they are: whoever makes its own certificate writes along. */
describeAttack(
  'a certificate whose names are written into X-Forwarded-Client-Cert',
  { s2s: xfcc, resources: { 'GET /reports/:id': 'reports.read' }, trustProxy: '127.0.0.1' },
  [
    refuse('a name that begins a second element', element(`By=a;Hash=${own};URI=x,Hash=${stolen}`)),
    refuse('a name that brings a second hash', element(`By=a;Hash=${own};URI=x;Hash=${stolen}`)),
    refuse('a name that brings a certificate', element(`By=a;Hash=${own};URI=x;Cert="${escaped(owner)}"`)),
    refuse('a name that opens a quote', element(`By=a;Hash=${own};URI=x";Hash=${stolen};Subject="`)),
    refuse('an element of the client in front of that of Envoy', element(`Hash=${stolen},By=a;Hash=${own}`)),
    refuse('an element of the client that leaves a quote open', element(`Hash=${stolen};Subject=",By=a;Hash=${own}`)),
  ],
)
