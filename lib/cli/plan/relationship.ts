/** Something that is still to be done, on one side. */
export interface MissingStep {
  readonly side: 'ours' | 'theirs'
  readonly what: string
  /** The command to run there. */
  readonly run: string
}

/** One line of the planning sheet: one direction between this server and another one. */
export interface Relationship {
  readonly name: string
  /** `incoming`: we believe them. `outgoing`: they must believe us. One says nothing about the other. */
  readonly direction: 'incoming' | 'outgoing'
  /** Which case it is, and which metadata endpoint goes where. */
  readonly situation: string
  /** What stands in the configuration. */
  readonly configured: readonly string[]
  readonly missing: readonly MissingStep[]
  /** Whether both ends use SSL; a fault names the end. */
  readonly ssl: string
  /** Which attributes of users the profile store must hold, or which are sent. */
  readonly users: string
}
