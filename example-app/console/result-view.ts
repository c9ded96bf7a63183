import { html, visible, type Html } from './html.ts'
import { explainVisibly } from './decision-view.ts'
import type { CheckResult } from './checks.ts'
import type { CallResult } from './send-call.ts'

const signs: Readonly<Record<CheckResult['state'], string>> = {
  passed: '✓',
  failed: '✕',
  'not possible': '!',
  'not reached': '·',
  'not needed': '–',
}

/** `Forged: refused by the check “Signature”`: the title of the page, and the heading of the result. */
export function describeResult({ title, answer, checks }: CallResult): string {
  const broken = checks.find(({ state }) => state === 'failed' || state === 'not possible')
  if (broken !== undefined) {
    return `${title}: ${broken.state === 'failed' ? 'refused' : 'not judged'} at “${broken.name}”`
  }
  return `${title}: ${answer.status === 200 ? 'let in' : `answered with ${answer.status}`}`
}

/** What became of the last call: each check, what the caller was told, and what the operator reads. */
export function renderResult(result: CallResult): Html {
  const { answer, checks, refusal, derivation } = result
  return html`<h2 id="result" tabindex="-1">${describeResult(result)}</h2>
    <p>What the document service really did, check by check, in its order:</p>
    <ol class="checks">
      ${checks.map(renderCheck)}
    </ol>
    <dl class="answer">
      ${fact('Sent', answer.line)} ${fact('The caller was told', `${answer.status} ${answer.body}`)}
      ${fact('with the challenge', answer.challenge)} ${fact('The operator reads', refusal?.code)}
      ${fact('because', refusal?.reason)}
    </dl>
    ${
      derivation &&
      html`<h3>How that was decided</h3>
        <p class="lines">${explainVisibly(derivation)}</p>`
    }`
}

function renderCheck({ name, meaning, state }: CheckResult): Html {
  return html`<li data-state="${state}">
    <span class="sign" aria-hidden="true">${signs[state]}</span>
    <span class="check"><strong>${name}</strong> <span class="meaning">${meaning}</span></span>
    <span class="state">${state}</span>
  </li>`
}

function fact(name: string, value: string | undefined): Html | undefined {
  if (value === undefined) return undefined
  return html`<div>
    <dt>${name}</dt>
    <dd><code>${visible(value)}</code></dd>
  </div>`
}
