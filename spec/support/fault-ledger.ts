import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync } from 'node:fs'
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { application, refreshSeconds, type FailingIssuer } from './failing-issuer.ts'
import type { MovableClock } from './clock.ts'
import { startGuardedApp, type GuardedApp } from './guarded-app.ts'
import { makeKeyPair, type KeyPair } from './key-pairs.ts'
import { sendRaw } from './send-raw.ts'
import { compact, flipSignatureBit, forgedJwt, readClaims } from './tokens.ts'
import { oauthAudience, self } from './world.ts'

/** What is counted while an issuer fails. */
export interface FaultLedger {
  readonly app: GuardedApp
  /**
   * Sends honest tokens and, among them, forged and withdrawn ones. `expected` is what the honest ones must get: 503 only
   * while there are no last known good keys.
   */
  probe(expected: 200 | 503, tokens: readonly string[]): Promise<void>
  /** Sends honest tokens, one after the other. */
  accept(tokens: readonly string[]): Promise<void>
  /** Sends one request; `isHonest` says whether 200 or a refusal is right. */
  sendOne(token: string, isHonest: boolean): Promise<void>
  /** Tokens of withdrawn keys: never accepted from now on. */
  withdraw(...tokens: readonly string[]): void
  /** How many looks at the issuer have ended, well or badly. */
  looks(): number
  /** How one of them ended: `keys.refreshed` or `keys.unavailable`. */
  lookAt(index: number): string | undefined
  /** For the report. */
  remark(text: string): void
  /**
   * Asserts that nothing was wrongly refused or accepted, and that fetches stayed within what the token bucket gives in so
   * many seconds.
   */
  close(elapsedSeconds: number): Promise<void>
}

/** What is watched, and under which name it is reported. */
export interface FaultStory {
  readonly name: string
  readonly issuer: FailingIssuer
  readonly time: MovableClock
  readonly timeoutMilliseconds?: number | undefined
}

/** Where the table of all faults goes, for whoever asks for it. */
const reportFile = process.env['FAULT_REPORT']
/** Whether somebody asks for it: counts are then those of the report, not those of every day. */
export const isReporting: boolean = reportFile !== undefined
const heading = [
  '| fault | requests | wrongly refused | wrongly accepted | fetches | longest event-loop stall ms |',
  '|---|---|---|---|---|---|',
]

/** Starts an application that trusts only this issuer and has fetched nothing yet. */
export async function openLedger(story: FaultStory): Promise<FaultLedger> {
  const { issuer, time, timeoutMilliseconds } = story
  const app = await startGuardedApp({
    form: issuer.type === 'openid' ? 'passport' : 'protect',
    resources: { 'GET /reports/:id': 'reports.read' },
    // Behind a proxy that says https: what costs here shall be the issuer's TLS.
    plainHttp: true,
    trustProxy: 'loopback',
    s2s: {
      self,
      audience: oauthAudience,
      clock: time.clock,
      trustedIssuers: [issuer.trust(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds })],
      grants:
        issuer.type === 'openid'
          ? []
          : [{ issuer: 'issuer', application, permissions: ['reports.read'], appOnly: true }],
    },
  })
  return new Ledger(story, app)
}

class Ledger implements FaultLedger {
  readonly app: GuardedApp
  private readonly story: FaultStory
  private readonly firstAttempt: number
  private readonly stall: IntervalHistogram
  private readonly withdrawn: string[] = []
  private readonly wrong: string[] = []
  private remarks = ''
  private requests = 0
  private wronglyRefused = 0
  private wronglyAccepted = 0

  constructor(story: FaultStory, app: GuardedApp) {
    this.story = story
    this.app = app
    this.firstAttempt = story.issuer.attempts()
    this.stall = monitorEventLoopDelay({ resolution: 1 })
    this.stall.enable()
  }

  withdraw(...tokens: readonly string[]): void {
    this.withdrawn.push(...tokens)
  }

  async probe(expected: 200 | 503, tokens: readonly string[]): Promise<void> {
    const calls = this.app.handlerCalls()
    const hostile = [...forgedOf(tokens[0] ?? assert.fail()), ...this.withdrawn]
    const outcomes = await Promise.all([
      ...tokens.map((token) => this.sendHonest(token, expected)),
      ...hostile.map((token) => this.sendHostile(token)),
    ])
    // A handler that ran for a hostile request counts, whatever was answered.
    const accepted = outcomes.filter((status) => status === 200).length
    this.wronglyAccepted += Math.max(0, this.app.handlerCalls() - calls - accepted)
  }

