import type { Contender } from '../contender.ts'
import { createReportsApp } from './reports-app.ts'

/** Express without a guard: what everything else is measured by. */
export const contender: Contender = { createApp: () => createReportsApp() }
