import type { RequestListener } from 'node:http'
import type { ErrorCode } from '../foundation/error-codes.ts'
import type { TestServer } from './serve-over-https.ts'

/** How a guarded application must answer. */
export interface ExpectedRefusal {
  readonly status: number
  /** The code in the audit event `token.rejected`: one of these. */
  readonly codes: readonly ErrorCode[]
}

/** An Express application (any request listener), which is then served over https, or a server that runs already. */
export type AttackedApp = RequestListener | Pick<TestServer, 'url' | 'ca'>

/** Ways to look behind the answer. Each is optional. */
export interface RefusalProbes {
  /** How often handlers behind the guard have run so far; it must not change. */
  readonly handlerCalls?: (() => number) | undefined
  /** The list that `onAuditEvent` appends to; the event of the refusal must carry the code that is expected. */
  readonly auditEvents?: readonly { readonly code?: ErrorCode | undefined }[] | undefined
}

/** One hostile request, as data, and the check that an application refuses it. */
export interface Attack {
  /** The kind of attack, such as `algorithm-confusion`. */
  readonly family: string
  /** The family and what is special here; no two attacks have the same name. */
  readonly name: string
  /** The advisory that this was, or belongs to. */
  readonly cve?: string
  /** What an application that accepts it does wrong, in one sentence. */
  readonly reason: string
  readonly token: string
  /** All headers of the request, `authorization` among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly expected: ExpectedRefusal
  /**
   * Sends the request and rejects unless the application refuses it as expected. Before the first attack on an
   * application an honest token is sent: where that is refused too, nothing would be proved, and this rejects as well.
   *
   * Sees the answer, and what the probes show; whether a handler ran and was answered over is only seen with
   * `handlerCalls`. Send attacks one after the other when you give probes.
   *
   * @throws AssertionError
   */
  expectRefused(this: void, app: AttackedApp, probes?: RefusalProbes): Promise<void>
}
