import type { SigningKeys } from './signing-keys.ts'

/**
 * SHA-256 thumbprints of all certificates that are ours: those given, and every signing key that was ever published. The
 * set grows when a key is published and never shrinks: a retired key of ours is still nobody else's.
 *
 * Does not look at issuers that are trusted already; remote keys are compared again at their next refresh.
 *
 * @see CVE-2026-55040
 */
export function createOwnThumbprints(given: Iterable<string>, keys: SigningKeys): ReadonlySet<string> {
  const thumbprints = new Set(given)
  const addPublished = (): void => {
    for (const { x5tS256 } of keys.published()) thumbprints.add(x5tS256)
  }
  addPublished()
  keys.onChange(addPublished)
  return thumbprints
}
