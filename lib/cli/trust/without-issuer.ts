import type { EditableConfig } from '../file/config-document.ts'
import { issuerIndex } from './issuer-index.ts'

/** A configuration without one of its trusted issuers; its grants stay. */
export function withoutIssuer(document: EditableConfig, name: string): EditableConfig {
  const index = issuerIndex(document, name)
  const trustedIssuers = document.trustedIssuers.filter((_, position) => position !== index)
  const { self } = document
  if (self === undefined || !isAdvertised(document, name)) return { ...document, trustedIssuers }
  const advertise = (self.advertise as readonly string[]).filter((other) => other !== name)
  return { ...document, self: { ...self, advertise }, trustedIssuers }
}

/** Whether `self.advertise` lists the issuer by its name. */
export function isAdvertised({ self }: EditableConfig, name: string): boolean {
  return Array.isArray(self?.advertise) && self.advertise.includes(name)
}
