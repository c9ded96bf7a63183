/** Set to `full` for the numbers of random cases that the goals ask for; every other run takes a sample. */
export const runSizeVariable = 'PASSPORT_S2S_SPEC_RUNS'

/** Whether this run takes the full numbers, or a sample. */
export const isFullRun: boolean = process.env[runSizeVariable] === 'full'
