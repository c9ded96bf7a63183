import type { Request } from 'express'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Who may see the console. S2S signs nobody in, so this is the example's own: whoever reads the terminal gets a link that
 * works once, and the browser that opens it gets a cookie for this run.
 */
export interface Entrance {
  /** A new link; those before it no longer work. */
  makeLink(this: void): string
  /** Whether the key is that of the newest link; it works once. */
  open(this: void, key: unknown): boolean
  /** For `Set-Cookie`. `__Host-`: no other host and no plain http can set it. */
  readonly cookie: string
  /** Whether the request brings the cookie. */
  isAdmitted(this: void, request: Request): boolean
  /** Stands in the forms of the pages. */
  readonly formToken: string
  /** Whether a form was sent by a page of this console: by its origin, and by its token. */
  isOwnForm(this: void, request: Request, token: unknown): boolean
}

/** Creates the entrance of the console at `origin`, with secrets of this run. */
export function createEntrance(origin: string): Entrance {
  // Browsers send cookies of localhost to every port of it: the port in the name keeps two runs apart.
  const name = `__Host-console-${new URL(origin).port}`
  const session = makeSecret()
  const formToken = makeSecret()
  let linkKey: string | undefined
  return {
    makeLink: () => {
      linkKey = makeSecret()
      return `${origin}/enter?key=${linkKey}`
    },
    open: (key) => {
      if (linkKey === undefined || !isEqual(key, linkKey)) return false
      linkKey = undefined
      return true
    },
    cookie: `${name}=${session}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    isAdmitted: ({ headers }) => cookiesOf(headers.cookie, name).some((value) => isEqual(value, session)),
    formToken,
    // To a browser all ports of localhost are one site: SameSite alone would let a page of another port send the form.
    isOwnForm: ({ headers }, token) =>
      headers.origin === origin &&
      (headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin' &&
      isEqual(token, formToken),
  }
}

function makeSecret(): string {
  return randomBytes(32).toString('base64url')
}

function cookiesOf(header: string | undefined, name: string): readonly string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** Takes the same time whatever is wrong with what was given, and however long it is. */
function isEqual(given: unknown, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(secret))
}
