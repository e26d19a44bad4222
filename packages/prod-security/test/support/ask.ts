import { request as send } from 'node:http'

/** A request as it goes out: `fetch` adds fields of its own, such as `Sec-Fetch-Mode`. */
export interface Asked {
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** Sends one request to 127.0.0.1. */
export function ask(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Asked,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const request = send(
      { port, host: '127.0.0.1', method, path, headers: { ...length, ...headers } },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const fields = Object.entries(response.headers).map(
            ([name, value]): [string, string | undefined] => [
              name,
              Array.isArray(value) ? value.join(', ') : value,
            ],
          )
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(fields), body: text })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
