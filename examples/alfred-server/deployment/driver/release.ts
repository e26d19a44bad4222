/** What is deployed: a name for people, and what it is. */
export interface Release {
  /** Such as `1.4.2`. */
  readonly version: string
  /** `sha256:` and 64 hexadecimal digits. Two releases are the same when their digests are. */
  readonly digest: string
}

const digestPattern = /^sha256:[0-9a-f]{64}$/

/** Whether a reference is a digest instead of a version. */
export const isDigest = (reference: string): boolean => digestPattern.test(reference)

/** Letters, digits and `._-` as in an image's tag, which is also safe as a folder's name. */
export const isVersion = (reference: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(reference)

/** @returns `1.4.2 (sha256:0123456789ab)` */
export const describeRelease = ({ version, digest }: Release): string => `${version} (${digest.slice(0, 19)})`
