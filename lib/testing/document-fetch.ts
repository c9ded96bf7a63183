/** Documents by address; a function gives the document of this moment. */
export type Documents = Readonly<Record<string, () => object>>

/** A `fetch` that answers from memory. */
export interface DocumentFetch {
  /** Give it as `fetch` where documents are fetched. */
  readonly fetch: typeof globalThis.fetch
  /** Every address that was asked for, in turn. */
  readonly requests: readonly string[]
}

/** Makes a `fetch` that answers the addresses of `documents` with their JSON and everything else with 404. */
export function createDocumentFetch(documents: Documents): DocumentFetch {
  const requests: string[] = []
  const fetch = (input: string | URL | Request): Promise<Response> => {
    const address = input instanceof Request ? input.url : String(input)
    requests.push(address)
    const document = Object.hasOwn(documents, address) ? documents[address] : undefined
    if (document === undefined) return Promise.resolve(new Response(null, { status: 404 }))
    return Promise.resolve(Response.json(document()))
  }
  return { fetch, requests }
}
