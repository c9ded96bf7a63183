import { explainDecision, type AuditEvent, type DecisionDerivation } from 'passport-s2s'
import { nameApplication } from '../known-applications.ts'
import { html, visible, type Html } from './html.ts'
import type { JournalEntry } from './journal.ts'

/** A decision as texts; the page shows it, and the script of the page fills the same markup with it. */
export interface DecisionView {
  readonly id: number
  /** Also the colour. */
  readonly outcome: 'allowed' | 'refused' | 'unavailable' | ''
  /** What was asked for; by its entry in the table of resources, for a path may hold anything. */
  readonly resource: string
  /** `14:05:09`. */
  readonly time: string
  readonly server: string
  readonly application: string
  readonly user: string
  readonly issuer: string
  readonly code: string
  readonly reason: string
  readonly times: string
  /** One line for each step. */
  readonly derivation: string
}

/** Puts a decision into words. Names in it were chosen by others. */
export function viewDecision({ id, server, time, event, times }: JournalEntry): DecisionView {
  const { code = '', reason = '', issuer = '', derivation } = event
  return {
    id,
    outcome: outcomeOf(event),
    resource: visible(resourceOf(event)),
    time: time.toTimeString().slice(0, 8),
    server,
    application: visible(applicationOf(event)),
    user: visible(userOf(event)),
    issuer: visible(issuer),
    code,
    reason: visible(reason),
    times: times === 1 ? '' : `${times} times in a row`,
    derivation: derivation === undefined ? '' : explainVisibly(derivation),
  }
}

/** One line for each step. */
export function explainVisibly(derivation: DecisionDerivation): string {
  return explainDecision(derivation).split('\n').map(visible).join('\n')
}

function applicationOf({ application }: AuditEvent): string {
  if (application === undefined) return ''
  const id = application.realm === undefined ? application.id : `${application.id}@${application.realm}`
  const name = nameApplication(id)
  return name === undefined ? id : `${name}, ${id}`
}

function outcomeOf({ name, outcome }: AuditEvent): DecisionView['outcome'] {
  if (name === 'access.allowed') return 'allowed'
  return outcome === 'unavailable' ? 'unavailable' : 'refused'
}

function resourceOf({ method, resource }: AuditEvent): string {
  if (resource !== undefined) return resource
  return method === undefined ? 'Before any resource was looked at' : `${method} of something that is not listed`
}

function userOf({ user }: AuditEvent): string {
  if (user === undefined) return ''
  const name = user.upn ?? user.smtp ?? user.sip ?? user.sid ?? user.id ?? 'somebody'
  return user.profileId === undefined ? name : `${name} (${user.profileId} here)`
}

/** What the page puts into a template, for its script to fill. */
export const emptyDecision: DecisionView = {
  id: 0,
  outcome: '',
  resource: '',
  time: '',
  server: '',
  application: '',
  user: '',
  issuer: '',
  code: '',
  reason: '',
  times: '',
  derivation: '',
}

/** A decision in the list; facts without a text are not shown. */
export function renderDecision(view: DecisionView): Html {
  const fact = (name: keyof DecisionView, label: string): Html =>
    html`<div>
      <dt>${label}</dt>
      <dd data-slot="${name}">${view[name]}</dd>
    </div>`
  return html`<li class="decision" data-id="${view.id}" data-outcome="${view.outcome}">
    <div>
      <h3>
        <span class="badge" data-slot="outcome">${view.outcome}</span>
        <span data-slot="resource">${view.resource}</span>
      </h3>
      <p class="when">
        <span data-slot="time">${view.time}</span> at the <span data-slot="server">${view.server}</span>
        <span data-slot="times">${view.times}</span>
      </p>
    </div>
    <div>
      <dl>
        ${fact('application', 'Application')} ${fact('user', 'For user')} ${fact('issuer', 'Vouched for by')}
        ${fact('code', 'Code')} ${fact('reason', 'Reason')}
      </dl>
      <details>
        <summary>How it was derived</summary>
        <p class="lines" data-slot="derivation">${view.derivation}</p>
      </details>
    </div>
  </li>`
}
