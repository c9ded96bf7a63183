/** Whether a segment is base64url as RFC 7515 writes it: its alphabet, no padding, and no bits left over that are not zero. */
export function isCanonical(segment: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(segment)) return false
  const endings = ['', undefined, /[AQgw]$/, /[AEIMQUYcgkosw048]$/]
  const ending = endings[segment.length % 4]
  return ending === '' || (ending !== undefined && new RegExp(ending).test(segment))
}

/** The JSON object of a segment; `undefined` when it is no UTF-8, no JSON or no object. */
export function readStrictly(segment: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(segment))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function textOf(segment: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(segment, 'base64url'))
}

const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs

/** Whether an object in the JSON of a segment has a member twice, or one named `__proto__`, or is nested deeper than 32. */
export function hasOddMembers(segment: string): boolean {
  if (readStrictly(segment) === undefined) return false
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of textOf(segment).matchAll(jsonToken)) {
    if (token === '{' || token === '[') open.push(new Set())
    if (token === '}' || token === ']') open.pop()
    if (open.length > 32) return true
    if (token === ':') {
      const name = JSON.parse(last) as string
      const names = open.at(-1)
      if (name === '__proto__' || names?.has(name) === true) return true
      names?.add(name)
    }
    last = token
  }
  return false
}
