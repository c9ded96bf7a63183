import { createHmac, timingSafeEqual } from 'node:crypto'

/** Nonces for DPoP proofs, of which nothing is kept: whoever has the secret can tell one's own. */
export interface Nonces {
  /** The nonce to hand out now. */
  current(this: void, now: number): string
  /** How a nonce stands: `ageing` is good, and a new one should be handed out. `undefined`: none of ours, or too old. */
  judge(this: void, nonce: unknown, now: number): 'current' | 'ageing' | undefined
}

/** What nonces are made of. */
export interface NoncesOptions {
  readonly secret: string | Uint8Array
  /** How long each is accepted, at least. */
  readonly lifetimeSeconds: number
}

/**
 * Creates nonces: the number of a window of time, half a lifetime long, and an HMAC of it. Each is good in its own window and the
 * two after it, and in the one before it for servers whose clocks go behind. Not for one use only: that is the proof's own id.
 *
 * @see RFC 9449 section 8
 */
export function createNonces({ secret, lifetimeSeconds }: NoncesOptions): Nonces {
  const windowSeconds = lifetimeSeconds / 2
  const windowAt = (now: number): number => Math.floor(now / windowSeconds)

  function nonceOf(window: number): string {
    const number = window.toString(36)
    return `${number}.${createHmac('sha256', secret).update(`dpop-nonce ${number}`).digest('base64url')}`
  }

  function judge(nonce: unknown, now: number): 'current' | 'ageing' | undefined {
    const number = typeof nonce === 'string' ? /^([0-9a-z]{1,9})\.[\w-]{43}$/.exec(nonce)?.[1] : undefined
    if (number === undefined) return undefined
    const window = Number.parseInt(number, 36)
    const age = windowAt(now) - window
    if (age < -1 || age > 2 || !isEqual(nonce as string, nonceOf(window))) return undefined
    return age > 0 ? 'ageing' : 'current'
  }

  return { current: (now) => nonceOf(windowAt(now)), judge }
}

function isEqual(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}
