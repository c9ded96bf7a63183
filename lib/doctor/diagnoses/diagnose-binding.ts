import type { Diagnosis } from '../finding.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/**
 * Why a token that is bound to a key or certificate of its owner was refused: it came alone (a token in a file has no proof
 * with it), or nobody here can check such proofs.
 */
export function diagnoseBinding(subject: TokenSubject): Diagnosis {
  const { signed, issuer, error } = subject
  const members = Object.keys(Object(claimOf(signed, 'cnf')) as object)
  const method = members.includes('jkt') ? 'dpop' : 'mtls'
  const isReadable = error?.reason?.startsWith('the token is bound to') === true
  if (!isReadable || issuer?.protocol !== 'oauth') return unprovable(members)
  return issuer[method] === 'refused' ? notAccepted[method] : proofMissing(subject, method)
}

/** Nobody can prove what it says, or its protocol has no proof. */
function unprovable(members: readonly string[]): Diagnosis {
  if (members.includes('jkt')) return notAccepted.dpop
  const to = members.includes('x5t#S256') ? 'client certificate (cnf.x5t#S256)' : 'key (cnf)'
  return {
    kind: 'bound-token-as-bearer',
    cause: `the token is bound to a ${to} and came without proof`,
    fix: 'have the client ask for a token without binding',
  }
}

const notAccepted = {
  dpop: {
    kind: 'dpop-token-as-bearer',
    cause: 'the token is bound to a DPoP key (cnf.jkt) and came as a plain Bearer token',
    fix: 'have the client ask for a token without DPoP',
  },
  mtls: {
    kind: 'certificate-not-accepted',
    cause: 'the token is bound to a client certificate (cnf.x5t#S256), and this server asks for none',
    fix: 'set clientCertificates to where the certificates of callers come from, or have the client ask for a token without binding',
  },
} as const satisfies Readonly<Record<string, Diagnosis>>

function proofMissing({ error, options }: TokenSubject, method: 'dpop' | 'mtls'): Diagnosis {
  const cause = `${error?.reason ?? ''}: with a proof the token itself would be accepted`
  if (method === 'dpop') {
    const fix = 'send it as "Authorization: DPoP" with a DPoP proof of that key in each request'
    return { kind: 'proof-missing', cause, fix }
  }
  const { clientCertificates } = options
  const through =
    clientCertificates?.from === 'header' ? `, through the proxy that writes it into ${clientCertificates.header}` : ''
  return { kind: 'proof-missing', cause, fix: `send it over a connection with that client certificate${through}` }
}
