import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestContext } from '@alfred/core'
import type { Database } from '../database/database.ts'
import { readGuestCookie, writeGuestCookie } from './guest-cookie.ts'

/**
 * Whose something is: `key:<id>` of a client with an API key, the customer's where it belongs to one, or `guest:<id>` of
 * a browser.
 */
export type Owner = string

/** Says whose a request is. */
export interface Owners {
  /** `undefined` when nobody has shown who they are: nothing is theirs. */
  find(request: IncomingMessage): Promise<Owner | undefined>
  /** As {@link find}; who has not shown anything becomes a guest, by a cookie of the response. */
  findOrWelcome(request: IncomingMessage, response: ServerResponse): Promise<Owner>
  /** What one of the others has found; asks nobody. */
  known(request: IncomingMessage): Owner | undefined
}

const secretName = 'guest-cookie'

/** Builds the owners. The secret that signs cookies is in the database, for all instances. */
export function createOwners({ query }: Pick<Database, 'query'>): Owners {
  let knownSecret: string | undefined
  const found = new WeakMap<IncomingMessage, Owner>()

  const findSecret = async (): Promise<string> => {
    if (knownSecret !== undefined) return knownSecret
    const read = 'SELECT secret FROM secrets WHERE name = $1'
    let [row] = await query<{ secret: string }>(read, [secretName])
    if (!row) {
      const made = randomBytes(32).toString('base64url')
      // Another instance may be faster: then its secret counts.
      await query('INSERT INTO secrets (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        secretName,
        made,
      ])
      ;[row] = await query<{ secret: string }>(read, [secretName])
    }
    if (!row) throw new Error('the secret of guest cookies cannot be stored')
    return (knownSecret = row.secret)
  }

  const identify = async (request: IncomingMessage): Promise<Owner | undefined> => {
    const { identity } = requestContext(request)
    if (identity) return `key:${identity.tenant ?? identity.id}`
    const { cookie } = request.headers
    if (cookie === undefined) return undefined
    const guest = readGuestCookie(cookie, await findSecret())
    return guest === undefined ? undefined : `guest:${guest}`
  }

  const find = async (request: IncomingMessage): Promise<Owner | undefined> => {
    const owner = await identify(request)
    if (owner !== undefined) found.set(request, owner)
    return owner
  }

  return {
    find,
    known: (request) => found.get(request),
    async findOrWelcome(request, response) {
      const owner = await find(request)
      if (owner !== undefined) return owner
      const id = crypto.randomUUID()
      const isSecure = requestContext(request).secure === true
      response.appendHeader('Set-Cookie', writeGuestCookie(id, await findSecret(), isSecure))
      const guest = `guest:${id}`
      found.set(request, guest)
      return guest
    },
  }
}
