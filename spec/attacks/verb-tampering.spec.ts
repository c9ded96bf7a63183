import express from 'express'
import { METHODS } from 'node:http'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import type { GuardedAppOptions } from '../support/guarded-app.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const writeToken = await oauth.token({ claims: { scope: 'reports.write' } })

/** Routes that answer every method, as `app.all`, `app.use` and routers of other settings do. */
const app: Omit<GuardedAppOptions, 'form'> = {
  s2s: options,
  resources: {
    'GET /reports/:id': 'reports.read',
    'PUT /reports/:id': 'reports.write',
    'ALL /inbox': 'reports.write',
    'GET /public/:file': 'public',
  },
  before: [express.json(), express.urlencoded({ extended: true })],
  routes: (app, handler) => {
    app.all('/reports/:id', handler)
    app.route('/public/:file').all(handler)
    app.all('/inbox', handler)
    app.all('/admin/users', handler)
    app.use(handler)
  },
}

const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const
const notListed = { status: 403, code: 'ERR_S2S_RESOURCE_NOT_LISTED' } as const
const noCredential = { status: 401, code: undefined } as const

/** Node's client cannot send CONNECT as a request for a path: see `absolute-form-target.spec.ts`. */
const otherMethods = METHODS.filter((method) => !['GET', 'HEAD', 'PUT', 'CONNECT'].includes(method))

describeAttack('another method of a route for all methods', app, [
  { name: 'row 92: PUT with a token to read', method: 'PUT', token, ...missingScope },
  { name: 'row 92: GET with a token to write', token: writeToken, ...missingScope },
  { name: 'row 93: HEAD is judged as GET', method: 'HEAD', token: writeToken, ...missingScope },
  { name: 'row 93: HEAD without a token', method: 'HEAD', ...noCredential },
  { name: 'row 93: HEAD of a path that is not listed', method: 'HEAD', path: '/admin/users', token, ...notListed },
  ...otherMethods.flatMap((method) => [
    { name: `row 94: ${method} with a token to read`, method, token, ...notListed },
    { name: `row 94: ${method} without a token`, method, ...noCredential },
    { name: `row 94: ${method} where GET is anonymous`, method, path: '/public/logo', ...noCredential },
    { name: `row 94: ${method} where all methods need another scope`, method, path: '/inbox', token, ...missingScope },
  ]),
])

const overrides: readonly (readonly [name: string, value: string])[] = [
  ['X-HTTP-Method-Override', 'GET'],
  ['X-HTTP-Method', 'GET'],
  ['X-Method-Override', 'GET'],
  ['X-Original-Method', 'GET'],
  ['X-Forwarded-Method', 'GET'],
  ['_method', 'GET'],
]

const json = ['Content-Type', 'application/json'] as const
const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const

function overridden(name: string, request: Partial<AttackCase>): AttackCase {
  return { name: `row 92: ${name}`, method: 'PUT', token, ...missingScope, ...request }
}

describeAttack('a method that only a header, the query or the body names', app, [
  ...overrides.map((header) => overridden(`PUT with ${header.join(': ')}`, { headers: [header] })),
  ...overrides.map((header) =>
    overridden(`DELETE with ${header.join(': ')}`, { method: 'DELETE', headers: [header], ...notListed }),
  ),
  overridden('PUT with all of them', { headers: overrides }),
  overridden('PUT with _method in the query', { path: '/reports/1?_method=GET' }),
  overridden('PUT with _method in a form', { headers: [form], body: '_method=GET' }),
  overridden('PUT with _method in JSON', { headers: [json], body: '{"_method":"GET"}' }),
  overridden('a GET that says it is a PUT, by a token to write', {
    method: 'GET',
    token: writeToken,
    headers: [['X-HTTP-Method-Override', 'PUT']],
  }),
])

describeAttack('a route without a rule', app, [
  { name: 'row 95: with a token', path: '/admin/users', token, ...notListed },
  { name: 'row 95: without a token', path: '/admin/users', ...noCredential },
  { name: 'row 95: the path of a rule and one segment more', path: '/reports/1/pages', token, ...notListed },
  { name: 'row 95: the path of a rule and one segment less', path: '/reports', token, ...notListed },
  { name: 'row 95: the empty value of a parameter', path: '/reports/', token, ...notListed },
  { name: 'row 95: the root', path: '/', token, ...notListed },
  { name: 'row 95: the name of an entry', path: '/GET%20/reports/1', token, ...notListed },
  { name: 'row 95: the pattern of an entry', path: '/:room/:id', token, ...notListed },
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'].flatMap((name) => [
    { name: `row 95: /${name}`, path: `/${name}`, token, ...notListed },
    { name: `row 95: /${name}/1`, path: `/${name}/1`, token, ...notListed },
  ]),
  { name: 'row 95: a very long path', path: `/${'a/'.repeat(3_000)}`, token, ...notListed },
])

describeAccepted('the methods that are listed', app, [
  { name: 'GET', token },
  { name: 'HEAD as GET', method: 'HEAD', token },
  { name: 'PUT', method: 'PUT', token: writeToken },
  { name: 'the anonymous GET', path: '/public/logo', token: undefined },
  ...['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'QUERY'].map((method) => ({
    name: `${method} where all methods are listed`,
    method,
    path: '/inbox',
    token: writeToken,
  })),
])
