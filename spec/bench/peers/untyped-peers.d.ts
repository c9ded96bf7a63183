/** What the bench uses of passport-jwt 4; its DefinitelyTyped package brings a second copy of Express's types. */
declare module 'passport-jwt' {
  export const ExtractJwt: { fromAuthHeaderAsBearerToken(): unknown }
  export class Strategy {
    constructor(
      options: Readonly<Record<string, unknown>>,
      verify: (claims: unknown, done: (error: unknown, user?: unknown) => void) => void,
    )
  }
}
