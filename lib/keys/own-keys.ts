import { keyThumbprint } from './key-thumbprint.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Thumbprints (`keyThumbprint`) of all keys that are ours: those given, and every signing key that was ever published.
 * The set grows when a key is published and never shrinks: a retired key of ours is still nobody else's.
 *
 * Does not look at issuers that are trusted already; remote keys are compared again at their next refresh.
 *
 * @see CVE-2026-55040
 */
export function createOwnKeys(given: Iterable<string>, keys: SigningKeys): ReadonlySet<string> {
  const thumbprints = new Set(given)
  const addPublished = (): void => {
    for (const { publicKey } of keys.published()) thumbprints.add(keyThumbprint(publicKey))
  }
  addPublished()
  keys.onChange(addPublished)
  return thumbprints
}
