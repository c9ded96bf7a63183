/** Says what time it is, in seconds since 1970-01-01T00:00:00Z (fractions allowed). */
export type Clock = () => number

/** The operating system's clock. It must be kept right (NTP): token lifetimes are judged by it. */
export const systemClock: Clock = () => Date.now() / 1000
