/** A PostgreSQL, and how its programs are started for it. */
export interface DatabaseAccess {
  /** Goes before the name of a program: into a container, or nothing. */
  readonly prefix: readonly string[]
  /** Without a password: on no command line. */
  readonly url: string
}