  private async sendHonest(token: string, expected: 200 | 503): Promise<number> {
    const status = await this.send(token)
    if (status === expected) return status
    if (expected === 200) this.wronglyRefused += 1
    this.wrong.push(`an honest request got ${status} instead of ${expected}`)
    return status
  }

  async accept(tokens: readonly string[]): Promise<void> {
    for (const token of tokens) await this.sendHonest(token, 200)
  }

  async sendOne(token: string, isHonest: boolean): Promise<void> {
    await (isHonest ? this.sendHonest(token, 200) : this.sendHostile(token))
  }

  /** 401, or 503 where the issuer cannot be asked for a key that is not known. */
  private async sendHostile(token: string): Promise<number> {
    const status = await this.send(token)
    if (status === 200) this.wronglyAccepted += 1
    if (status !== 401 && status !== 503) this.wrong.push(`a hostile request got ${status}`)
    return status
  }

  private async send(token: string): Promise<number> {
    this.requests += 1
    const headers = [
      ['Authorization', `Bearer ${token}`],
      ['X-Forwarded-Proto', 'https'],
    ] as const
    const { status } = await sendRaw(this.app, { headers })
    return status
  }

  looks(): number {
    return this.outcomes().length
  }

  lookAt(index: number): string | undefined {
    return this.outcomes()[index]
  }

  private outcomes(): readonly string[] {
    return this.app.events.map(({ name }) => name).filter((name) => /^keys\.(?:refreshed|unavailable)$/.test(name))
  }

  remark(text: string): void {
    this.remarks += `, ${text}`
  }

  async close(elapsedSeconds: number): Promise<void> {
    await this.story.issuer.quiet()
    await this.app.close()
    this.stall.disable()
    const fetches = this.story.issuer.attempts() - this.firstAttempt
    const stall = (this.stall.max / 1e6).toFixed(0)
    const name = `${this.story.name} (${this.story.issuer.type}${this.remarks})`
    report([name, this.requests, this.wronglyRefused, this.wronglyAccepted, fetches, stall])
    assert.deepEqual(this.wrong, [])
    assert.deepEqual([this.wronglyRefused, this.wronglyAccepted], [0, 0], 'wrongly refused, wrongly accepted')
    assert.deepEqual(this.app.failures, [])
    const bound = mostLooks(elapsedSeconds)
    assert.ok(this.looks() <= bound, `${this.looks()} looks, at most ${bound}`)
    // One look asks for discovery at two addresses and then for the key set, or for one metadata document.
    assert.ok(fetches <= this.looks() * (this.story.issuer.type === 'openid' ? 3 : 1), `${fetches} fetches`)
  }
}

/** The first look, the token bucket (3 at once, one more each 10 seconds), and the looks that are due or ahead of need. */
function mostLooks(seconds: number): number {
  return 1 + 3 + Math.floor(seconds / 10) + Math.floor(seconds / (refreshSeconds * 0.8))
}

function report(row: readonly (string | number)[]): void {
  if (reportFile === undefined) return
  const lines = [...(existsSync(reportFile) ? [] : heading), `| ${row.join(' | ')} |`]
  appendFileSync(reportFile, `${lines.join('\n')}\n`)
}

let attacker: KeyPair | undefined
/** RSA signatures are dear. */
const forgedBefore = new Map<string, readonly string[]>()

function forgedOf(token: string): readonly string[] {
  const forged = forgedBefore.get(token) ?? forge(token)
  forgedBefore.set(token, forged)
  return forged
}

/** What an attacker makes of an honest token that he saw. */
function forge(token: string): readonly string[] {
  attacker ??= makeKeyPair('rsa2048')
  const key = attacker.privateKey
  const claims = readClaims(token)
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>
  const named = 'kid' in header ? 'kid' : 'x5t'
  const unknown = createHash('sha1').update(token).digest('base64url')
  const algorithm = 'RS256'
  return [
    flipSignatureBit(token),
    forgedJwt({ header: { ...header, alg: algorithm }, claims, algorithm, key }),
    forgedJwt({ header: { ...header, alg: algorithm, [named]: unknown }, claims, algorithm, key }),
    compact({ ...header, alg: 'none' }, claims),
  ]
}
