import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuerOptions } from '../trust/issuer-options.ts'

/** The name that a trusted issuer (or preset) has when its options give none. */
export function nameOfOptions(options: TrustedIssuerOptions): string {
  if (options.name !== undefined) return options.name
  if ('issuer' in options) return options.issuer
  switch (options.type) {
    case 's2s-certificate':
      return options.registeredIssuerName
    case 's2s-metadata':
      return options.registeredIssuerName ?? options.metadataEndpoint
    case 'microsoft365':
      return 'microsoft365'
  }
}

/** The options that an issuer was made of. */
export function optionsOfIssuer(
  list: readonly TrustedIssuerOptions[],
  { name, partOf = [] }: Pick<TrustedIssuer, 'name' | 'partOf'>,
): TrustedIssuerOptions | undefined {
  return list.find((options) => {
    const given = nameOfOptions(options)
    return given === name || partOf.includes(given)
  })
}
