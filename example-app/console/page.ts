import { emptyDecision, renderDecision, type DecisionView } from './decision-view.ts'
import { html, type Html } from './html.ts'
import type { CallGroup, PreparedCall } from './prepared-calls.ts'
import { describeResult, renderResult } from './result-view.ts'
import type { CallResult } from './send-call.ts'
import { renderTrust, type TrustInput } from './trust-view.ts'

/** What the page shows. */
export interface PageInput {
  readonly trust: readonly TrustInput[]
  readonly groups: readonly CallGroup[]
  readonly formToken: string
  readonly result: CallResult | undefined
  /** Newest first. */
  readonly decisions: readonly DecisionView[]
}

/** The whole page, as it can be read without its script. */
export function renderPage(input: PageInput): string {
  const title = input.result === undefined ? 'Console' : describeResult(input.result)
  return renderDocument(
    title,
    html`<a class="skip" href="#calls">Skip to the calls</a>
      <header>
        <h1>passport-s2s <span>console</span></h1>
        <p>
          Two servers that call each other. Send one of the prepared calls and see which checks it passes, and which one
          stops it. No token is ever shown here.
        </p>
      </header>
      <main>
        ${renderTrustSection(input)}
        <div class="columns">${renderCalls(input)} ${renderLastResult(input)}</div>
        ${renderDecisions(input)}
      </main>`,
    html`<link rel="stylesheet" href="/console.css" />
      <link rel="stylesheet" href="/console-calls.css" />
      <link rel="stylesheet" href="/console-decisions.css" />
      <link rel="icon" href="/console.svg" />
      <script type="module" src="/console.js"></script>`,
  ).text
}

/** What whoever has no cookie of this run gets: nothing of the page, not even its style. */
export function renderRefusal(): string {
  return renderDocument(
    'Not admitted',
    html`<main>
      <h1>Not admitted</h1>
      <p>
        This console is for whoever started the example: open the newest link that its terminal shows. It works once.
      </p>
    </main>`,
  ).text
}

function renderDocument(title: string, body: Html, head?: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · passport-s2s</title>
        ${head}
      </head>
      <body>
        ${body}
      </body>
    </html>`
}

function renderTrustSection({ trust }: PageInput): Html {
  return html`<section aria-labelledby="trust">
    <h2 id="trust">Who trusts whom</h2>
    <p>Trust is one-way: that one server believes the other says nothing about the other direction.</p>
    <div class="pair">${trust.map(renderTrust)}</div>
  </section>`
}

function renderCalls({ groups, formToken }: PageInput): Html {
  return html`<section aria-labelledby="calls">
    <h2 id="calls" tabindex="-1">Send a call to the document service</h2>
    <form method="post" action="/calls">
      <input type="hidden" name="token" value="${formToken}" />
      ${groups.map(
        ({ title, calls }) =>
          html`<h3>${title}</h3>
            <ul class="calls">
              ${calls.map(renderCall)}
            </ul>`,
      )}
    </form>
  </section>`
}

function renderCall({ name, title, explanation }: PreparedCall): Html {
  return html`<li>
    <button name="call" value="${name}" aria-describedby="about-${name}">${title}</button>
    <span id="about-${name}">${explanation}</span>
  </li>`
}

function renderLastResult({ result }: PageInput): Html {
  const content =
    result === undefined
      ? html`<h2 id="result">No call was sent yet</h2>
          <p>Each check will stand here with what became of it: passed, failed, or not reached.</p>`
      : renderResult(result)
  return html`<section class="card" aria-labelledby="result">${content}</section>`
}

function renderDecisions({ decisions }: PageInput): Html {
  return html`<section aria-labelledby="decisions">
    <div class="bar">
      <h2 id="decisions">Decisions</h2>
      <button type="button" id="pause" hidden>Pause the list</button>
    </div>
    <p id="live">The last decisions of both servers, newest first. <a href="/">Reload</a> to see what came since.</p>
    <p id="news" class="unseen" role="status" aria-live="polite"></p>
    <ol class="decisions" id="list" reversed>
      ${decisions.map(renderDecision)}
    </ol>
    <template id="decision">${renderDecision(emptyDecision)}</template>
  </section>`
}
