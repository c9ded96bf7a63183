import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConfiguredTables } from '../../lib/express/configured-tables.ts'
import { ConfigurationError } from '../../lib/foundation/errors.ts'

const table = { 'GET /reports/:id': 'reports.read' }

function refusal(message: RegExp, path: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConfigurationError)
    assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
    assert.match(error.message, message)
    assert.equal(error.path, path)
    return true
  }
}

describe('createConfiguredTables', () => {
  it('gives the table without a name, and those by name', () => {
    const { guardOf } = createConfiguredTables({
      resources: table,
      resourceTables: { admin: { 'GET /users': 'users.read', 'PUT /users': 'users.write' } },
      resourceOptions: { preflight: 'pass' },
    })
    assert.equal(guardOf(undefined).table.entries.length, 1)
    assert.equal(guardOf('admin').table.entries.length, 2)
    assert.equal(guardOf('admin').letsPreflightPass, true)
    assert.equal(guardOf('admin'), guardOf('admin'))
  })

  it('says which table is wrong', () => {
    const wrong = { resources: table, resourceTables: { admin: { 'GET /users': [] } } }
    assert.throws(
      () => createConfiguredTables(wrong),
      refusal(/^resourceTables\['admin'\]: .*GET \/users/, "resourceTables['admin']"),
    )
  })

  it('says what is missing, and the name that was meant', () => {
    const { guardOf } = createConfiguredTables({ resourceTables: { admin: table } })
    assert.throws(() => guardOf(undefined), refusal(/^resources is missing; set it to a table/, 'resources'))
    assert.throws(() => guardOf('amdin'), refusal(/did you mean 'admin'\?/, "resourceTables['amdin']"))
    assert.throws(() => guardOf('reports'), refusal(/add a table of that name/, "resourceTables['reports']"))
  })
})
