import { request as httpsRequest } from 'node:https'

/** Where a form goes, and as whom. */
export interface FormTarget {
  readonly url: string
  readonly ca: string
  readonly client: { readonly id: string; readonly secret: string }
}

/** Posts a form as a client with a secret; gives the JSON of the answer, or an empty object. */
export function postForm(target: FormTarget, form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const { url, ca, client } = target
  const credentials = [client.id, client.secret].map(encodeURIComponent).join(':')
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method: 'POST', headers, ca, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve(body === '' ? {} : (JSON.parse(body) as Record<string, unknown>))
      })
    })
    request.on('error', reject)
    request.end(new URLSearchParams(form).toString())
  })
}
