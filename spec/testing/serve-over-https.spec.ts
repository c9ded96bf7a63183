import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sendRequest } from '../../lib/testing/send-request.ts'
import { makeLocalhostTls, serveOverHttps } from '../../lib/testing/serve-over-https.ts'

it('an application is served with a certificate that only its own authority vouches for', async () => {
  const server = await serveOverHttps((request, response) => {
    response.writeHead(418, { 'x-path': request.url ?? '' }).end(request.method)
  })
  const tea = { method: 'POST', path: '/tea', headers: { accept: '*/*' } }
  const { status, headers, body } = await sendRequest(server, tea)
  assert.deepEqual([status, headers['x-path'], body], [418, '/tea', 'POST'])
  assert.equal(server.ca, (await makeLocalhostTls()).ca)
  await server.close()
  await assert.rejects(sendRequest(server, tea), /ECONN|socket/)
})
