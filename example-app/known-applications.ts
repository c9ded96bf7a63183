import { documentRealm, documentServiceId } from './document-service.ts'
import { archiveJobId, reportRealm, reportServerId } from './report-server.ts'

const names: ReadonlyMap<string, string> = new Map([
  [`${documentServiceId}@${documentRealm}`, 'document service'],
  [`${reportServerId}@${reportRealm}`, 'report server'],
  [`${archiveJobId}@${reportRealm}`, 'archive job'],
])

/** What this example calls the application `id@realm`, for a reader to whom ids say nothing. */
export function nameApplication(principal: string): string | undefined {
  return names.get(principal)
}
