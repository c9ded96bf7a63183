import type { Grant, S2S, S2SOptions, TrustedIssuerOptions } from 'passport-s2s'
import { nameApplication } from '../known-applications.ts'
import { html, type Html } from './html.ts'

/** A server whose trust is shown. */
export interface TrustInput {
  readonly title: string
  readonly url: string
  /** What it was made of; keys in it are not looked at. */
  readonly options: S2SOptions
  readonly s2s: S2S
}

/** Who a server is, whom it believes, and what it lets them do. */
export function renderTrust({ title, url, options, s2s }: TrustInput): Html {
  const { self, audience, trustedIssuers, grants } = options
  const learnt = new Map(s2s.trustedIssuers.list().map(({ name, issuerNames }) => [name, issuerNames]))
  return html`<article class="card">
    <h3>${title}</h3>
    <dl>
      ${fact('Address', url)} ${fact('Its id', self?.clientId)} ${fact('Its realm', self?.realm)}
      ${fact('OAuth audience', [audience ?? []].flat().join(', '))}
    </dl>
    <h4>It believes</h4>
    <ul class="plain">
      ${trustedIssuers.map((issuer) => html`<li>${renderIssuer(issuer, learnt)}</li>`)}
    </ul>
    <h4>It grants</h4>
    <ul class="plain">
      ${listed(grants).map((grant) => html`<li>${renderGrant(grant, realmOf(learnt.get(grant.issuer)))}</li>`)}
    </ul>
  </article>`
}

function fact(name: string, value: string | undefined): Html | undefined {
  if (value === undefined || value === '') return undefined
  return html`<div>
    <dt>${name}</dt>
    <dd><code>${value}</code></dd>
  </div>`
}

const protocols: Readonly<Record<TrustedIssuerOptions['type'], string>> = {
  's2s-metadata': 'S2S, by its metadata',
  's2s-certificate': 'S2S, by its certificate',
  openid: 'OAuth, by OpenID discovery',
  static: 'OAuth, by its keys',
  introspection: 'OAuth, by asking it',
  microsoft365: 'Microsoft 365',
}

function renderIssuer(issuer: TrustedIssuerOptions, learnt: ReadonlyMap<string, readonly string[]>): Html {
  const name = ('name' in issuer ? issuer.name : undefined) ?? issuer.type
  const names = learnt.get(name) ?? []
  return html`<strong>${name}</strong> (${protocols[issuer.type]})${describePowers(issuer)}<br /><code
      >${names.length === 0 ? 'its name was not learnt yet' : names.join(', ')}</code
    >`
}

function describePowers(issuer: TrustedIssuerOptions): string {
  if (issuer.type !== 's2s-metadata' && issuer.type !== 's2s-certificate') return ''
  const broker = issuer.isTrustBroker === true ? ', also when it vouches for others' : ', for itself only'
  const { allowDelegation } = issuer
  return `${broker}${allowDelegation === undefined || allowDelegation === false ? '' : '; it may act for users'}`
}

/** A store of grants cannot be listed. */
function listed(grants: S2SOptions['grants'] = []): readonly Grant[] {
  return 'grantsOf' in grants ? [] : grants
}

function realmOf(issuerNames: readonly string[] = []): string {
  return issuerNames[0]?.split('@')[1] ?? ''
}

function renderGrant({ application, issuer, permissions, appOnly }: Grant, realm: string): Html {
  const names = permissions.map((permission) => (typeof permission === 'string' ? permission : permission.scope))
  const what = names.length === 0 ? 'nothing' : names.join(', ')
  return html`<strong>${nameApplication(`${application}@${realm}`) ?? 'An application'}</strong>, vouched for by
    ${issuer}: <strong>${what}</strong>${appOnly === true ? ', also on its own' : ''}<br /><code>${application}</code>`
}
