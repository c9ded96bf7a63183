import { z } from 'zod'
import type { Clock } from '../foundation/clock.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { RollOver } from './roll-over.ts'
import { readSigningKey, signingKeySchema, type SigningKey, type SigningKeyOptions } from './signing-key.ts'

/** How long each step of a roll-over must wait, and how far it is. */
export interface RollOverOptions {
  /** For how long partners may hold old metadata, in seconds. Default 86400 (24 hours: SharePoint looks once a day). */
  readonly publishSeconds?: number
  /** The longest lifetime of our tokens, in seconds. Default 43200 (12 hours). */
  readonly longestTokenSeconds?: number
  /** When `next` was published first, in seconds since 1970; lets a roll-over go on after a restart. Default: now. */
  readonly nextPublishedAt?: number
  /** When `current` took over from `previous`, in seconds since 1970. Default: now. */
  readonly switchedAt?: number
}

/** What signing keys are made of. */
export interface SigningKeysParts extends RollOverOptions {
  /** Signs now. */
  readonly current: SigningKey
  /** Published already, and will sign after the next switch. */
  readonly next?: SigningKey
  /** Signed before the last switch; still published, because its tokens still travel. */
  readonly previous?: SigningKey
  readonly clock: Clock
}

/** Our own signing keys, as they are configured. */
export interface SigningKeysOptions extends RollOverOptions {
  /** Signs now. */
  readonly current: SigningKeyOptions
  /** Published already, and will sign after the next switch. */
  readonly next?: SigningKeyOptions
  /** Signed before the last switch; still published, because its tokens still travel. */
  readonly previous?: SigningKeyOptions
}

const seconds = z.number().int().min(0)

/** Strict schema of our own signing keys. */
export const signingKeysSchema = optionsObject({
  current: signingKeySchema,
  next: signingKeySchema.optional(),
  previous: signingKeySchema.optional(),
  publishSeconds: seconds.optional(),
  longestTokenSeconds: seconds.min(1).optional(),
  nextPublishedAt: seconds.optional(),
  switchedAt: seconds.optional(),
})

/** How far a roll-over is; keep it with the keys to go on after a restart. Seconds since 1970. */
export interface RollOverState {
  readonly nextPublishedAt?: number
  readonly switchedAt?: number
}

/**
 * Our own signing keys. A roll-over is four steps: `publishNext`, wait, `switchToNext`, wait, `retirePrevious`. A step
 * before its time is refused, because tokens would be refused by partners that hold older metadata.
 */
export interface SigningKeys {
  /** The key that signs now. Ask for it each time a token is minted. */
  current(this: void): SigningKey
  /** What our metadata shows: current, next, previous. */
  published(this: void): readonly SigningKey[]
  /**
   * Shows the key in our metadata, in place of a next key that was not switched to.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: no RSA key, an expired certificate, or a key that is in use
   */
  publishNext(this: void, key: SigningKey | SigningKeyOptions): void
  /**
   * Makes the next key sign; the current one becomes the previous one.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: no next key, or too early
   */
  switchToNext(this: void): void
  /**
   * Takes the previous key out of our metadata. Its private key can be destroyed then.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: no previous key, or too early
   */
  retirePrevious(this: void): void
  /** How far the roll-over is. */
  rollOver(this: void): RollOverState
  /** Calls the listener after each step; gives the function that ends that. A listener that throws never undoes a step. */
  onChange(this: void, listener: () => void): () => void
}

/**
 * Creates our signing keys; they change only by its own steps.
 *
 * Does not check that partners really fetch our metadata within `publishSeconds`: the operator must know that. Does not
 * watch the certificate of the current key expire: partners refuse its tokens from then on.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: a key that is not RSA or is there twice, or a certificate that is
 * expired (current, next) or not valid yet (current)
 */
export function createSigningKeys(parts: SigningKeysParts): SigningKeys {
  const rollOver = new RollOver(parts)
  return {
    current: () => rollOver.current,
    published: () => rollOver.published(),
    publishNext: (key) => {
      rollOver.publishNext('publicKey' in key ? key : readSigningKey(key, 'next'))
    },
    switchToNext: () => {
      rollOver.switchToNext()
    },
    retirePrevious: () => {
      rollOver.retirePrevious()
    },
    rollOver: () => rollOver.state(),
    onChange: (listener) => rollOver.onChange(listener),
  }
}

/** Where configured keys come from. */
export interface SigningKeysSource {
  readonly clock: Clock
  /** What the developer knows the options by, such as `self.keys`. */
  readonly name: string
}

/**
 * Reads and creates our signing keys from options.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN` (see `readSigningKey`, `createSigningKeys`)
 */
export function readSigningKeys(options: SigningKeysOptions, { clock, name }: SigningKeysSource): SigningKeys {
  parseOptions(signingKeysSchema as z.ZodType, options, name)
  const { current, next, previous, ...rollOver } = options
  return createSigningKeys({
    ...rollOver,
    clock,
    current: readSigningKey(current, `${name}.current`),
    ...(next === undefined ? {} : { next: readSigningKey(next, `${name}.next`) }),
    ...(previous === undefined ? {} : { previous: readSigningKey(previous, `${name}.previous`) }),
  })
}
