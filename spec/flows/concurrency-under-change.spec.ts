import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeCrowd, type CrowdMember } from '../support/crowd.ts'
import { makeGate, startCrowdedServer, type CrowdedServer } from '../support/crowded-server.ts'
import { everyForm } from '../support/guarded-app.ts'
import { sendPipelined, type PipelinedAnswer } from '../support/pipeline.ts'
import { flipSignatureBit } from '../support/tokens.ts'

const paths = everyForm.map((form) => `/${form.replace(' ', '-')}/reports`)

/** One request, whose it is, and what it must be answered. */
interface Shot {
  readonly path: string
  readonly token: string
  readonly member: CrowdMember
  readonly status: number
}

describe('a server with thousands of requests in flight', () => {
  let server: CrowdedServer
  let crowd: readonly CrowdMember[]
  before(async () => {
    server = await startCrowdedServer()
    crowd = await makeCrowd(200, server.farm, server.login)
    for (const id of applicationsOf(crowd)) grantTo(id)
  })
  after(() => server.close())

  it('shows 5,000 handlers at once their own callers, known, new, and new while keys are fetched', async () => {
    let bringKeys: () => void = () => undefined
    server.keysOfLogin = new Promise((resolve) => {
      bringKeys = resolve
    })
    const known = crowd.filter(({ issuer }, index) => issuer === 'farm' && index % 8 < 4)
    assertAnswers(shotsOf(known, known.length), await sendPipelined(server, shotsOf(known, known.length)))
    const shots = shotsOf(crowd, 5000)
    const sent = sendHeld(shots)
    await untilArrived(known.length + 5000)
    bringKeys()
    await untilWaiting(shots)
    server.gate.open()
    assertAnswers(shots, await sent)
  })

  it('lets nobody of an issuer in from the moment it was removed, and all others', async () => {
    await changeUnderLoad({
      change: () => {
        assert.equal(server.s2s.trustedIssuers.remove('farm'), true)
      },
      statusAfter: ({ issuer, status }) => (issuer === 'farm' ? 401 : status),
    })
  })

  it('lets all of it in from the moment it was added again', async () => {
    await changeUnderLoad({
      statusBefore: ({ issuer, status }) => (issuer === 'farm' ? 401 : status),
      change: () => {
        server.s2s.trustedIssuers.add(server.farmTrust)
      },
      statusAfter: ({ status }) => status,
    })
  })

  it('knows nothing of a grant from the moment it was taken away, and all others', async () => {
    const isRobbed = ({ identity }: CrowdMember): boolean => identity.startsWith('farm app caller-1')
    await changeUnderLoad({
      change: () => {
        const robbed = new Set(crowd.filter(isRobbed).map(({ identity }) => identity.split(' ')[2] ?? ''))
        assert.equal(robbed.size, 11)
        for (const application of robbed) assert.ok(server.grants.remove({ issuer: 'farm', application }))
      },
      statusAfter: (member) => (isRobbed(member) ? 403 : member.status),
    })
    for (const id of applicationsOf(crowd)) grantTo(id)
  })

  it('believes no withdrawn key from the moment the keys were due, and all others', async () => {
    const { login, time } = server
    await changeUnderLoad({
      change: () => {
        login.rotateKeys()
        time.advance(100)
      },
      statusAfter: ({ issuer, status }) => (issuer === 'login' ? 401 : status),
    })
    crowd = await makeCrowd(200, server.farm, login)
    assertAnswers(shotsOf(crowd, 200), await sendPipelined(server, shotsOf(crowd, 200)))
  })

  function grantTo(application: string): void {
    server.grants.add({ issuer: 'farm', application, permissions: ['reports.read'], appOnly: true })
  }

  /** Everybody who is to be let in waits in the handler until the gate is opened. */
  function sendHeld(shots: readonly Shot[]): Promise<readonly PipelinedAnswer[]> {
    server.gate = makeGate()
    return sendPipelined(server, shots)
  }

  /** Requests before and after a change, all in flight at the same time. */
  async function changeUnderLoad({ statusBefore = usualStatus, change, statusAfter }: Change): Promise<void> {
    const arrivedBefore = server.requests.length
    const early = shotsOf(crowd, 400, statusBefore)
    const late = shotsOf(crowd, 400, statusAfter)
    const earlyAnswers = sendHeld(early)
    await untilArrived(arrivedBefore + early.length)
    await untilWaiting(early)
    change()
    const lateAnswers = sendPipelined(server, late)
    await untilArrived(arrivedBefore + early.length + late.length)
    await untilWaiting([...early, ...late])
    server.gate.open()
    assertAnswers(early, await earlyAnswers)
    assertAnswers(late, await lateAnswers)
  }

  async function untilWaiting(shots: readonly Shot[]): Promise<void> {
    const welcome = shots.filter(({ status }) => status === 200).length
    await until(() => server.gate.waiting >= welcome)
  }

  async function untilArrived(count: number): Promise<void> {
    await until(() => server.requests.length >= count)
  }
})

interface Change {
  readonly statusBefore?: (member: CrowdMember) => number
  change(this: void): void
  readonly statusAfter: (member: CrowdMember) => number
}

function usualStatus({ status }: CrowdMember): number {
  return status
}

/** All members in turn, in every form; every ninth request brings a forged token. */
function shotsOf(crowd: readonly CrowdMember[], length: number, statusOf = usualStatus): readonly Shot[] {
  return Array.from({ length }, (_, index) => {
    const member = crowd[(index * 7) % crowd.length] ?? assert.fail()
    const path = paths[index % paths.length] ?? assert.fail()
    if (index % 9 !== 8) return { path, token: member.token, member, status: statusOf(member) }
    return { path, token: forge(member), member, status: 401 }
  })
}

const forgeries = new Map<CrowdMember, string>()

/** With another signature; the outer part of a user token with one, where none may be. */
function forge(member: CrowdMember): string {
  const { token } = member
  const forged = forgeries.get(member) ?? (token.endsWith('.') ? `${token}AAAA` : flipSignatureBit(token))
  forgeries.set(member, forged)
  return forged
}

function applicationsOf(crowd: readonly CrowdMember[]): ReadonlySet<string> {
  const ofFarm = crowd.filter(({ issuer }) => issuer === 'farm')
  return new Set(ofFarm.map(({ identity }) => identity.split(' ')[2] ?? ''))
}

function assertAnswers(shots: readonly Shot[], answers: readonly PipelinedAnswer[]): void {
  for (const [index, { status, member, path }] of shots.entries()) {
    const answer = answers[index]
    const { identity } = member
    assert.equal(answer?.status, status, `${path} of ${identity}: ${answer?.body ?? ''}`)
    if (status === 200) assert.deepEqual(JSON.parse(answer.body), [identity, identity, identity], path)
    else assert.ok(!answer.body.includes('caller-'), 'the handler ran')
  }
}

/** The assertions behind it say what is missing when this waits in vain. */
async function until(isDone: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !isDone() && Date.now() < deadline;) await new Promise(setImmediate)
}
