import { z } from 'zod'
import { textOrFileSchema } from '../../foundation/text-or-file.ts'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import type { S2SCertificateIssuerOptions } from '../../trust/issuer-options.ts'
import {
  checkPreset,
  commonIssuerOptions,
  createClientOptions,
  createServerPreset,
  principalWord,
  serverPresetShape,
  type ServerFacts,
  type ServerPreset,
  type ServerPresetOptions,
} from './server-preset.ts'

/** A Workflow Manager farm; where its certificates come from must be said, because no path is documented. */
export type WorkflowManagerOptions = Omit<ServerPresetOptions, 'realm' | 'metadataEndpoint' | 'thumbprints'> & {
  /** Its principal identifier. Default `00000005-0000-0000-c000-000000000000`, which is not verified. */
  readonly clientId?: string
} & (
    | {
        /** https address of its metadata document. */
        readonly metadataEndpoint: string
        readonly realm?: string
        readonly thumbprints?: readonly string[]
        readonly certificates?: never
      }
    | {
        /** Its outbound signing certificates, current and next, PEM or base64 DER (`Get-WFOutboundCertificate`). */
        readonly certificates: S2SCertificateIssuerOptions['certificates']
        /** The realm its tokens are of; needed with `certificates`. */
        readonly realm: string
        readonly metadataEndpoint?: never
        readonly thumbprints?: never
      }
  )

const workflowManagerShape = {
  ...serverPresetShape,
  clientId: principalWord.optional(),
  certificates: z.union([textOrFileSchema, z.array(textOrFileSchema).min(1, 'is empty')]).optional(),
}

const workflowManagerSchema = optionsObject(workflowManagerShape)
  .refine(
    (options) => (options.metadataEndpoint === undefined) !== (options.certificates === undefined),
    'needs either metadataEndpoint or certificates',
  )
  .refine(
    (options) => options.certificates === undefined || options.realm !== undefined,
    'needs realm with certificates: the issuer is named id@realm',
  )
  .refine(
    (options) => options.certificates === undefined || options.thumbprints === undefined,
    'thumbprints are for metadataEndpoint; with certificates these are the only ones',
  )

/**
 * Workflow Manager 1.0: both directions.
 *
 * Read in its documentation:
 * - its record of a partner (issuer name, metadata address, certificates); a challenge that says realm and trusted issuers;
 *   credentials it issues itself; calls on behalf of a user whose claims are given; https unless `-AllowOAuthHttp`
 *
 * Uncertain, not verified against a real server:
 * - its principal identifier is recalled, not read: compare it with `issuer` of its document or `iss` of its tokens
 * - where it publishes its own document is not known: give `metadataEndpoint`, or its certificates
 * - the spelling of its tokens and challenge is taken to be that of the other products; which identifiers of a user it
 *   reads is not known, so all are sent
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol section 14
 */
export function workflowManager(options: WorkflowManagerOptions): ServerPreset {
  parseOptions<unknown>(workflowManagerSchema, options, '')
  const { clientId, certificates, ...rest } = options
  const facts: ServerFacts = {
    product: 'workflow-manager',
    clientId: clientId ?? '00000005-0000-0000-c000-000000000000',
    metadataPath: '',
  }
  if (certificates === undefined) return createServerPreset(facts, rest)
  const trustedIssuer: S2SCertificateIssuerOptions = {
    type: 's2s-certificate',
    ...commonIssuerOptions(facts, options),
    registeredIssuerName: `${facts.clientId}@${options.realm}`,
    certificates,
  }
  return checkPreset({ product: facts.product, trustedIssuer, client: createClientOptions(facts, options) })
}
