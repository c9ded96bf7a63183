import { createS2S, type AuditEvent, type Clock, type S2S } from 'passport-s2s'
import { makeCertificate, type TestCertificate } from './certificates.ts'
import { caller } from './target.ts'

/** An application that calls others through passport-s2s, and believes nobody itself. */
export interface OutgoingCaller {
  readonly s2s: S2S
  /** What its targets are given. */
  readonly certificate: TestCertificate
  /** `clientId@realm`. */
  readonly issuerName: string
  readonly events: readonly AuditEvent[]
}

/** Makes such an application with a new key. */
export async function makeOutgoingCaller(clock: Clock): Promise<OutgoingCaller> {
  const certificate = await makeCertificate({ commonName: 'Spec Caller' })
  const events: AuditEvent[] = []
  const current = { privateKey: certificate.privateKeyPem, certificate: certificate.certificatePem }
  const s2s = createS2S({
    self: { ...caller, hosts: ['reports.example'], signingKeys: { current } },
    trustedIssuers: [],
    clock,
    onAuditEvent: (event) => events.push(event),
  })
  return { s2s, certificate, issuerName: `${caller.clientId}@${caller.realm}`, events }
}
