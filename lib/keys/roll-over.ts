import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { SigningKey } from './signing-key.ts'
import type { RollOverState, SigningKeysParts } from './signing-keys.ts'

type Role = 'current' | 'next' | 'previous'

/** A key and when it entered its role: was published (next), or stopped signing (previous). */
interface Dated {
  readonly key: SigningKey
  readonly since: number
}

/**
 * The state behind `SigningKeys`: which key is in which role, and since when.
 *
 * @see protocol section 5.4
 */
export class RollOver {
  current: SigningKey
  private next: Dated | undefined
  private previous: Dated | undefined
  private readonly clock: Clock
  private readonly publishSeconds: number
  private readonly longestTokenSeconds: number
  private readonly listeners = new Set<() => void>()

  constructor(parts: SigningKeysParts) {
    const { current, next, previous, clock } = parts
    this.clock = clock
    this.publishSeconds = parts.publishSeconds ?? 86_400
    this.longestTokenSeconds = parts.longestTokenSeconds ?? 43_200
    checkRsa(current, 'current')
    checkNotExpired(current, 'current', clock())
    checkStarted(current, clock())
    this.current = current
    if (previous !== undefined) this.setPrevious(previous, parts.switchedAt ?? clock())
    if (next !== undefined) this.setNext(next, parts.nextPublishedAt ?? clock())
  }

  published(): readonly SigningKey[] {
    const others = [this.next, this.previous].flatMap((dated) => (dated === undefined ? [] : [dated.key]))
    return Object.freeze([this.current, ...others])
  }

  publishNext(key: SigningKey): void {
    if (key.x5tS256 === this.next?.key.x5tS256) return
    this.setNext(key, this.clock())
    this.tellListeners()
  }

  switchToNext(): void {
    if (this.next === undefined) throw invalid('there is no next signing key; publish one with publishNext(key)')
    if (this.previous !== undefined) {
      throw invalid('the previous signing key is still published; call retirePrevious() first')
    }
    const { key, since } = this.next
    const now = this.clock()
    checkTime(now, since + this.publishSeconds, 'partners may not know the next signing key yet; switchToNext()')
    checkTime(
      now,
      key.certificate.notBefore,
      'the certificate of the next signing key is not valid yet; switchToNext()',
    )
    checkNotExpired(key, 'next', now)
    this.previous = { key: this.current, since: now }
    this.current = key
    this.next = undefined
    this.tellListeners()
  }

  retirePrevious(): void {
    if (this.previous === undefined) throw invalid('there is no previous signing key to retire')
    const earliest = this.previous.since + this.publishSeconds + this.longestTokenSeconds
    checkTime(this.clock(), earliest, 'tokens of the previous signing key may still travel; retirePrevious()')
    this.previous = undefined
    this.tellListeners()
  }

  state(): RollOverState {
    return {
      ...(this.next === undefined ? {} : { nextPublishedAt: this.next.since }),
      ...(this.previous === undefined ? {} : { switchedAt: this.previous.since }),
    }
  }

  onChange(listener: () => void): () => void {
    // A function of its own, so that one listener may be there twice.
    const own = (): void => {
      listener()
    }
    this.listeners.add(own)
    return () => {
      this.listeners.delete(own)
    }
  }

  private setPrevious(key: SigningKey, since: number): void {
    checkRsa(key, 'previous')
    checkAbsent(key, [this.current], 'previous')
    this.previous = { key, since }
  }

  private setNext(key: SigningKey, since: number): void {
    checkRsa(key, 'next')
    checkNotExpired(key, 'next', this.clock())
    checkAbsent(key, [this.current, ...(this.previous === undefined ? [] : [this.previous.key])], 'next')
    this.next = { key, since }
  }

  /** The step is done, whatever a listener makes of it. */
  private tellListeners(): void {
    for (const listener of this.listeners) {
      try {
        listener()
      } catch (error) {
        process.emitWarning(`a listener of signing keys failed: ${String(error)}`, {
          code: 'S2S_SIGNING_KEYS_LISTENER',
        })
      }
    }
  }
}

/** S2S partners verify RS256 and nothing else unless they are told. */
function checkRsa(key: SigningKey, role: Role): void {
  if (key.algorithm === 'RS256') return
  throw invalid(`the ${role} signing key signs ${key.algorithm}; S2S needs RSA: make one with generateSigningKey()`)
}

function checkNotExpired(key: SigningKey, role: Role, now: number): void {
  const { notAfter } = key.certificate
  if (now < notAfter) return
  throw invalid(`the certificate of the ${role} signing key expired on ${dateOf(notAfter)}; make another one`)
}

function checkStarted(key: SigningKey, now: number): void {
  const { notBefore } = key.certificate
  if (now >= notBefore) return
  throw invalid(
    `the certificate of the current signing key is not valid before ${dateOf(notBefore)}; give it as next until then`,
  )
}

function checkAbsent(key: SigningKey, others: readonly SigningKey[], role: Role): void {
  if (others.every(({ x5tS256 }) => x5tS256 !== key.x5tS256)) return
  throw invalid(`the ${role} signing key has the certificate of another signing key; give each role its own`)
}

function checkTime(now: number, earliest: number, what: string): void {
  if (now < earliest) throw invalid(`${what} is possible from ${dateOf(earliest)} on`)
}

/** Rounded up, so that the step is possible at the time that is named. */
function dateOf(seconds: number): string {
  return new Date(Math.ceil(seconds) * 1000).toISOString()
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}
