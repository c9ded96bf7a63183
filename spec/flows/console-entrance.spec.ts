import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createEntrance } from '../../example-app/console/entrance.ts'
import { startConsole, type ConsoleWorld } from '../support/console.ts'

/** What the console serves to whoever is admitted. */
const paths = [
  '/',
  '/live',
  '/console.css',
  '/console-calls.css',
  '/console-decisions.css',
  '/console.js',
  '/console.svg',
  '/nowhere',
  '/calls',
]

describe('the entrance of the console', () => {
  let world: ConsoleWorld

  before(async () => {
    world = await startConsole()
  })
  after(() => world.close())

  it('refuses whoever has no cookie of this run, whatever is asked for', async () => {
    const good = await world.enter()
    const [name = '', value = ''] = good.split('=')
    const changed = `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`
    const cookies = ['', `${name}=`, `${name}=${changed}`, `${name}=${value}x`, `console=${value}`, `x${good}`]
    for (const path of paths) {
      for (const cookie of cookies) {
        const { status, headers, body } = await world.ask(path, { headers: { cookie } })
        assert.equal(status, 403, `${path} ${cookie}`)
        assert.equal(headers['set-cookie'], undefined)
        assert.match(body, /Not admitted/)
        assert.doesNotMatch(body, /documents|reports|name="token"/)
      }
    }
    assert.equal((await world.ask('/', { headers: { cookie: `a=b; ${good}` } })).status, 200)
  })

  it('opens each link once, and only the newest', async () => {
    const [first] = world.links
    const newest = world.links.at(-1)
    assert.ok(first !== undefined && newest !== undefined && first !== newest)
    const { pathname, search } = new URL(newest)
    const key = search.slice('?key='.length)
    assert.ok(key.length >= 43, 'less than 256 bits')
    for (const wrong of ['', '?key=', `?key=${key}x`, `?key=${key}&key=${key}`, new URL(first).search]) {
      const refused = await world.ask(`${pathname}${wrong}`)
      assert.equal(refused.status, 403, wrong)
      assert.equal(refused.headers['set-cookie'], undefined)
    }
    const count = world.links.length
    const opened = await world.ask(`${pathname}${search}`)
    assert.equal(opened.status, 303)
    assert.equal(opened.headers.location, '/')
    assert.match(
      opened.headers['set-cookie']?.[0] ?? '',
      /^__Host-console-\d+=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    assert.equal((await world.ask(`${pathname}${search}`)).status, 403)
    assert.equal(world.links.length, count + 1)
  })

  it('closes behind whoever entered, whether or not a next link is made', () => {
    const entrance = createEntrance(world.console.url)
    assert.equal(entrance.open(undefined), false)
    const key = new URL(entrance.makeLink()).searchParams.get('key')
    assert.deepEqual([entrance.open(key), entrance.open(key)], [true, false])
  })

  it('lets nothing run that is not a file of its own, and no browser keep anything', async () => {
    const { headers, body } = await world.ask('/', { headers: { cookie: await world.enter() } })
    const policy = headers['content-security-policy']
    assert.equal(
      policy,
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';" +
        "base-uri 'none';frame-ancestors 'none';require-trusted-types-for 'script';trusted-types 'none'",
    )
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['strict-transport-security'], undefined)
    assert.doesNotMatch(
      body,
      /\sstyle=|\son\w+=|<style|javascript:|<script(?! type="module" src="\/console\.js"><\/script>)/,
    )
    assert.doesNotMatch(body, /https?:\/\/(?!localhost|documents\.example\.com)/)
  })

  it('takes the form from its own pages only', async () => {
    const cookie = await world.enter()
    const token =
      /name="token" value="([\w-]{43})"/.exec((await world.ask('/', { headers: { cookie } })).body)?.[1] ?? ''
    const origin = world.console.url
    const send = (headers: Record<string, string>, form = `token=${token}&call=good`) =>
      world.ask('/calls', {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: form,
      })
    const decided = world.journal.entries().length
    const refused: [Record<string, string>, string?][] = [
      [{}],
      [{ origin: 'null' }],
      [{ origin: 'https://attacker.example' }],
      [{ origin: world.servers.documentServer.url }],
      [{ origin: origin.replace('https:', 'http:') }],
      [{ origin, 'sec-fetch-site': 'same-site' }],
      [{ origin, 'sec-fetch-site': 'cross-site' }],
      [{ origin }, 'call=good'],
      [{ origin }, `token=${token}x&call=good`],
      [{ origin }, `token=${token}&token=${token}&call=good`],
      [{ origin, 'content-type': 'text/plain' }],
      [{ origin, cookie: '' }],
    ]
    for (const [headers, form] of refused) {
      assert.equal((await send(headers, form)).status, 403, JSON.stringify([headers, form]))
    }
    assert.equal((await world.ask('/calls', { headers: { cookie } })).status, 404)
    assert.equal((await send({ origin }, `token=${token}&call=__proto__`)).status, 404)
    const large = await send({ origin }, `token=${token}&call=${'x'.repeat(2000)}`)
    assert.deepEqual([large.status, large.body], [413, 'Payload Too Large'])
    assert.equal(world.journal.entries().length, decided, 'a call was sent')

    const sent = await send({ origin, 'sec-fetch-site': 'same-origin' })
    assert.deepEqual([sent.status, sent.headers.location], [303, '/#result'])
    assert.equal(world.journal.entries().length, decided + 2, 'the question who we are, and the call')
  })
})
