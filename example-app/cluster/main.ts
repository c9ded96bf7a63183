import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createMemoryState } from 'passport-s2s'
import { createTestIssuer } from 'passport-s2s/testing'
import { call, type Answer } from '../call.ts'
import { makeCertificate } from '../certificates.ts'
import { answerWorker } from './primary-state.ts'
import type { WorkerOrder } from './worker.ts'

/**
 * `npm run build && npx tsx example-app/cluster/main.ts`: two workers of `node:cluster` behind one port. What they share is in
 * Redis when `REDIS_URL` says where that is, else with the primary. Ends with 0 if every answer was as expected.
 */
const redisUrl = process.env['REDIS_URL']
const audience = 'https://reports.example.com'
const login = await createTestIssuer({ type: 'static', audience, issuer: 'https://login.example.com', name: 'login' })
const jobs = await createTestIssuer({
  type: 'static',
  audience,
  issuer: 'https://jobs.example.com',
  name: 'jobs',
  trust: { singleUseTokens: true },
})
const certificate = await makeCertificate('Cluster')
const port = await freePort()
const state = createMemoryState()
cluster.setupPrimary({ exec: join(import.meta.dirname, 'worker.ts') })
const workers = [startWorker(), startWorker()]
await Promise.all(workers.map((worker) => once(worker, 'listening')))
console.log(
  `Two workers share https://localhost:${port} and ${redisUrl === undefined ? 'the state of the primary' : 'a Redis'}.`,
)
// Tokens say to the second when they were issued: one of this second may be older than what the state remembers.
await pause(1000 - (Date.now() % 1000))

let surprises = 0
function tell(text: string, isExpected: boolean): void {
  if (!isExpected) surprises += 1
  console.log(`${isExpected ? '  as expected' : '  UNEXPECTED '}: ${text}`)
}

const plain = login.appToken({ scopes: ['reports.read'] })
const served = await Promise.all(Array.from({ length: 8 }, () => ask(plain)))
tell(`both workers serve: ${workerNames(served)}`, new Set(served.map(nameOf)).size === 2)

const once1 = jobs.appToken({ scopes: ['reports.read'] })
const used = await Promise.all(Array.from({ length: 8 }, () => ask(once1)))
const accepted = used.filter(({ status }) => status === 200)
tell(
  `a token that may be used once is accepted ${accepted.length} time of 8, by ${workerNames(accepted)}`,
  accepted.length === 1,
)

const startedAt = performance.now()
workers[0]?.send({ suspend: login.application } satisfies WorkerOrder)
const refusing = new Set<string>()
while (refusing.size < 2 && performance.now() - startedAt < 5000) {
  const answer = await ask(plain)
  if (answer.status === 401) refusing.add(nameOf(answer))
}
const passed = Math.ceil(performance.now() - startedAt)
tell(`suspended by one worker, refused by both after ${passed} ms`, refusing.size === 2 && passed <= 1000)

cluster.disconnect()
process.exitCode = surprises === 0 ? 0 : 1

function startWorker(): Worker {
  const worker = cluster.fork()
  if (redisUrl === undefined) answerWorker(worker, state)
  const trustedIssuers = [login.options, jobs.options]
  worker.on('message', (message: object) => {
    if (!('isUp' in message)) return
    worker.send({ serve: { certificate, port, trustedIssuers, redisUrl } } satisfies WorkerOrder)
  })
  return worker
}

function ask(token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` }
  return call(`https://localhost:${port}/reports/1`, { ca: certificate.certificatePem, headers })
}

function nameOf({ headers }: Answer): string {
  return String(headers['x-worker'])
}

function workerNames(answers: readonly Answer[]): string {
  return [...new Set(answers.map(nameOf))].map((name) => `worker ${name}`).join(' and ')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return free
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
