import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import type { Partner } from './validate-strictly.ts'

/**
 * Reads a partner's metadata document as the products do: its `issuer`, and the certificates of its signing keys; member
 * names without letter case. Shares no code with the library.
 */
export async function readPartner(address: string, ca: string): Promise<Partner> {
  const document = fold(JSON.parse(await get(address, ca)))
  const keys = document['keys'] as readonly unknown[]
  const signing = keys.map(fold).filter((key) => String(key['usage']).toLowerCase() === 'signing')
  const certificates = signing.map((key) => {
    const value = fold(key['keyvalue'])
    if (String(value['type']).toLowerCase() !== 'x509certificate') throw new Error('the key is no certificate')
    return new X509Certificate(Buffer.from(String(value['value']), 'base64'))
  })
  if (typeof document['issuer'] !== 'string' || certificates.length === 0) throw new Error('the document is incomplete')
  return { issuer: document['issuer'], certificates }
}

function fold(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as object).map(([name, member]) => [name.toLowerCase(), member]))
}

function get(address: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(address, { ca, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString())
        else reject(new Error(`${address} answers ${answer.statusCode ?? 0}`))
      })
    })
    call.on('error', reject)
    call.end()
  })
}
