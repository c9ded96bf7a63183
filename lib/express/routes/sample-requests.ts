import { sampleTexts, samplePaths } from '../../permissions/sample-paths.ts'

/** Nobody writes it: what stands for the values of parameters. */
const [text] = sampleTexts

/** Request paths of each kind that a path matches; the first kinds in other spellings that a router may take for the same. */
export function sampleRequests(path: string): readonly string[] {
  const samples = samplePaths(path, path)
  return [...new Set([...samples, ...samples.filter(isOfFirstText).flatMap(spell)])]
}

/** In capitals, in small letters, and with or without a slash at the end. */
function spell(sample: string): readonly string[] {
  const other = sample.endsWith('/') ? sample.slice(0, -1) || '/' : `${sample}/`
  return [sample.toUpperCase(), sample.toLowerCase(), other]
}

/**
 * Narrows a request path down to what a rule is about: of each segment the narrower one. Whether the result belongs to the
 * route still, and to the rule, is for their own matchers to say.
 */
export function narrowRequest(request: string, rulePath: string): readonly string[] {
  if (!isOfFirstText(request)) return []
  const ofRule = samplePaths(rulePath, rulePath).filter(isOfFirstText)
  return ofRule.flatMap((sample) => narrower(request, sample) ?? [])
}

function isOfFirstText(sample: string): boolean {
  return !sample.includes(sampleTexts[1])
}

function narrower(one: string, other: string): string | undefined {
  const others = other.split('/')
  const segments = one.split('/')
  if (segments.length !== others.length) return undefined
  const joined = segments.map((segment, index) => narrowerSegment(segment, others[index] ?? ''))
  return joined.includes(undefined) ? undefined : joined.join('/')
}

function narrowerSegment(one: string, other: string): string | undefined {
  if (one.toLowerCase() === other.toLowerCase()) return one
  if (one.includes(text)) return other.includes(text) && other.length < one.length ? one : other
  return other.includes(text) ? one : undefined
}
