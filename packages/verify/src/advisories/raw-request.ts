import { connect } from 'node:net'

/** A request as bytes, so that nothing on the way mends it. */
export interface RawRequest {
  /** @default 'GET' */
  readonly method?: string
  /** @default '/open' */
  readonly target?: string
  /** @default 'example.com'; several send several fields, none sends none */
  readonly host?: string | readonly string[]
  readonly headers?: readonly (readonly [string, string])[]
  /** With its length, unless `headers` say how it is framed. */
  readonly body?: string
}

/** What came back. */
export interface Answer {
  /** 0 when the connection closed without an answer, -1 when nothing happened in time. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly tookMs: number
}

const boundMs = 5000

function bytesOf({
  method = 'GET',
  target = '/open',
  host = 'example.com',
  headers = [],
  body,
}: RawRequest): string {
  const fields = [...[host].flat().map((name) => ['Host', name] as const), ...headers]
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  if (body !== undefined && !isFramed) fields.push(['Content-Length', String(Buffer.byteLength(body))])
  fields.push(['Connection', 'close'])
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${method} ${target} HTTP/1.1\r\n${head}\r\n${body ?? ''}`
}

function parse(text: string, tookMs: number): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value
  }
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(statusLine)?.[1] ?? 0)
  return { status, headers, body: rest.join('\r\n\r\n'), tookMs }
}

/** Sends one request on a connection of its own and reads until the server closes it. */
export function sendRaw(port: number, request: RawRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(parse(text, performance.now() - startedAt))
    }
    const timer = setTimeout(() => {
      socket.destroy()
      resolve({ status: -1, headers: {}, body: '', tookMs: boundMs })
    }, boundMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('close', finish)
    socket.on('error', () => undefined)
    socket.write(bytesOf(request), 'latin1')
  })
}
