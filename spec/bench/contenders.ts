import { existsSync } from 'node:fs'
import { plainSetting, type Contender, type Setting } from './contender.ts'

/** A contender, and where its code is. */
export interface ContenderEntry {
  /** Contenders with one title are one way to guard, in several settings. */
  readonly title: string
  /** Below this folder; those of `peers` need the packages that the bench installs. */
  readonly module: string
  /** Whether it lets in only those whose token is good. */
  readonly judgesTokens: boolean
  readonly overTls: boolean
  readonly setting: Setting
}

/** Short name of a contender. */
export type ContenderName = keyof typeof table

const entry = (title: string, module: string, changes: Partial<ContenderEntry> = {}): ContenderEntry => ({
  title,
  module,
  judgesTokens: true,
  overTls: false,
  setting: plainSetting,
  ...changes,
})

const protect = 'contenders/protect.ts'
const authenticate = 'contenders/authenticate.ts'
const farm: Setting = { ...plainSetting, callers: 'farm' }

const table = {
  bare: entry('bare Express', 'contenders/bare.ts', { judgesTokens: false }),
  protect: entry('`s2s.protect()`', protect),
  authenticate: entry("`passport.authenticate('s2s')` + `protectResources`", authenticate),
  'protect-farm': entry('`s2s.protect()`', protect, { setting: farm }),
  'authenticate-farm': entry("`passport.authenticate('s2s')` + `protectResources`", authenticate, { setting: farm }),
  'protect-issuers': entry('`s2s.protect()`', protect, {
    setting: { ...plainSetting, issuers: 10_000 },
  }),
  'protect-resources': entry('`s2s.protect()`', protect, {
    setting: { ...plainSetting, resources: 1000 },
  }),
  'bare-tls': entry('bare Express', 'contenders/bare.ts', { judgesTokens: false, overTls: true }),
  'protect-tls': entry('`s2s.protect()`', protect, { overTls: true }),
  'bearer-empty': entry('passport-http-bearer, empty verify', 'contenders/bearer-empty-verify.ts', {
    judgesTokens: false,
  }),
  'fast-jwt': entry('fast-jwt, cache on', 'peers/fast-jwt.ts'),
  'fast-jwt-uncached': entry('fast-jwt, cache off', 'peers/fast-jwt-uncached.ts'),
  'aws-jwt-verify': entry('aws-jwt-verify', 'peers/aws-jwt-verify.ts'),
  'express-oauth2-jwt-bearer': entry('express-oauth2-jwt-bearer', 'peers/express-oauth2-jwt-bearer.ts'),
  'passport-jwt': entry('passport-jwt + jwks-rsa', 'peers/passport-jwt.ts'),
  'express-jwt': entry('express-jwt + jwks-rsa', 'peers/express-jwt.ts'),
} satisfies Record<string, ContenderEntry>

/** All contenders. */
export const contenders: Readonly<Record<ContenderName, ContenderEntry>> = table

/** The names of all contenders. */
export const contenderNames = Object.keys(table) as readonly ContenderName[]

/** Whether a contender can run here: peers need their packages. */
export function isInstalled(name: ContenderName): boolean {
  return !contenders[name].module.startsWith('peers/') || existsSync(new URL('node_modules/', import.meta.url))
}

/** Loads the code of a contender. Not by a plain import, so that nobody needs the peers to compile the rest. */
export async function loadContender(name: ContenderName): Promise<Contender> {
  const loaded = (await import(new URL(contenders[name].module, import.meta.url).href)) as { contender: Contender }
  return loaded.contender
}
