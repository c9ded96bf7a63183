import { z } from 'zod'
import { parseJsonObject } from '../foundation/parse-json.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { longestSuspensionSeconds, problemOfSubject, subjectSchema, type Suspension } from './suspension.ts'

const maximumLength = 16 * 1024

const storedSchema = optionsObject({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  ...subjectSchema.shape,
  exposed: z.literal(true).optional(),
  addedAt: z.number().min(0),
  expiresAt: z.number().min(0),
})

/** A suspension as it stands in a shared state. */
export function writeSuspension(suspension: Suspension): string {
  return JSON.stringify(suspension)
}

/**
 * Reads an entry of a shared state strictly; `undefined` for anything that `writeSuspension` could not have written, which
 * is for the caller to treat as a suspension of nobody knows whom.
 */
export function readStoredSuspension(id: string, text: unknown): Suspension | undefined {
  const value = typeof text === 'string' ? parse(text) : undefined
  const parsed = storedSchema.safeParse(value)
  if (!parsed.success || parsed.data.id !== id) return undefined
  const { addedAt, expiresAt } = parsed.data
  if (expiresAt - addedAt > longestSuspensionSeconds || problemOfSubject(parsed.data, addedAt) !== undefined) {
    return undefined
  }
  return Object.freeze(value as unknown as Suspension)
}

function parse(text: string): object | undefined {
  try {
    return parseJsonObject(text, { maximumLength, maximumDepth: 1 })
  } catch {
    return undefined
  }
}
