import type { Contender } from '../contender.ts'
import { createFastJwtApp } from './fast-jwt.ts'

/** Express with fast-jwt without its cache. */
export const contender: Contender = { createApp: (world) => createFastJwtApp(world, false) }
