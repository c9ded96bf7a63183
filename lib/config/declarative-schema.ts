import { z } from 'zod'
import { authoritiesSchema } from '../foundation/fetch-json.ts'
import { secretTextOrFileSchema, secretTextSchema, textOrFileSchema } from '../foundation/text-or-file.ts'
import { unreachable } from '../foundation/unreachable.ts'
import { publicTextSchema, secretSchema } from './reference-schema.ts'

/** What stands in a file where the options of the rooms have text or the path of a file. */
const replacements: ReadonlyMap<unknown, z.ZodType> = new Map<unknown, z.ZodType>([
  [textOrFileSchema, publicTextSchema],
  [authoritiesSchema, z.union([publicTextSchema, z.array(publicTextSchema).min(1)])],
  [secretTextOrFileSchema, secretSchema],
  [secretTextSchema, secretSchema],
])

/**
 * The part of a schema of options that a file can hold: functions and instances are left out, secrets are references.
 * `undefined` when nothing is left.
 */
export function declarativeSchema(schema: z.ZodType): z.ZodType | undefined {
  const replacement = replacements.get(schema)
  if (replacement !== undefined) return replacement
  const { type } = schema._zod.def
  if (type === 'custom') return undefined
  if (plainTypes.has(type)) return schema
  return declarativeWithin(schema)
}

const plainTypes: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'enum',
  'literal',
  'unknown',
  'undefined',
])

function declarativeWithin(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return declarativeObject(schema)
  if (schema instanceof z.ZodUnion) return declarativeUnion(schema)
  if (schema instanceof z.ZodOptional) return declarativeSchema(schema.unwrap() as z.ZodType)?.optional()
  if (schema instanceof z.ZodArray) return declarativeArray(schema)
  if (schema instanceof z.ZodRecord) return declarativeRecord(schema)
  throw unreachable(`an option has a schema of the type ${schema._zod.def.type}`)
}

function declarativeArray(schema: z.ZodArray): z.ZodType | undefined {
  const element = declarativeSchema(schema.element as z.ZodType)
  return element === undefined ? undefined : schema.clone({ ...schema._zod.def, element })
}

function declarativeObject(schema: z.ZodObject): z.ZodType {
  return schema.clone({ ...schema._zod.def, shape: declarativeShape(schema.shape) })
}

/** The members that a file can hold. */
export function declarativeShape(shape: z.ZodRawShape): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).flatMap(([name, member]) => {
      const declarative = declarativeSchema(member as z.ZodType)
      return declarative === undefined ? [] : [[name, declarative]]
    }),
  )
}

function declarativeRecord(schema: z.ZodRecord): z.ZodType | undefined {
  const valueType = declarativeSchema(schema.valueType as z.ZodType)
  return valueType === undefined ? undefined : schema.clone({ ...schema._zod.def, valueType })
}

function declarativeUnion(schema: z.ZodUnion): z.ZodType | undefined {
  const options = schema.options.flatMap((option) => declarativeSchema(option as z.ZodType) ?? [])
  if (options.length < 2) return options[0]
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema._zod.def
    return z.discriminatedUnion(discriminator, options as unknown as [z.ZodObject, ...z.ZodObject[]])
  }
  return schema.clone({ ...schema._zod.def, options })
}
