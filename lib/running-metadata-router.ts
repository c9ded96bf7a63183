import type { RequestHandler } from 'express'
import { isDeepStrictEqual } from 'node:util'
import type { S2SServer } from './express/authenticate-request.ts'
import { createMetadataRouter, type MetadataRouterOptions } from './express/metadata-router.ts'
import type { RunningServer } from './express/running-server.ts'
import { ourselvesOf } from './own-clients.ts'

/** Documents are made anew only when we are somebody else, or have other keys: they listen to our keys as long as these live. */
export function createRunningMetadataRouter(running: RunningServer, options?: MetadataRouterOptions): RequestHandler {
  let last: { readonly server: S2SServer; readonly router: RequestHandler } | undefined
  const routerOf = running.ofEach((server) => {
    const publishing = {
      ...ourselvesOf(server),
      get context() {
        return running.current.context
      },
    }
    const router =
      last !== undefined && isSameSelf(last.server, server) ? last.router : createMetadataRouter(publishing, options)
    last = { server, router }
    return router
  })
  return function metadataMiddleware(request, response, next) {
    void routerOf(request)(request, response, next)
  }
}

function isSameSelf(one: S2SServer, other: S2SServer): boolean {
  return one.signingKeys === other.signingKeys && isDeepStrictEqual(one.options.self, other.options.self)
}
