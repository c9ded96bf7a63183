import { z } from 'zod'
import { configSchema } from '../../lib/config/config-schema.ts'
import { closure, findMember, readOptionTexts, type OptionTexts } from './option-texts.ts'

/** A JSON Schema, as far as it is read here. */
export interface JsonSchema {
  [keyword: string]: unknown
  properties?: Record<string, JsonSchema>
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  items?: JsonSchema
  additionalProperties?: JsonSchema | boolean
  description?: string
  const?: unknown
  enum?: readonly unknown[]
}

/**
 * The JSON Schema (draft 7, which editors know) of a configuration file: the same zod definitions that validate it, with the
 * TSDoc of the options as descriptions. What zod checks by a function is not in it: the validator says that.
 */
export function makeConfigJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'undefined') jsonSchema.not = {}
    },
  }) as JsonSchema
  describeWithin(schema, ['LoadedConfig'], readOptionTexts())
  const { $schema, ...others } = schema
  return {
    $schema,
    title: 'Configuration of passport-s2s',
    description: 'One server: who it is, whom it believes, what it granted, and what its resources require.',
    ...others,
  }
}

function describeWithin(schema: JsonSchema, types: readonly string[], texts: OptionTexts): void {
  for (const form of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const [type, ...others] = typesOfForm(form, types, texts)
    const text = others.length === 0 && type !== undefined ? texts.get(type)?.text : undefined
    if (form.properties !== undefined && text !== undefined && text !== '') form.description = text
    describeWithin(form, type === undefined ? [] : [type, ...others], texts)
  }
  if (schema.items !== undefined) describeWithin(schema.items, types, texts)
  if (typeof schema.additionalProperties === 'object') describeWithin(schema.additionalProperties, types, texts)
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const found = findMember(texts, types, name)
    if (found === undefined) continue
    if (found.text !== '') member.description = found.text
    describeWithin(member, found.types, texts)
  }
}

/** Of the types of a union, those whose `type` is the one of this form. */
function typesOfForm(form: JsonSchema, types: readonly string[], texts: OptionTexts): readonly string[] {
  const kind = form.properties?.['type']
  const kinds = kind === undefined ? [] : kind.const === undefined ? (kind.enum ?? []) : [kind.const]
  if (kinds.length === 0) return types
  const all = closure(texts, types)
  const fitting = all.filter((type) =>
    texts
      .get(type)
      ?.members.get('type')
      ?.literals.some((text) => kinds.includes(text)),
  )
  return fitting.length === 0 ? types : fitting
}
