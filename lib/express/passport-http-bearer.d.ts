declare module 'passport-http-bearer' {
  /** What we use of passport-http-bearer 1.0; its DefinitelyTyped package pulls in koa and does not compile here. */
  export class Strategy {
    constructor(
      options: { readonly passReqToCallback: true },
      verify: (
        request: unknown,
        token: string,
        verified: (error: unknown, user?: unknown, info?: unknown) => void,
      ) => void,
    )
    success: (user: unknown, info?: unknown) => void
    fail: (challenge?: unknown, status?: number) => void
    error: (error: unknown) => void
    authenticate(request: unknown): void
  }
}
