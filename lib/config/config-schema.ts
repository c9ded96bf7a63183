import { z } from 'zod'
import { answerOptionsShape } from '../express/guard-context.ts'
import { resourceMetadataSchema } from '../express/resource-metadata-options.ts'
import { resourceOptionsSchema } from '../express/resource-guard.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { clientOptionsSchema } from '../outgoing/client-options.ts'
import { verifierOptionsShape } from '../permissions/caller-options.ts'
import { requirementSchema } from '../permissions/requirement.ts'
import { trustedIssuerSchema } from '../trust/issuer-schemas.ts'
import { declarativeShape } from './declarative-schema.ts'

const resourceName = z.string().regex(/^[A-Z-]+ \/\S*$/, "must be a method, one space and a path: 'GET /reports/:id'")
const resources = z.record(resourceName, requirementSchema)

/**
 * Strict schema of a configuration file: the part of the options of `createS2S` that is plain data, and `$schema`.
 *
 * Made from the schemas of the rooms, so that an option that comes in there is one of the file too.
 */
export const configSchema: z.ZodObject = optionsObject({
  $schema: z.string().describe('Where editors find the JSON Schema.').optional(),
  ...declarativeShape({
    ...verifierOptionsShape,
    trustedIssuers: z.array(trustedIssuerSchema),
    ...answerOptionsShape,
    resources: resources.optional(),
    resourceTables: z.record(z.string().min(1), resources).optional(),
    resourceOptions: resourceOptionsSchema.optional(),
    resourceMetadata: resourceMetadataSchema.optional(),
    clients: z.record(z.string().min(1), clientOptionsSchema).optional(),
  }),
})
