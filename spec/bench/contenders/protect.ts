import type { Contender } from '../contender.ts'
import { resourceTable, startOurServer } from './our-server.ts'
import { createReportsApp } from './reports-app.ts'

/** `s2s.protect()`: TLS, authentication and permission in one middleware. */
export const contender: Contender = {
  createApp: async (world, setting) => {
    const s2s = await startOurServer(world, setting)
    const app = createReportsApp(s2s.protect(resourceTable(setting)))
    // Over plain http the load generator says, as a proxy on this machine, that the caller came over TLS.
    return app.set('trust proxy', 'loopback')
  },
}
