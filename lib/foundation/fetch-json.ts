import type https from 'node:https'
import { z } from 'zod'
import { agentFault } from './agent-fault.ts'
import { UnavailableError } from './errors.ts'
import { fetchBytes, placeOf } from './fetch-bytes.ts'
import type { HttpAnswer } from './https-request.ts'
import { parseJsonObject, type JsonObject } from './parse-json.ts'
import { optionsObject } from './parse-options.ts'

/** How documents are fetched. */
export interface FetchJsonOptions {
  /** An agent of your own (proxy, client certificate). It must check certificates, and its own `ca` wins. Default: none. */
  readonly agent?: https.Agent
  /** Certificates (PEM) to trust INSTEAD of the well-known authorities. Default: the well-known ones. */
  readonly ca?: string | readonly string[]
  /** A fetch of your own; it then owns TLS, and `agent` and `ca` are not used. Default: node:https. */
  readonly fetch?: typeof globalThis.fetch
  /** Milliseconds from the first packet to the last byte of the body. Default 5000. */
  readonly timeoutMilliseconds?: number
  /** Longest accepted body, in bytes. Default 524288 (512 KiB). */
  readonly maximumBytes?: number
}

/**
 * Schema of certificates to trust, PEM.
 *
 * @internal
 */
export const authoritiesSchema: z.ZodType<string | string[]> = z.union([
  z.string().min(1),
  z.array(z.string().min(1)).min(1),
])

/**
 * Schema of `FetchJsonOptions`; other rooms take its `shape` into their own.
 *
 * @internal
 */
export const fetchOptionsSchema = optionsObject({
  agent: z
    .custom<https.Agent>((agent) => agentFault(agent) === undefined, {
      error: ({ input }) => agentFault(input) ?? null,
    })
    .optional(),
  ca: authoritiesSchema.optional(),
  fetch: z.custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function').optional(),
  timeoutMilliseconds: z.number().int().min(1).max(600_000).optional(),
  maximumBytes: z.number().int().min(1).optional(),
})

/** One fetch. */
export interface FetchJsonRequest extends FetchJsonOptions {
  /** The header `Authorization`; whoever gives it decides that this address may see it. Redirects are never followed. */
  readonly authorization?: string | undefined
}

/** Is shown what came back before it is judged, to explain a failure; must not throw, nor read the body. */
export type ObserveAnswer = (answer: HttpAnswer, url: string) => void

const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'passport-s2s' }

/**
 * Fetches one JSON object over https: one GET, certificate checked, no redirects, no compression, a deadline for the
 * whole exchange and a limit of bytes.
 *
 * Does NOT check what the document says (issuer, keys); that is the part of `metadata/` and `keys/`. Which addresses may
 * be asked is the caller's decision.
 *
 * @throws what `fetchBytes` throws; UnavailableError `ERR_S2S_METADATA_INVALID` (not UTF-8, not one JSON object)
 */
export async function fetchJson(
  url: string,
  options: FetchJsonRequest = {},
  observe?: ObserveAnswer,
): Promise<JsonObject> {
  const { authorization } = options
  const sent = authorization === undefined ? headers : { ...headers, authorization }
  const { bytes } = await fetchBytes(url, { headers: sent, observe }, options)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return parseJsonObject(text, { maximumLength: options.maximumBytes ?? 512 * 1024 })
  } catch (cause) {
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', `${placeOf(url)} did not send one JSON object`, { cause })
  }
}
