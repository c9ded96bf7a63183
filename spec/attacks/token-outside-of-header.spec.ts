import express from 'express'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const farmToken = await farm.appOnlyToken()
const resources = { 'GET /reports/:id': 'reports.read', 'POST /reports/:id': 'reports.read' } as const
const app = { s2s: options, resources } as const
const parsers = [express.json({ strict: false }), express.urlencoded({ extended: true }), express.text()]

const inQuery = { status: 400, code: 'ERR_S2S_TOKEN_IN_QUERY' } as const
const inBody = { status: 400, code: 'ERR_S2S_TOKEN_IN_BODY' } as const
const notSeen = { status: 401, code: undefined } as const

const queries: Readonly<Record<string, string>> = {
  'in the query': `access_token=${token}`,
  'in the query, of a farm': `access_token=${farmToken}`,
  'behind another parameter': `a=b&access_token=${token}`,
  'as a list': `access_token[]=${token}`,
  'as a list with an index': `access_token[0]=${token}`,
  'as an object': `access_token[token]=${token}`,
  'twice, first empty': `access_token=&access_token=${token}`,
  'with an escaped name': `access%5Ftoken=${token}`,
  'with a wholly escaped name': `%61%63%63%65%73%73%5f%74%6f%6b%65%6e=${token}`,
  'behind a semicolon': `a=b;access_token=${token}`,
  'behind a second question mark': `?access_token=${token}`,
  'without a value': 'access_token',
  'with an empty value': 'access_token=',
}

const bodies: Readonly<Record<string, readonly [type: string, body: string]>> = {
  'in a form': ['application/x-www-form-urlencoded', `access_token=${token}`],
  'in a form as a list': ['application/x-www-form-urlencoded', `access_token[]=${token}`],
  'in a form as an object': ['application/x-www-form-urlencoded', `access_token[a]=${token}`],
  'in a form twice': ['application/x-www-form-urlencoded', `access_token=${token}&access_token=${token}`],
  'in a form beside others': ['application/x-www-form-urlencoded', `a=b&access_token=${token}`],
  'in JSON': ['application/json', JSON.stringify({ access_token: token })],
  'in JSON as a list': ['application/json', JSON.stringify({ access_token: [token] })],
  'in JSON as an object': ['application/json', JSON.stringify({ access_token: { token } })],
  'in JSON as a number': ['application/json', JSON.stringify({ access_token: 7 })],
  'in JSON as null': ['application/json', JSON.stringify({ access_token: null })],
}

const unseenBodies: Readonly<Record<string, readonly [type: string, body: string]>> = {
  'in a JSON list': ['application/json', JSON.stringify([{ access_token: token }])],
  'as a JSON text': ['application/json', JSON.stringify(token)],
  'deeper in JSON': ['application/json', JSON.stringify({ a: { access_token: token } })],
  'in JSON under __proto__': ['application/json', `{"__proto__":{"access_token":"${token}"}}`],
  'in JSON under another name': ['application/json', JSON.stringify({ token, id_token: token, assertion: token })],
  'as plain text': ['text/plain', `access_token=${token}`],
  'in a multipart body nobody parses': [
    'multipart/form-data; boundary=b',
    `--b\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n${token}\r\n--b--\r\n`,
  ],
}

const queryCases = Object.entries(queries).map(([name, query]): AttackCase => ({
  name: `row 5: access_token ${name}`,
  path: `/reports/1?${query}`,
  ...inQuery,
}))

function bodyCases(
  from: typeof bodies,
  answer: Pick<AttackCase, 'status' | 'code'>,
  row: string,
  credential?: string,
): AttackCase[] {
  return Object.entries(from).map(([name, [type, body]]) => ({
    name: `${row} ${name}`,
    method: 'POST',
    headers: [
      ['Content-Type', type],
      ['Content-Length', String(Buffer.byteLength(body))],
    ],
    body,
    ...(credential === undefined ? {} : { token: credential }),
    ...answer,
  }))
}

describeAttack('a token in the query', app, [
  ...queryCases,
  {
    name: 'row 5: access_token in the fragment',
    path: `/reports/1#access_token=${token}`,
    status: 400,
    code: 'ERR_S2S_PATH_AMBIGUOUS',
  },
  { name: 'row 5: another name in the query', path: `/reports/1?token=${token}&bearer=${token}`, ...notSeen },
  { name: 'row 5: access_token as a matrix parameter', path: `/reports/1,access_token=${token}`, ...notSeen },
  ...queryCases.map((attack) => ({
    ...attack,
    name: `${attack.name}, beside a good header`.replace('row 5', 'row 6'),
    token,
  })),
])

describeAttack('a token in the body', { ...app, before: parsers }, [
  ...bodyCases(bodies, inBody, 'row 5: access_token'),
  ...bodyCases(unseenBodies, notSeen, 'row 5: a token'),
  ...bodyCases(bodies, inBody, 'row 6: beside a good header, access_token', token),
])

describeAttack('a token in a body that nobody parsed', app, bodyCases(bodies, notSeen, 'row 5: access_token'))
