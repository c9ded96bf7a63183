import type { S2SState } from 'passport-s2s'
import type { GuardedAppOptions } from '../guarded-app.ts'

/** What the module of a fleet is told in each process. */
export interface NodeContext {
  /** Shared with the other processes, over the Redis of the fleet. */
  readonly state: S2SState
  /** The same in all processes: keys of issuers, addresses. It went there as JSON. */
  readonly data: unknown
  /** `node 1`, `node 2`, ... */
  readonly name: string
}

/** What a module of a fleet exports as `createNode`: the application that one process runs. */
export type CreateNode = (context: NodeContext) => GuardedAppOptions | Promise<GuardedAppOptions>

/** What can be asked of a process. */
export type NodeQuestion = 'suspend' | 'resume' | 'suspensions' | 'ready' | 'health' | 'events' | 'handlerCalls'

/** From the spec to a process. */
export interface AskNode {
  readonly id: number
  readonly question: NodeQuestion
  readonly argument: unknown
}

/** From a process to the spec: once that it serves, then an answer to each question. */
export type NodeMessage =
  | { readonly serves: { readonly url: string; readonly port: number; readonly ca: string } }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }
