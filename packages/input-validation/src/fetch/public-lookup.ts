import type { LookupAddress, LookupOptions } from 'node:dns'
import { addressRisk, AlfredError } from '@alfred/core'

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/**
 * `dns.lookup` that refuses names with an address in a private network, for the `lookup` option of `http.request`,
 * `net.connect` and agents. It judges the very address that is connected to, so that a name which changes its address
 * between check and use (DNS rebinding) gains nothing. A host that is an address already is not looked up: check it with
 * `url()`.
 *
 * The error has the code `ALFRED_VALIDATION_PRIVATE_ADDRESS`.
 *
 * @example
 * ```ts
 * import { get } from 'node:https'
 * import { publicLookup } from '@alfred/input-validation'
 *
 * get('https://example.com/', { lookup: publicLookup }, (response) => response.resume())
 * ```
 */
export function publicLookup(hostname: string, options: LookupOptions, callback: Callback): void {
  // An import would load it with its promises for everybody.
  process.getBuiltinModule('node:dns').lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      callback(error, [])
      return
    }
    const [first] = addresses
    if (!first || addresses.some(({ address }) => addressRisk(address) !== undefined)) {
      callback(
        new AlfredError('ALFRED_VALIDATION_PRIVATE_ADDRESS', 'The host has an address that is not public.', {
          hostname,
        }),
        [],
      )
    } else if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
