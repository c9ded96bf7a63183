import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from 'express'
import { createVerifyCall, type S2SVerify, type S2SVerifyDone } from '../../lib/express/verify-call.ts'
import type { S2SPrincipal } from '../../lib/identity/principal.ts'

const principal = { kind: 'app', application: { id: 'svc' } } as S2SPrincipal
const request = { method: 'GET' } as unknown as Request
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Form {
  readonly name: string
  readonly verify: S2SVerify
  readonly passReqToCallback?: true
}

const accepting: readonly Form[] = [
  {
    name: '(principal, done)',
    verify: (given: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, { given })
    },
  },
  {
    name: '(principal, done) later',
    verify: async (given: S2SPrincipal, done: S2SVerifyDone) => {
      await wait(2)
      done(undefined, { given })
    },
  },
  {
    name: '(request, principal, done)',
    verify: (asked: Request, given: S2SPrincipal, done: S2SVerifyDone) => {
      assert.equal(asked, request)
      done(null, { given })
    },
    passReqToCallback: true,
  },
  { name: '(principal) => user', verify: (given: S2SPrincipal) => ({ given }) },
  { name: '(principal) => promise', verify: (given: S2SPrincipal) => Promise.resolve({ given }) },
  {
    name: '(request, principal) => promise',
    verify: (asked: Request, given: S2SPrincipal) => Promise.resolve(asked === request && { given }),
    passReqToCallback: true,
  },
]

const down = new Error('the directory is down')

const failing: readonly Form[] = [
  {
    name: 'done(error)',
    verify: (_: S2SPrincipal, done: S2SVerifyDone) => {
      done(down)
    },
  },
  {
    name: 'a throw',
    verify: () => {
      throw down
    },
  },
  {
    name: 'a throw before done',
    verify: (_: S2SPrincipal, _done: S2SVerifyDone) => {
      throw down
    },
  },
  { name: 'a rejection', verify: (_: S2SPrincipal) => Promise.reject(down) },
  { name: 'a rejection before done', verify: (_: S2SPrincipal, _done: S2SVerifyDone) => Promise.reject(down) },
]

describe('createVerifyCall', () => {
  it('gives the principal when there is no callback', async () => {
    assert.deepEqual(await createVerifyCall(undefined, false)(principal, request), { user: principal, info: undefined })
  })

  for (const { name, verify, passReqToCallback = false } of accepting) {
    it(`takes the user of ${name}`, async () => {
      const { user } = await createVerifyCall(verify, passReqToCallback)(principal, request)
      assert.deepEqual(user, { given: principal })
    })
  }

  it('hands on info and a refusal', async () => {
    const verify = (_: S2SPrincipal, done: S2SVerifyDone): void => {
      done(null, false, { message: 'no' })
    }
    assert.deepEqual(await createVerifyCall(verify, false)(principal, request), {
      user: false,
      info: { message: 'no' },
    })
  })

  for (const { name, verify } of failing) {
    it(`hands on the error of ${name}`, async () => {
      await assert.rejects(async () => createVerifyCall(verify, false)(principal, request), down)
    })
  }

  it('makes an error of what is none', async () => {
    const verify = (_: S2SPrincipal, done: S2SVerifyDone): void => {
      done('down')
    }
    await assert.rejects(async () => createVerifyCall(verify, false)(principal, request), { cause: 'down' })
  })
})
