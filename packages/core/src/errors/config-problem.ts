/** Why an option was refused. */
export type ConfigProblemCode =
  | 'ALFRED_CONFIG_CONFLICT'
  | 'ALFRED_CONFIG_MISSING'
  | 'ALFRED_CONFIG_OUT_OF_RANGE'
  | 'ALFRED_CONFIG_UNKNOWN_KEY'
  | 'ALFRED_CONFIG_UNSAFE'
  | 'ALFRED_CONFIG_WRONG_TYPE'

/** One refused option. */
export interface ConfigProblem {
  /** Where it stands, as in `rateLimit.policies[0].limit`. */
  readonly path: string
  readonly code: ConfigProblemCode
  /** What is wrong, without the value itself: a config may hold secrets. */
  readonly message: string
  /** The likely intended name or value. */
  readonly suggestion?: string | undefined
  /** The environment variable that the option was read from. */
  readonly variable?: string | undefined
}
