import https, { type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'

/** An agent of an application whose DNS knows a public name as a server on this machine. */
export function makeRoutingAgent(place: { readonly port: number }, options: AgentOptions): https.Agent {
  return new RoutingAgent(place.port, options)
}

class RoutingAgent extends https.Agent {
  private readonly port: number

  constructor(port: number, options: AgentOptions) {
    super(options)
    this.port = port
  }

  override createConnection(
    options: object,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    return super.createConnection({ ...options, host: 'localhost', servername: 'localhost', port: this.port }, callback)
  }
}
