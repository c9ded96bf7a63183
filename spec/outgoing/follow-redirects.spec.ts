import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { followRedirects } from '../../lib/outgoing/follow-redirects.ts'
import { prepareCall, type CallInit } from '../../lib/outgoing/prepare-call.ts'
import { refusal } from '../support/refusal.ts'

const target = new URL('https://portal.fabrikam.example/')

/** Sends a call to a target that answers each path as the table says, and everything else with 200. */
async function follow(
  table: Readonly<Record<string, readonly [status: number, location?: string]>>,
  init: CallInit = {},
): Promise<{ status: number; asked: string[] }> {
  const asked: string[] = []
  const call = await prepareCall(target, '/start', init)
  const answer = await followRedirects(call, (url, { method, headers, body }) => {
    asked.push(`${method} ${url.pathname}${url.search}`)
    assert.equal(url.origin, target.origin)
    assert.equal(headers.get('authorization'), null)
    headers.set('authorization', 'Bearer x')
    assert.equal(body, call.body)
    const [status, location] = table[url.pathname] ?? [200]
    return Promise.resolve(new Response(null, { status, headers: location === undefined ? {} : { location } }))
  }).catch((error: unknown) => {
    throw Object.assign(error as Error, { asked })
  })
  return { status: answer.status, asked }
}

describe('followRedirects', () => {
  it('gives what is no redirect', async () => {
    assert.deepEqual(await follow({}), { status: 200, asked: ['GET /start'] })
  })

  for (const status of [301, 302, 303, 307, 308]) {
    it(`follows ${status} within the origin`, async () => {
      const { asked } = await follow({
        '/start': [status, 'next?a=b'],
        '/next': [status, 'https://portal.fabrikam.example:443/end'],
      })
      assert.deepEqual(asked, ['GET /start', 'GET /next?a=b', 'GET /end'])
    })
  }

  it('follows with HEAD too', async () => {
    const { asked } = await follow({ '/start': [302, '/next'] }, { method: 'HEAD' })
    assert.deepEqual(asked, ['HEAD /start', 'HEAD /next'])
  })

  for (const table of [{ '/start': [300, '/next'] }, { '/start': [304, '/next'] }, { '/start': [302] }] as const) {
    it(`gives ${JSON.stringify(table)} as it is`, async () => {
      assert.deepEqual((await follow(table as never)).asked, ['GET /start'])
    })
  }

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`gives a redirect of ${method} as it is`, async () => {
      const body = method === 'POST' ? { body: 'x' } : {}
      const answer = await follow({ '/start': [307, '/next'] }, { method, ...body })
      assert.deepEqual(answer, { status: 307, asked: [`${method} /start`] })
    })
  }

  it('follows five redirects and no sixth', async () => {
    const chain = {
      '/start': [302, '/1'],
      '/1': [302, '/2'],
      '/2': [302, '/3'],
      '/3': [302, '/4'],
      '/4': [302, '/5'],
    } as const
    assert.equal((await follow(chain as never)).asked.length, 6)
    await assert.rejects(follow({ ...chain, '/5': [302, '/6'] } as never), (error: { asked?: string[] }) => {
      assert.equal(error.asked?.length, 6)
      return refusal('ERR_S2S_TARGET_REDIRECT', /more than 5 times/)(error)
    })
  })

  it('does not go round in circles', async () => {
    await assert.rejects(follow({ '/start': [302, '/start'] }), refusal('ERR_S2S_TARGET_REDIRECT'))
  })

  const wrong = [
    'https://evil.example/',
    'http://portal.fabrikam.example/next',
    'https://portal.fabrikam.example:8443/next',
    '//evil.example/next',
    '/\\evil.example/next',
    'https://portal.fabrikam.example@evil.example/next',
    'https://user:secret@portal.fabrikam.example/next',
    'https://user@portal.fabrikam.example/next',
    'https://:secret@portal.fabrikam.example/next',
    'javascript:alert(1)',
    'https://[',
  ]
  for (const location of wrong) {
    for (const method of ['GET', 'POST']) {
      it(`refuses a redirect of ${method} to ${location}`, async () => {
        await assert.rejects(follow({ '/start': [302, location] }, { method }), (error: { asked?: string[] }) => {
          assert.ok(error instanceof OutgoingError)
          assert.equal(error.side, 'target')
          assert.ok(!String(error.reason).includes('secret'))
          assert.deepEqual(error.asked, [`${method} /start`])
          return refusal('ERR_S2S_TARGET_REDIRECT')(error)
        })
      })
    }
  }

  it('gives every redirect to a call that wants to see it', async () => {
    const answer = await follow({ '/start': [302, 'https://evil.example/'] }, { redirect: 'manual' })
    assert.deepEqual(answer, { status: 302, asked: ['GET /start'] })
  })

  it('follows none for a call that wants none', async () => {
    await assert.rejects(
      follow({ '/start': [302, '/next'] }, { redirect: 'error' }),
      refusal('ERR_S2S_TARGET_REDIRECT', /does not allow/),
    )
  })
})
