import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import express from 'express'
import { createClient } from 'redis'
import { createS2S, type S2SState, type TrustedIssuerOptions } from 'passport-s2s'
import { createRedisState } from 'passport-s2s/redis'
import type { OwnCertificate } from '../certificates.ts'
import { createPrimaryState } from './primary-state.ts'

/** What the primary tells a worker: once how to serve, then whom to suspend. */
export interface WorkerOrder {
  readonly serve?: ServeOrder
  readonly suspend?: string
}

/** How to serve; plain data. */
export interface ServeOrder {
  readonly certificate: OwnCertificate
  readonly port: number
  readonly trustedIssuers: readonly TrustedIssuerOptions[]
  readonly redisUrl?: string | undefined
}

/** One of the processes that share a port: a report server with a state that all of them share. */
process.on('message', ({ serve: order }: WorkerOrder) => {
  if (order === undefined) return
  serve(order).catch((error: unknown) => {
    console.error('cannot serve:', error)
    process.exit(1)
  })
})

// A connection to Redis would keep it alive when the primary is done.
process.once('disconnect', () => process.exit())

// What came before somebody listens would be lost.
process.send?.({ isUp: true })

async function serve({ certificate, port, trustedIssuers, redisUrl }: ServeOrder): Promise<void> {
  const s2s = createS2S({
    audience: 'https://reports.example.com',
    trustedIssuers,
    state: redisUrl === undefined ? createPrimaryState() : await connectRedis(redisUrl),
  })
  process.on('message', ({ suspend }: WorkerOrder) => {
    if (suspend !== undefined) void s2s.suspend({ application: suspend })
  })
  const app = express()
  app.use((_request, response, next) => {
    response.set('x-worker', String(process.pid))
    next()
  })
  app.use(s2s.protect({ 'GET /reports/:id': 'reports.read' }))
  app.get('/reports/:id', (request, response) => {
    response.json({ report: request.params.id, servedBy: process.pid })
  })
  app.use(s2s.errorResponder())
  const tls = { cert: certificate.certificatePem, key: certificate.privateKeyPem }
  await s2s.ready()
  createServer(tls, app as RequestListener).listen(port, '127.0.0.1')
}

async function connectRedis(url: string): Promise<S2SState> {
  const client = createClient({ url })
  client.on('error', (error: Error) => {
    console.error(`redis: ${error.message}`)
  })
  await client.connect()
  return createRedisState(client, { timeoutMilliseconds: 5000 })
}
