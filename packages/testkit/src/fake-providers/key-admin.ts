import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { sendJson } from './fake-provider.ts'
import { closeServer } from '../network/close-server.ts'

/** A key as the provider keeps it. */
export interface AdministeredKey {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly createdAt: number
  status: 'active' | 'inactive' | 'archived'
  /** When it ends by itself, ms since the epoch. */
  expiresAt: number | undefined
}

/** What goes wrong with coming requests. */
export interface AdminFault {
  /** Only requests of this method. */
  readonly method?: string | undefined
  /** Only requests whose path has this in it. */
  readonly path?: string | undefined
  /** Answer with this status and error code. */
  readonly status?: number | undefined
  readonly code?: string | undefined
  /** The `Retry-After` of the answer, in seconds. */
  readonly retryAfterSeconds?: number | undefined
  /** Do the work, then cut the connection instead of answering. */
  readonly dropAnswer?: boolean | undefined
  /** Never answer. */
  readonly hang?: boolean | undefined
}

/** A local server with a provider's API for keys, and a harmless request to probe them with. */
export interface FakeKeyAdmin extends AsyncDisposable {
  readonly baseUrl: string
  readonly adminKey: string
  /** All keys that exist, ended ones included where the provider keeps them. */
  readonly keys: ReadonlyMap<string, AdministeredKey>
  /** How many keys were ever made by the API. */
  readonly created: number
  /** Every request so far as `METHOD /path`. */
  readonly requests: readonly string[]
  /** How long a new key is neither listed nor taken, in milliseconds. */
  lagMs: number
  /** Adds a key as an operator would on the web site. */
  add(name: string, secret: string): AdministeredKey
  /** Whether a request with this key would be let in. */
  takes(secret: string): boolean
  failNext(fault: AdminFault, times?: number): void
  close(): Promise<void>
}

/** One request, as a wire format sees it. */
export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

/** What a wire format may do. */
export interface AdminState {
  readonly adminKey: string
  readonly keys: Map<string, AdministeredKey>
  /** Keys that are listed by now. */
  listed(): readonly AdministeredKey[]
  takes(secret: string): boolean
  make(name: string, expiresInMs: number | undefined): AdministeredKey
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

/** How one provider's API for keys talks. */
export interface AdminFormat {
  readonly basePath: string
  /** Begins the secrets of keys. */
  readonly secretPrefix: string
  readonly idPrefix: string
  error(status: number, code: string, message: string): unknown
  answer(request: AdminRequest, state: AdminState): AdminAnswer
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const parsed: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

/** Starts a server on a free port of 127.0.0.1 that speaks `format`. */
export async function startKeyAdmin(format: AdminFormat): Promise<FakeKeyAdmin> {
  const keys = new Map<string, AdministeredKey>()
  const requests: string[] = []
  const faults: AdminFault[] = []
  const adminKey = `${format.secretPrefix}admin-0123456789`
  let created = 0
  let serial = 0
  let lagMs = 0

  const isKnown = (key: AdministeredKey): boolean => Date.now() - key.createdAt >= lagMs
  const add = (name: string, secret: string, expiresInMs?: number): AdministeredKey => {
    serial += 1
    const key: AdministeredKey = {
      id: `${format.idPrefix}${String(serial)}`,
      name,
      secret,
      createdAt: Date.now(),
      status: 'active',
      expiresAt: expiresInMs === undefined ? undefined : Date.now() + expiresInMs,
    }
    keys.set(key.id, key)
    return key
  }
  const takes = (secret: string): boolean =>
    [...keys.values()].some(
      (key) =>
        key.secret === secret &&
        key.status === 'active' &&
        isKnown(key) &&
        (key.expiresAt ?? Infinity) > Date.now(),
    )
  const state: AdminState = {
    adminKey,
    keys,
    listed: () => [...keys.values()].filter(isKnown),
    takes,
    make(name, expiresInMs) {
      created += 1
      return add(
        name,
        `${format.secretPrefix}made-${String(created)}-${Math.random().toString(36).slice(2)}`,
        expiresInMs,
      )
    },
  }

  const takeFault = (method: string, path: string): AdminFault => {
    const index = faults.findIndex(
      (fault) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || path.includes(fault.path)),
    )
    return (index < 0 ? undefined : faults.splice(index, 1)[0]) ?? {}
  }

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const method = incoming.method ?? 'GET'
    const path = url.pathname.slice(format.basePath.length)
    requests.push(`${method} ${path}`)
    const body = await readBody(incoming)
    const fault = takeFault(method, path)
    if (fault.hang === true) {
      await delay(60_000, undefined, { ref: false })
      return
    }
    if (fault.status !== undefined) {
      if (fault.retryAfterSeconds !== undefined)
        response.setHeader('retry-after', String(fault.retryAfterSeconds))
      // The bodies of real providers quote what was sent; nothing of this may come out anywhere.
      const message = `The request with ${String(incoming.headers.authorization ?? incoming.headers['x-api-key'])} failed.`
      sendJson(response, fault.status, format.error(fault.status, fault.code ?? 'server_error', message))
      return
    }
    const answer = format.answer(
      { method, path, query: url.searchParams, headers: incoming.headers, body },
      state,
    )
    if (fault.dropAnswer === true) response.destroy()
    else sendJson(response, answer.status, answer.body)
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> => closeServer(server)

  return {
    baseUrl: `http://127.0.0.1:${String(port)}${format.basePath}`,
    adminKey,
    keys,
    get created() {
      return created
    },
    requests,
    get lagMs() {
      return lagMs
    },
    set lagMs(ms) {
      lagMs = ms
    },
    add,
    takes,
    failNext(fault, times = 1) {
      for (let n = 0; n < times; n++) faults.push(fault)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
