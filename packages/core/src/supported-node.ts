import process from 'node:process'

/** The versions that the manifests name. */
const supported = '^22.22.2 || ^24.15.0 || >=26.0.0'

/** The first major version with all that is used of the language. */
const firstMajor = 22

/**
 * Says in one sentence which Node is needed, where an older one would fail in the depth for a missing function.
 *
 * @throws `Error`
 */
export function requireSupportedNode(version: string = process.versions.node): void {
  if (Number.parseInt(version, 10) >= firstMajor) return
  throw new Error(`Node ${version} is too old for @alfred/prod-security, which needs ${supported}.`)
}

// While it is imported, before the packages that import this one: they would fail first.
requireSupportedNode()
