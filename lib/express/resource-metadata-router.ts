import type { RequestHandler } from 'express'
import { ConfigurationError } from '../foundation/errors.ts'
import type { S2SServer } from './authenticate-request.ts'
import { createDocumentMiddleware } from './document-middleware.ts'
import type { ProtectedResource } from './protected-resource.ts'
import type { RunningServer } from './running-server.ts'

/**
 * Publishes the resource metadata of a server, at the path that belongs to its address and nowhere else.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` without `resourceMetadata`
 * @see RFC 9728 section 3
 */
export function createResourceMetadataRouter(running: RunningServer): RequestHandler {
  const resourceOf = running.ofEach(protectedResourceOf)
  return createDocumentMiddleware(running.contextOf, (path, request) => resourceOf(request).documentAt(path))
}

function protectedResourceOf({ resource }: S2SServer): ProtectedResource {
  if (resource !== undefined) return resource
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    'resourceMetadata is missing; set it to { advertise: true } or more to have something to publish',
    { path: 'resourceMetadata' },
  )
}
