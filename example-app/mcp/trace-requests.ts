import type { RequestListener } from 'node:http'

/** What the servers of a discovery were asked, and what they answered. */
export interface RequestTrace {
  /** Such as `POST /mcp 401`, in the order of the answers; what another server answered begins with its name. */
  readonly lines: string[]
  /** Makes the requests of one server be traced. */
  watch(this: void, listener: RequestListener, server?: string): RequestListener
}

/** Begins a trace. Queries and headers are not in it. */
export function traceRequests(): RequestTrace {
  const lines: string[] = []
  return {
    lines,
    watch: (listener, server) => (request, response) => {
      const [path = ''] = (request.url ?? '').split('?')
      const place = server === undefined ? '' : `${server}: `
      response.on('finish', () => lines.push(`${place}${request.method ?? ''} ${path} ${response.statusCode}`))
      listener(request, response)
    },
  }
}
